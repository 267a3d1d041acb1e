import fc from 'fast-check';

import { createPeopleLookups } from '../../../../src/intake/lookups';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { consentAt, foldConsent } from '../../../../src/tracking/consent/consent-record';
import { CONSENT_STATUSES } from '../../../../src/tracking/event/event-fields';
import { consentRecord, NOTICE } from '../../../support/consent-records';
import { onEachEngine } from '../../../support/stores';
import type { StorePlace } from '../../../support/stores';
import { keysOf } from '../../../support/denylist-keys';

const NOW = new Date('2026-11-21T12:00:00Z');

onEachEngine('consent on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;

	beforeEach(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
	});
	afterEach(async () => {
		await place.dispose();
	});

	test('a consent that was given counts, with its notice, until it is withdrawn', async () => {
		const given = consentRecord();
		await store.recordConsent([given], NOW, keysOf);
		expect(await store.getConsent('ada', 'performance', NOW)).toEqual({
			status: 'given',
			record: given,
		});
		const withdrawn = consentRecord({
			status: 'withdrawn',
			occurredAt: '2026-04-01T10:00:00.000Z',
			noticeVersion: null,
			noticeHash: null,
			noticeText: null,
		});
		await store.recordConsent([withdrawn], NOW, keysOf);
		expect(await store.getConsent('ada', 'performance', NOW)).toEqual({
			status: 'withdrawn',
			record: withdrawn,
		});
		expect(await store.listConsentRecords('ada')).toEqual([given, withdrawn]);
	});

	test('somebody nobody knows is unknown, and so is another purpose', async () => {
		await store.recordConsent([consentRecord()], NOW, keysOf);
		const unknown = { status: 'unknown', record: null };
		expect(await store.getConsent('bob', 'performance', NOW)).toEqual(unknown);
		expect(await store.getConsent('ada', 'profiling', NOW)).toEqual(unknown);
		expect(await store.getConsent('bob', null, NOW)).toEqual(unknown);
	});

	test('nobody is known by an id with a NUL character, and the others of the same question are', async () => {
		const given = consentRecord();
		await store.recordConsent([given], NOW, keysOf);
		const id = 'a\u0000b';
		expect(await store.listConsentsOf([id, 'ada'], NOW)).toMatchObject([{ status: 'given' }]);
		expect(await store.getConsent(id, 'performance', NOW)).toMatchObject({ status: 'unknown' });
		expect(await store.getConsent(id, null, NOW)).toMatchObject({ status: 'unknown' });
		expect(await store.listConsents(id, NOW)).toEqual([]);
		expect(await store.listConsentRecords(id)).toEqual([]);
	});

	test('a person with a NUL character in the id is found by the id as it was given', async () => {
		const id = 'a\u0000b';
		await store.recordConsent([consentRecord({ recipientKey: id })], NOW, keysOf);
		expect(await store.getConsent(id, 'performance', NOW)).toMatchObject({ status: 'given' });
		const { consentOf } = createPeopleLookups(async () => store);
		expect(await consentOf(id, 'performance')).toMatchObject({ status: 'given' });
	});

	test('records of many people and purposes in one call count as those in calls of their own', async () => {
		const noNotice = { noticeVersion: null, noticeHash: null, noticeText: null };
		const records = [
			consentRecord(),
			consentRecord({ recipientKey: 'bob', purpose: 'profiling' }),
			consentRecord({ ...noNotice, status: 'withdrawn', occurredAt: '2026-04-01T10:00:00.000Z' }),
			consentRecord({ recipientKey: 'bob', status: 'refused' }),
		];
		const all = [...records, records[1]];
		expect(await store.recordConsent(all, NOW, keysOf)).toEqual({ recorded: 4 });
		expect(await store.recordConsent(all, NOW, keysOf)).toEqual({ recorded: 0 });
		const statusOf = async (person: string, purpose: 'performance' | 'profiling') =>
			(await store.getConsent(person, purpose, NOW)).status;
		expect(await statusOf('ada', 'performance')).toBe('withdrawn');
		expect(await statusOf('bob', 'performance')).toBe('refused');
		expect(await statusOf('bob', 'profiling')).toBe('given');
		expect((await store.listConsentRecords('bob')).map(({ noticeText }) => noticeText)).toEqual([
			NOTICE,
			NOTICE,
		]);
	});

	test('a consent whose time is up has expired, without a record that says so', async () => {
		await store.recordConsent(
			[consentRecord({ expiresAt: '2026-10-01T00:00:00.000Z' })],
			NOW,
			keysOf,
		);
		expect(await store.getConsent('ada', 'performance', NOW)).toMatchObject({ status: 'expired' });
		const before = new Date('2026-09-30T00:00:00Z');
		expect(await store.getConsent('ada', 'performance', before)).toMatchObject({ status: 'given' });
	});

	test.each(['clicks', 'image-held'] as const)(
		'a no to %s is none to opens, nor is a yes one, where no purpose is named',
		async (purpose) => {
			const asked = consentRecord({ purpose, status: 'refused' });
			await store.recordConsent([asked], NOW, keysOf);
			expect(await store.getConsent('ada', purpose, NOW)).toMatchObject({ status: 'refused' });
			expect(await store.getConsent('ada', null, NOW)).toMatchObject({ status: 'unknown' });
			await store.recordConsent([consentRecord()], NOW, keysOf);
			expect(await store.getConsent('ada', null, NOW)).toMatchObject({ status: 'given' });
		},
	);

	test('without a purpose the strictest answer to any purpose counts', async () => {
		await store.recordConsent([consentRecord()], NOW, keysOf);
		expect(await store.getConsent('ada', null, NOW)).toMatchObject({ status: 'given' });
		await store.recordConsent(
			[consentRecord({ purpose: 'profiling', status: 'refused' })],
			NOW,
			keysOf,
		);
		expect(await store.getConsent('ada', null, NOW)).toMatchObject({ status: 'refused' });
		expect(await store.listConsents('ada', NOW)).toHaveLength(2);
	});

	test('the same record twice is one, and what proves nothing is refused', async () => {
		const record = consentRecord();
		expect(await store.recordConsent([record, record], NOW, keysOf)).toEqual({ recorded: 1 });
		expect(await store.recordConsent([record], NOW, keysOf)).toEqual({ recorded: 0 });
		expect(await store.listConsentRecords('ada')).toHaveLength(1);

		const noNotice = consentRecord({ noticeVersion: null });
		await expect(store.recordConsent([noNotice], NOW, keysOf)).rejects.toThrow('noticeVersion');
		const future = consentRecord({ occurredAt: '2027-01-01T00:00:00.000Z' });
		await expect(store.recordConsent([future], NOW, keysOf)).rejects.toThrow('future');
		const all = [consentRecord({ purpose: 'frequency' }), noNotice];
		await expect(store.recordConsent(all, NOW, keysOf)).rejects.toThrow('noticeVersion');
		expect(await store.listConsentRecords('ada')).toHaveLength(1);
	});

	test('in whatever order records come, the current row is what all records together say', async () => {
		const times = ['2026-01-01', '2026-02-01', '2026-03-01', '2026-04-01'];
		let person = 0;
		await fc.assert(
			fc.asyncProperty(
				fc.array(
					fc.record({
						status: fc.constantFrom(...CONSENT_STATUSES),
						occurredAt: fc.constantFrom(...times).map((day) => `${day}T10:00:00.000Z`),
						expiresAt: fc.constantFrom(null, '2026-09-01T00:00:00.000Z'),
					}),
					{ minLength: 1, maxLength: 6 },
				),
				async (changes) => {
					const recipientKey = `person-${(person += 1)}`;
					const records = changes.map((change) => consentRecord({ ...change, recipientKey }));
					for (const record of records) await store.recordConsent([record], NOW, keysOf);
					const expected = consentAt(foldConsent(records), NOW);
					expect(await store.getConsent(recipientKey, 'performance', NOW)).toEqual(expected);
				},
			),
			{ numRuns: 40 },
		);
	});

	test('two writers at once leave one current row that fits all records', async () => {
		const other = await place.openStore();
		const records = Array.from({ length: 20 }, (_, index) =>
			consentRecord({
				status: index % 2 ? 'withdrawn' : 'given',
				occurredAt: new Date(Date.UTC(2026, 2, 1, 10, index)).toISOString(),
			}),
		);
		await Promise.all(
			records.map((record, index) =>
				[store, other][index % 2].recordConsent([record], NOW, keysOf),
			),
		);
		expect(await store.getConsent('ada', 'performance', NOW)).toEqual(
			consentAt(foldConsent(records), NOW),
		);
	});

	test('signing keys are told apart, and none is forgotten unless it is given up', async () => {
		const other = await place.openStore();
		const [first, second] = ['first', 'second'].map((id) => ({ id, fingerprint: `of ${id}` }));
		expect(await store.noteKeys([first])).toEqual([]);
		expect(await other.noteKeys([second])).toEqual(['first']);
		expect(await other.noteKeys([first, second])).toEqual([]);
		expect(await store.noteKeys([first])).toEqual(['second']);
		expect(await store.noteKeys([first, { ...second, fingerprint: 'of another' }])).toEqual([
			'second',
		]);
		expect(await store.giveUpKey('second')).toBe(true);
		expect(await store.giveUpKey('second')).toBe(false);
		expect(await other.noteKeys([first])).toEqual([]);
		// It was found after all.
		expect(await other.noteKeys([first, second])).toEqual([]);
		expect(await store.noteKeys([first])).toEqual(['second']);
	});

	test('the address key is the same all day for all processes, and gone the day after', async () => {
		const other = await place.openStore();
		const { key, until } = await store.dailyKey(NOW);
		expect(key).toHaveLength(32);
		expect(until).toEqual(new Date('2026-11-22T00:00:00Z'));
		expect((await other.dailyKey(new Date('2026-11-21T23:59:59Z'))).key).toEqual(key);

		const next = await other.dailyKey(until);
		expect(next.key).not.toEqual(key);
		const database = await place.openDatabase();
		const held = await database.read((db) => db.selectFrom('daily_keys').selectAll().execute());
		expect(held.map(({ day }) => day)).toEqual(['2026-11-22']);
		expect(await store.destroyOldKeys(new Date('2026-11-23T00:00:00Z'))).toBe(1);
		expect(await store.destroyOldKeys(new Date('2026-11-23T00:00:00Z'))).toBe(0);
	});

	test('a part that says again how it is set up replaces what it said', async () => {
		const part = {
			kind: 'tracker' as const,
			id: 'w/n',
			name: 'Trigger',
			settings: { mode: 'full' },
		};
		await store.savePart(part);
		await store.savePart({ ...part, settings: { mode: 'identified' } });
		expect(await store.listParts()).toEqual([
			{
				...part,
				settings: { mode: 'identified' },
				notedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
			},
		]);
		await store.removePart('tracker', 'w/n');
		expect(await store.listParts()).toEqual([]);
	});

	test('the last probe email keeps its first twenty loads, and is no part of the setup', async () => {
		const load = {
			place: 0,
			at: '2026-11-22T10:00:00.000Z',
			actor: 'human' as const,
			actorReason: 'mail-client',
			client: { family: 'Thunderbird', os: null, device: null },
		};
		const probe = { probeId: 'p1', madeAt: '2026-11-22T09:00:00.000Z', paths: ['a.png'] };
		expect(await store.lastProbe()).toBeNull();
		await store.noteProbeLoad({ probeId: 'p1', ...load });
		expect(await store.lastProbe()).toBeNull();
		await store.startProbe(probe);
		await Promise.all(
			Array.from({ length: 25 }, async () => await store.noteProbeLoad({ probeId: 'p1', ...load })),
		);
		await store.noteProbeLoad({ probeId: 'another', ...load });
		expect(await store.lastProbe()).toEqual({ ...probe, loads: Array(20).fill(load) });
		expect(await store.listParts()).toEqual([]);
		await store.startProbe({ ...probe, probeId: 'p2' });
		expect(await store.lastProbe()).toMatchObject({ probeId: 'p2', loads: [] });
	});
});
