import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { createHash, randomBytes } from 'node:crypto';

import { openSqliteDatabase } from '../../../../src/storage/database/sqlite/sqlite-database';
import type { StoreDatabase } from '../../../../src/storage/database/store-database';
import type { StoreSchema } from '../../../../src/storage/database/store-schema';
import type { Subject } from '../../../../src/storage/port/privacy-store';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { startStore } from '../../../../src/storage/start-store';
import { recipientPseudonym } from '../../../../src/tracking/people/pseudonym';
import { DEFAULT_RETENTION, retentionPlan } from '../../../../src/tracking/people/retention';
import { consentRecord } from '../../../support/consent-records';
import { groupBy, recountGroup, recountHours } from '../../../support/reference-counts';
import { sampleOpen, START } from '../../../support/sample-opens';
import { onEachEngine } from '../../../support/stores';
import type { StorePlace } from '../../../support/stores';
import { keysOf } from '../../../support/denylist-keys';

const NOW = new Date('2026-11-21T12:00:00Z');
const KEY = Buffer.alloc(32, 7);
const SPAN = { from: new Date(START - 86_400_000), to: new Date(START + 86_400_000) };

function subject(recipientId: string): Subject {
	return {
		recipientId,
		pseudonymsOf: (name, scope) => [recipientPseudonym(name, scope, KEY)],
		denylistKeysOf: keysOf,
	};
}

/** Every row of every table as text. */
async function everything(database: StoreDatabase): Promise<string> {
	const tables: Array<keyof StoreSchema> = [
		'opens',
		'label_history',
		'seen_events',
		'last_open_days',
		'pixels',
		'recipients',
		'sent_messages',
		'tombstones',
		'recipient_tallies',
		'last_opens',
		'tallies',
		'hourly',
		'consent_records',
		'consent_notices',
		'consent_states',
		'denylist',
		'daily_keys',
		'installed_parts',
		'burst_windows',
		'privacy_requests',
	];
	const rows = await Promise.all(
		tables.map((table) => database.read((db) => db.selectFrom(table).selectAll().execute())),
	);
	return JSON.stringify(rows);
}

onEachEngine('rights and retention on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;

	beforeEach(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
	});
	afterEach(async () => {
		await place.dispose();
	});

	const PSEUDONYM = recipientPseudonym('marker-ada', 'spring', KEY);

	/** Ada and Bob under a shared pixel; Ada has a pixel of her own, a pseudonym and a last day. */
	async function fill() {
		await store.createPixel({ id: 'shared', name: 'Newsletter', campaignId: 'spring' });
		await store.addRecipients(
			'shared',
			[{ recipientId: 'marker-ada', email: 'marker-ada@example.com' }, { recipientId: 'bob' }],
			keysOf,
		);
		const load = (changes: Parameters<typeof sampleOpen>[0]) =>
			sampleOpen({ pixelId: 'shared', campaignId: 'spring', ...changes });
		const ada = [
			load({ recipientId: 'marker-ada', at: START, messageId: 'marker-message' }),
			load({ recipientId: 'marker-ada', at: START + 7_200_000 }),
			load({ recipientId: 'marker-ada', pixelId: 'marker-pixel', at: START + 1000 }),
			load({ recipientId: PSEUDONYM, trackingMode: 'pseudonymous', at: START + 3_600_000 }),
		];
		const bob = [load({ recipientId: 'bob', at: START + 60_000 })];
		await store.recordOpens([...ada, ...bob]);
		await store.relabelOpens([
			{ eventId: ada[1].eventId, actor: 'scanner', actorReason: 'test', rulesVersion: '2' },
		]);
		await store.registerSent(
			[
				{
					messageId: 'm',
					pixelId: 'shared',
					campaignId: 'spring',
					recipientId: 'marker-ada',
					sentAt: new Date(START - 1000),
					trackingMode: 'identified',
				},
			],
			keysOf,
		);
		await store.recordOpens([load({ recipientId: 'marker-ada', trackingMode: 'hygiene' })]);
		await store.recordConsent(
			[consentRecord({ recipientKey: 'marker-ada', evidence: 'form of marker-ada' })],
			NOW,
			keysOf,
		);
		await store.openPrivacyRequest({ recipientId: 'marker-ada', kind: 'erasure' }, NOW);
		await store.openPrivacyRequest({ recipientId: 'bob', kind: 'copy' }, NOW);
		return { ada, bob };
	}

	test('an export holds all that is kept of one person, under every name, and nobody else', async () => {
		await fill();
		const data = await store.exportSubject(subject('marker-ada'));
		expect(data.opens.map((open) => open.recipientId).sort()).toEqual(
			['marker-ada', 'marker-ada', 'marker-ada', PSEUDONYM].sort(),
		);
		expect(data.recipients).toMatchObject([{ pixelId: 'shared', email: 'marker-ada@example.com' }]);
		expect(data.sent).toEqual([{ pixelId: 'shared', campaignId: 'spring', messages: 1 }]);
		expect(data.lastOpenDay).toBe('2026-03-03');
		expect(data.consent).toHaveLength(1);
		expect(data.requests).toEqual([{ kind: 'erasure', askedAt: NOW.toISOString() }]);
		expect(JSON.stringify(data)).not.toContain('bob');
	});

	test('an erasure leaves of a person only the keyed hash, and counters that fit what is left', async () => {
		const { ada, bob } = await fill();
		const counts = await store.eraseSubject(subject('marker-ada'), NOW);
		expect(counts).toEqual({
			erased: [
				{ dataClass: 'open', records: 4 },
				{ dataClass: 'last-open-day', records: 1 },
				{ dataClass: 'recipient', records: 1 },
				{ dataClass: 'sent-message', records: 1 },
				{ dataClass: 'request', records: 1 },
				{ dataClass: 'segment', records: 0 },
			],
			eventIds: expect.arrayContaining(ada.map(({ eventId }) => eventId)),
			keptConsentRecords: 1,
		});
		const text = await everything(await place.openDatabase());
		expect(text).not.toContain('marker-');
		expect(text).not.toContain(PSEUDONYM);
		const [key] = keysOf('marker-ada');
		expect(text).toContain(key);
		expect(await store.isDenied(['d_other', key])).toBe(true);
		expect(await store.isDenied(['d_other'])).toBe(false);
		expect(await store.getConsent(key, 'performance', NOW)).toMatchObject({ status: 'withdrawn' });

		const { uniqueAt, ...expected } = recountGroup(bob, new Set(['shared']));
		const campaign = await store.getCampaign('spring');
		// The load of mode hygiene is in the sums of loads and names nobody.
		for (const field of ['viewTimeMs', 'sessions', 'firstOpenAt', 'lastOpenAt'] as const) {
			expect(campaign?.[field]).toEqual(expected[field]);
		}
		expect(campaign).toMatchObject({ uniqueOpens: 1, recipients: 1, sent: 0, machineOpens: 0 });
		expect(uniqueAt).toHaveLength(1);
	});

	test('a request stays open, from when it was asked first, until it is answered', async () => {
		const ask = async (recipientId: string, kind: 'copy' | 'erasure', minutes: number) =>
			await store.openPrivacyRequest(
				{ recipientId, kind },
				new Date(NOW.getTime() + minutes * 60_000),
			);
		await ask('ada', 'copy', 1);
		await ask('bob', 'erasure', 0);
		await ask('ada', 'copy', 5);
		await ask('ada', 'erasure', 2);
		expect(await store.listPrivacyRequests()).toEqual([
			{ recipientId: 'bob', kind: 'erasure', askedAt: '2026-11-21T12:00:00.000Z' },
			{ recipientId: 'ada', kind: 'copy', askedAt: '2026-11-21T12:01:00.000Z' },
			{ recipientId: 'ada', kind: 'erasure', askedAt: '2026-11-21T12:02:00.000Z' },
		]);
		expect(await store.closePrivacyRequest({ recipientId: 'ada', kind: 'copy' })).toBe(true);
		expect(await store.closePrivacyRequest({ recipientId: 'ada', kind: 'copy' })).toBe(false);
		await store.eraseSubject(subject('bob'), NOW);
		expect(await store.listPrivacyRequests()).toMatchObject([
			{ recipientId: 'ada', kind: 'erasure' },
		]);
	});

	test('an open that waited for the store does not bring back who was erased meanwhile', async () => {
		await store.eraseSubject(subject('marker-ada'), NOW);
		const [ada, bob, nobody] = [
			sampleOpen({ recipientId: 'marker-ada' }),
			sampleOpen({ recipientId: 'bob' }),
			sampleOpen({ recipientId: null }),
		];
		const { erased, recorded } = await store.recordUnlessErased([
			{ event: ada, denylistKeys: ['d_older-key', ...keysOf('marker-ada')] },
			{ event: bob, denylistKeys: keysOf('bob') },
			{ event: nobody, denylistKeys: [] },
		]);
		expect([...erased]).toEqual([ada.eventId]);
		expect([...recorded].sort()).toEqual([bob.eventId, nobody.eventId].sort());
		const { opens } = await store.listOpens({ limit: 10 });
		expect(opens.map(({ recipientId }) => recipientId).sort()).toEqual(['bob', null]);
		expect(await everything(await place.openDatabase())).not.toContain('marker-');
	});

	test('whoever is erased is out of every counter, as if never sent to', async () => {
		const people = ['ada', 'bob', 'eve'];
		const events = Array.from({ length: 60 }, (_, index) =>
			sampleOpen({
				recipientId: people[index % 3],
				pixelId: ['p', 'q'][index % 2],
				campaignId: 'spring',
				actor: index % 5 === 0 ? 'scanner' : 'human',
				at: START + ((index * 7919) % 20_000) * 1000,
			}),
		);
		await store.recordOpens(events);
		await store.eraseSubject(subject('eve'), NOW);
		const left = events.filter((event) => event.recipientId !== 'eve');
		const { uniqueAt, ...total } = recountGroup(left, new Set());
		expect((await store.getDashboard()).totals).toMatchObject(total);
		expect(await store.listOpensPerHour(SPAN)).toEqual(recountHours(left, uniqueAt));
		for (const [pixelId, log] of groupBy(left, (event) => event.pixelId)) {
			const status = await store.getStatus({ pixelId });
			const { viewTimeMs, sessions, firstOpenAt, lastOpenAt } = recountGroup(log, new Set());
			expect(status).toMatchObject({ viewTimeMs, sessions, firstOpenAt, lastOpenAt });
		}
	});

	test('the mark of a recipient that was deleted cannot be guessed from the id', async () => {
		await store.createPixel({ id: 'shared', name: 'Newsletter' });
		const { recipients } = await store.addRecipients('shared', [{ recipientId: 'ada' }], keysOf);
		await store.deleteRecipient(recipients[0]!.id, keysOf);
		const database = await place.openDatabase();
		const marks = () => database.read((db) => db.selectFrom('tombstones').select('id').execute());
		const guess = createHash('sha256').update(JSON.stringify(['shared', 'ada']));
		expect(await marks()).toHaveLength(1);
		expect(await marks()).not.toContainEqual({ id: `r:${guess.digest('base64url')}` });
	});

	test('erasing somebody nobody knows leaves the keyed hash and nothing else', async () => {
		const { erased, keptConsentRecords } = await store.eraseSubject(subject('nobody'), NOW);
		expect(erased.map(({ records }) => records)).toEqual([0, 0, 0, 0, 0, 0]);
		expect(keptConsentRecords).toBe(0);
		await store.eraseSubject(subject('nobody'), NOW);
		expect(await store.isDenied(keysOf('nobody'))).toBe(true);
	});

	test('a dry run counts what a run then deletes; what is younger, in force or an objection stays', async () => {
		const old = Date.UTC(2026, 0, 1);
		const recent = Date.UTC(2026, 10, 1);
		await store.recordOpens([
			sampleOpen({ recipientId: 'old', pixelId: 'mail-1', campaignId: 'c', at: old }),
			sampleOpen({ recipientId: 'both', pixelId: 'mail-2', campaignId: 'c', at: old }),
			sampleOpen({ recipientId: 'both', pixelId: 'mail-2', campaignId: 'c', at: recent }),
			sampleOpen({ recipientId: 'day', trackingMode: 'hygiene', at: Date.UTC(2025, 0, 1) }),
			sampleOpen({ recipientId: 'today', trackingMode: 'hygiene', at: recent }),
		]);
		const longAgo = '2015-01-01T00:00:00.000Z';
		const laterThen = '2016-01-01T00:00:00.000Z';
		const noNotice = { noticeVersion: null, noticeHash: null, noticeText: null };
		await store.recordConsent(
			[
				consentRecord({ recipientKey: 'in-force', occurredAt: longAgo }),
				consentRecord({ recipientKey: 'ended', occurredAt: longAgo, expiresAt: laterThen }),
				consentRecord({ recipientKey: 'no', occurredAt: longAgo }),
				consentRecord({
					recipientKey: 'no',
					occurredAt: laterThen,
					status: 'withdrawn',
					...noNotice,
				}),
			],
			NOW,
			keysOf,
		);
		const before = (await store.getDashboard()).totals;
		const plan = retentionPlan(DEFAULT_RETENTION, NOW);
		const dry = await store.applyRetention(plan, { dryRun: true });
		const found = Object.fromEntries(dry.map(({ dataClass, records }) => [dataClass, records]));
		expect(found).toEqual({
			'raw-request': 0,
			// Two opens, and the counters of the recipient with no younger load.
			open: 3,
			'last-open-day': 1,
			// All of "ended", and the consent that "no" withdrew.
			'consent-proof': 2,
			denylist: 0,
			aggregate: 0,
		});
		const text = await everything(await place.openDatabase());
		expect(text).toContain('mail-1');

		expect(await store.applyRetention(plan, { dryRun: false })).toEqual(dry);
		const left = await store.applyRetention(plan, { dryRun: true });
		expect(left.map(({ records }) => records)).toEqual([0, 0, 0, 0, 0, 0]);
		expect((await store.listOpens({ limit: 10 })).opens).toMatchObject([{ recipientId: 'both' }]);
		expect(await store.getStatus({ pixelId: 'mail-1' })).toBeNull();
		expect((await store.getDashboard()).totals.opens).toBe(before.opens);
		expect(await store.getConsent('in-force', 'performance', NOW)).toMatchObject({
			status: 'given',
		});
		expect(await store.getConsent('no', 'performance', NOW)).toMatchObject({ status: 'withdrawn' });
		expect(await store.getConsent('ended', 'performance', NOW)).toMatchObject({
			status: 'unknown',
		});
	});

	test('finds in every place who is on the list of erased people, and nobody else', async () => {
		await store.createPixel({ id: 'p', name: 'P' });
		await store.addRecipients('p', [{ recipientId: 'h', email: 'Address@Example.com' }], keysOf);
		await store.addRecipients(
			'p',
			Array.from({ length: 1500 }, (_, index) => ({ recipientId: `r${index}` })),
			keysOf,
		);
		await store.recordOpens([
			sampleOpen({ recipientId: 'opened', campaignId: 'c' }),
			sampleOpen({ recipientId: 'day', trackingMode: 'hygiene' }),
		]);
		await store.recordConsent([consentRecord({ recipientKey: 'consented' })], NOW, keysOf);
		await store.openPrivacyRequest({ recipientId: 'asked', kind: 'copy' }, NOW);
		const withOld = (id: string) => [...keysOf(id), `old ${id}`];
		expect(await store.findErased(withOld)).toEqual([]);

		const erased = [
			'r7',
			'r1499',
			'opened',
			'day',
			'consented',
			'asked',
			'address@example.com',
			'nobody',
		];
		expect(
			await store.deny(
				erased.map((id) => keysOf(id)[0]),
				NOW,
			),
		).toBe(8);
		expect(await store.deny([keysOf('r7')[0], 'old r8'], NOW)).toBe(1);
		expect((await store.findErased(withOld)).sort()).toEqual(
			[...erased.filter((id) => id !== 'nobody'), 'r8'].sort(),
		);
		for (const id of await store.findErased(withOld)) await store.eraseSubject(subject(id), NOW);
		expect(await store.findErased(withOld)).toEqual([]);
	});

	test('counts people once per campaign, by what their first counted open said', async () => {
		const client = (family: string) => ({ family, os: null, device: null });
		await store.recordOpens([
			sampleOpen({ recipientId: 'a', campaignId: 'c', client: client('Gmail'), at: START }),
			sampleOpen({ recipientId: 'a', campaignId: 'c', client: client('Outlook'), at: START + 9 }),
			sampleOpen({ recipientId: 'b', campaignId: 'c', client: client('Outlook') }),
			sampleOpen({ recipientId: 'b', campaignId: 'd', client: client('Outlook') }),
			sampleOpen({ recipientId: 'm', campaignId: 'c', client: client('Bot'), actor: 'bot' }),
		]);
		expect(await store.countPeople('family')).toEqual({
			rows: ['c', 'd'],
			columns: ['Gmail', 'Outlook'],
			counts: [
				[1, 1],
				[0, 1],
			],
		});
	});
});

describe('erasure in the files of the embedded store', () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'erasure-'));
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	const bytes = () =>
		Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));

	test('after an erasure no file holds the id, the address or the pseudonym', async () => {
		const store = await startStore(
			await openSqliteDatabase({ path: join(folder, 'tracking.sqlite') }),
		);
		// Random ids among many others, so that rows move between pages as the trees grow.
		const names = Array.from({ length: 3000 }, () => randomBytes(12).toString('hex'));
		const marker = 'marker-of-ada';
		names.splice(1500, 0, ...Array.from({ length: 20 }, () => marker));
		for (let start = 0; start < names.length; start += 100) {
			await store.recordOpens(
				names
					.slice(start, start + 100)
					.map((recipientId, index) =>
						sampleOpen({ recipientId, pixelId: `p-${start}`, at: START + start + index }),
					),
			);
		}
		expect(bytes().includes(marker)).toBe(true);
		await store.eraseSubject(subject(marker), NOW);
		expect(bytes().includes(marker)).toBe(false);
		expect(bytes().includes(names[0])).toBe(true);
		await store.close();
	});

	/** Leaves a copy in the free space of a page, as SQLite does at times when entries move. */
	function leaveCopy(text: string): void {
		const database = new DatabaseSync(join(folder, 'tracking.sqlite'));
		database.exec(
			'pragma secure_delete = off; create table moved (a); insert into moved values (1)',
		);
		database.prepare('insert into moved values (?)').run(text);
		database.exec('delete from moved where a <> 1');
		database.close();
		expect(bytes().includes(text)).toBe(true);
	}

	test('an erasure leaves no copy in free space either, in a large file from the nightly run on', async () => {
		const copy = 'copy-of-ada';
		for (const soonBytes of [undefined, 0]) {
			const path = join(folder, 'tracking.sqlite');
			const store = await startStore(await openSqliteDatabase({ path, soonBytes }));
			leaveCopy(copy);
			await store.eraseSubject(subject('ada'), NOW);
			expect(bytes().includes(copy)).toBe(soonBytes === 0);
			await store.applyRetention(retentionPlan(DEFAULT_RETENTION, NOW), { dryRun: false });
			expect(bytes().includes(copy)).toBe(false);
			await store.close();
			for (const name of readdirSync(folder)) rmSync(join(folder, name));
		}
	});

	test('an address key leaves the file with its day', async () => {
		const store = await startStore(
			await openSqliteDatabase({ path: join(folder, 'tracking.sqlite') }),
		);
		const { key, until } = await store.dailyKey(NOW);
		const text = key.toString('base64');
		expect(bytes().includes(text)).toBe(true);
		await store.destroyOldKeys(until);
		expect(bytes().includes(text)).toBe(false);
		await store.close();
	});
});
