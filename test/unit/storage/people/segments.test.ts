import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { suppressSmallCells } from '../../../../src/tracking/minimise/k-anonymity';
import { keysOf } from '../../../support/denylist-keys';
import { sampleOpen, START } from '../../../support/sample-opens';
import { onEachEngine } from '../../../support/stores';
import type { StorePlace } from '../../../support/stores';
import { wholeStore } from '../../../support/whole-store';

const subjectOf = (recipientId: string) => ({
	recipientId,
	pseudonymsOf: () => [],
	denylistKeysOf: keysOf,
});

onEachEngine('segments on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;

	beforeEach(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
		await store.createPixel({ id: 'p', name: 'P', campaignId: 'spring' });
	});
	afterEach(async () => {
		await place.dispose();
	});

	const message = (recipientId: string, changes: object = {}) => ({
		messageId: 'm',
		pixelId: 'p',
		campaignId: 'spring',
		recipientId,
		sentAt: new Date(START),
		trackingMode: 'identified' as const,
		...changes,
	});
	const segmentsOf = async (recipientId: string) =>
		(await store.personReport({ recipientId, now: new Date() }))?.segments ?? [];

	it('are set by adding recipients, registering messages and by themselves, under all names', async () => {
		await store.addRecipients(
			'p',
			[{ recipientId: 'ada', email: 'Ada@example.com', segments: [' trial ', 'customers'] }],
			keysOf,
		);
		expect(await segmentsOf('ada@EXAMPLE.com')).toEqual(['customers', 'trial']);
		await store.registerSent([message('bob', { segments: ['customers'] })], keysOf);
		expect(await segmentsOf('bob')).toEqual(['customers']);
		// The same message again counts once, and brings its labels.
		await store.registerSent([message('bob', { segments: ['late'] })], keysOf);
		expect(await segmentsOf('bob')).toEqual(['customers', 'late']);

		const change = (how: 'add' | 'replace' | 'remove', ...segments: string[]) =>
			store.changeSegments([{ recipientId: 'ada@example.com', segments, how }], keysOf);
		expect(await change('add', 'vip')).toEqual([true]);
		expect(await segmentsOf('ada')).toEqual(['customers', 'trial', 'vip']);
		await change('remove', 'trial', 'vip');
		expect(await segmentsOf('ada')).toEqual(['customers']);
		await change('replace', 'lost');
		expect(await segmentsOf('ada')).toEqual(['lost']);
		expect(await store.listSegments()).toEqual([
			{ segment: 'customers', recipients: 1 },
			{ segment: 'late', recipients: 1 },
			{ segment: 'lost', recipients: 1 },
		]);
		await expect(change('add', ' ')).rejects.toThrow('A segment must have 1 to 100 characters.');
		await expect(change('add', 'x'.repeat(101))).rejects.toThrow('1 to 100 characters');
	});

	it.each(['pseudonymous', 'hygiene', 'aggregate', 'off'] as const)(
		'are not kept of a message of mode %s, which must not name the recipient',
		async (trackingMode) => {
			await store.registerSent([message('bob', { trackingMode, segments: ['vip'] })], keysOf);
			expect(await store.listSegments()).toEqual([]);
		},
	);

	it('limit lists of opens, of who has not opened, and of recipients', async () => {
		await store.registerSent(
			['ada', 'bob', 'cleo'].map((id) => message(id, { segments: id === 'ada' ? ['vip'] : [] })),
			keysOf,
		);
		await store.changeSegments([{ recipientId: 'cleo', segments: ['vip'], how: 'add' }], keysOf);
		const opens = ['ada', 'bob'].map((recipientId) =>
			sampleOpen({ pixelId: 'p', campaignId: 'spring', recipientId }),
		);
		await store.recordOpens(opens);
		const listed = await store.listOpens({ limit: 10, segment: 'vip' });
		expect(listed.opens.map(({ recipientId }) => recipientId)).toEqual(['ada']);
		expect((await store.listOpens({ limit: 10, segment: "nobody's" })).opens).toEqual([]);
		const request = { limit: 10, campaignId: 'spring', segment: 'vip' };
		const notOpened = await store.listNotOpened({ ...request, sentBefore: new Date() });
		expect(notOpened.recipients.map(({ recipientId }) => recipientId)).toEqual(['cleo']);
		expect((await store.campaignRecipients(request)).rows).toMatchObject([
			{ recipientId: 'ada', segments: ['vip'] },
			{ recipientId: 'cleo', segments: ['vip'] },
		]);
		expect((await store.searchRecipients({ limit: 10, segment: 'vip' })).rows).toHaveLength(2);
	});

	it('are counted in groups of ten people or more', async () => {
		const people = Array.from({ length: 40 }, (_, index) => `person-${index}`);
		const labels = (index: number) => [
			...(index < 12 ? ['large'] : []),
			...(index < 3 ? ['small'] : []),
			...(index < 35 ? ['nearly all'] : []),
		];
		await store.registerSent(
			people.map((id, index) => message(id, { segments: labels(index) })),
			keysOf,
		);
		await store.recordOpens(
			people
				.slice(0, 5)
				.map((recipientId) => sampleOpen({ pixelId: 'p', campaignId: 'spring', recipientId })),
		);
		expect(await store.segmentRates('spring')).toMatchObject([
			{ segment: 'large', rates: { sentRecipients: 12, confirmed: { recipients: 5 } } },
			// The five others could be worked out from it and the whole campaign.
			{ segment: 'nearly all', rates: null },
			{ segment: 'small', rates: null },
		]);
		const table = await store.countPeople('segment');
		expect(table).toEqual({
			rows: ['spring'],
			columns: ['large + nearly all', 'large + nearly all + small'],
			counts: [[2, 3]],
		});
		expect(suppressSmallCells(table).counts).toEqual([[null, null]]);
	});

	it('are given out with a person, go with a person, and do not come back', async () => {
		await store.registerSent([message('zoe-who-leaves', { segments: ['vip'] })], keysOf);
		const subject = subjectOf('zoe-who-leaves');
		expect((await store.exportSubject(subject)).segments).toEqual(['vip']);
		const { erased } = await store.eraseSubject(subject, new Date());
		expect(erased).toContainEqual({ dataClass: 'segment', records: 1 });
		expect(await wholeStore(place)).not.toContain('zoe-who-leaves');
		const change = { recipientId: 'zoe-who-leaves', segments: ['vip'], how: 'add' as const };
		expect(await store.changeSegments([change], keysOf)).toEqual([false]);
		const again = [message('zoe-who-leaves', { messageId: 'n', segments: ['vip'] })];
		await store.registerSent(again, keysOf);
		const added = [{ recipientId: 'zoe-who-leaves', segments: ['vip'] }];
		await store.addRecipients('p', added, keysOf);
		expect(await wholeStore(place)).not.toContain('zoe-who-leaves');
	});

	it('go with the recipient: by retention, deletion, and deletion of the pixel', async () => {
		const carriers = async () => (await store.listSegments())[0]?.recipients ?? 0;
		await store.createPixel({ id: 'q', name: 'Q' });
		await store.registerSent(
			['ada', 'bob', 'cleo'].map((id) => message(id, { segments: ['vip'] })),
			keysOf,
		);
		const late = new Date(START + 900 * 86_400_000);
		await store.registerSent([message('cleo', { pixelId: 'q', sentAt: late })], keysOf);
		const { recipients } = await store.addRecipients('p', [{ recipientId: 'ada' }], keysOf);
		await store.deleteRecipient(recipients[0]?.id ?? '', keysOf);
		expect(await carriers()).toBe(2);
		await store.applyRetention(
			[
				{
					dataClass: 'open',
					action: 'delete',
					deleteBefore: new Date(START + 400 * 86_400_000),
					period: '400 days',
					countsFrom: 'the open',
					because: 'test',
				},
			],
			{ dryRun: false },
		);
		expect(await carriers()).toBe(1);
		await store.deletePixel('q');
		expect(await carriers()).toBe(0);
	});

	it('are counted for the privacy report', async () => {
		await store.registerSent([message('ada', { segments: ['vip', 'trial'] })], keysOf);
		const now = new Date();
		expect(await store.countKept({ now, endingBefore: now })).toMatchObject({ segmented: 1 });
	});
});
