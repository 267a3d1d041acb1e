import fc from 'fast-check';

import type { Writer } from '../../../../src/storage/database/store-database';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { ACTORS } from '../../../../src/tracking/event/event-fields';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { keysOf } from '../../../support/denylist-keys';
import { sampleOpen, START } from '../../../support/sample-opens';
import { onEachEngine } from '../../../support/stores';
import { undoClickRates, undoClicks, undoRates } from '../../../support/older-store';
import { startStore } from '../../../../src/storage/start-store';

const PEOPLE = ['ada', 'bob', 'cleo'];
const PIXELS = ['p', 'q'];

type Step =
	| {
			do: 'load' | 'send' | 'again';
			pixel: string;
			person: string | null;
			actor: OpenEvent['actor'];
	  }
	| {
			do: 'click';
			pixel: string;
			person: string | null;
			actor: OpenEvent['actor'];
			link: OpenEvent['link'];
	  }
	| { do: 'relabel'; which: number; actor: OpenEvent['actor'] }
	| { do: 'erase'; person: string }
	| { do: 'delete'; pixel: string };

const place = {
	pixel: fc.constantFrom(...PIXELS),
	person: fc.constantFrom(...PEOPLE, null),
	actor: fc.constantFrom(...ACTORS),
};
const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 8, arbitrary: fc.record({ do: fc.constant('load' as const), ...place }) },
	{ weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), ...place }) },
	{ weight: 2, arbitrary: fc.record({ do: fc.constant('again' as const), ...place }) },
	{
		weight: 4,
		arbitrary: fc.record({
			do: fc.constant('relabel' as const),
			which: fc.nat(),
			actor: fc.constantFrom(...ACTORS),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({ do: fc.constant('erase' as const), person: fc.constantFrom(...PEOPLE) }),
	},
	{
		weight: 1,
		arbitrary: fc.record({ do: fc.constant('delete' as const), pixel: fc.constantFrom(...PIXELS) }),
	},
);

const LINKS = [
	{ url: 'https://shop.example/boots', position: 1, label: 'Boots' },
	{ url: 'https://shop.example/hats', position: 1, label: 'Boots' },
	{ url: 'https://blog.example/', position: 2, label: null },
	{ url: null, position: null, label: null },
];
const stepWithClicks: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 3, arbitrary: step },
	{
		weight: 1,
		arbitrary: fc.record({
			do: fc.constant('click' as const),
			...place,
			link: fc.constantFrom(...LINKS),
		}),
	},
);

/** What happened so far, kept the slow and obvious way. */
interface History {
	log: OpenEvent[];
	/** Pixel and person of each message */
	sent: Array<{ pixelId: string; recipientId: string | null }>;
	erased: Set<string>;
	deleted: Set<string>;
}

/** What is stored is enough to work the counters out again, as a migration does. */
const HISTORIES = [
	{
		of: 'opens',
		steps: step,
		undo: async (db: Writer) => {
			await undoClicks(db);
			await undoRates(db);
		},
	},
	{ of: 'opens and clicks', steps: stepWithClicks, undo: undoClickRates },
];

onEachEngine('the rates on $name', (engine) => {
	test.each(HISTORIES)(
		'whatever $of come in whatever order, they equal a recount',
		async (given) => {
			await fc.assert(
				fc.asyncProperty(fc.array(given.steps, { minLength: 5, maxLength: 30 }), async (steps) => {
					const own = await engine.newPlace();
					try {
						const store = await own.openStore();
						for (const id of PIXELS)
							await store.createPixel({ id, name: id, campaignId: 'spring' });
						const history: History = { log: [], sent: [], erased: new Set(), deleted: new Set() };
						for (const one of steps) await take(store, history, one);
						await expectRecount(store, history);
						await store.close();
						const database = await own.openDatabase();
						await database.write(given.undo);
						const migrated = await startStore(database);
						await expectRecount(migrated, history);
					} finally {
						await own.dispose();
					}
				}),
				{ endOnFailure: true, numRuns: engine.name === 'SQLite' ? 30 : 6 },
			);
		},
		240_000,
	);
});

async function take(store: TrackingStore, history: History, step: Step): Promise<void> {
	const { log, sent, erased, deleted } = history;
	switch (step.do) {
		case 'load':
		case 'click': {
			const clicked =
				step.do === 'click'
					? { event: 'click' as const, purpose: 'clicks' as const, link: step.link }
					: {};
			const event = sampleOpen({
				...clicked,
				at: START + log.length * 7000,
				pixelId: step.pixel,
				campaignId: 'spring',
				recipientId: step.person,
				actor: step.actor,
			});
			await store.recordUnlessErased([
				{ event, denylistKeys: step.person === null ? [] : keysOf(step.person) },
			]);
			if (!deleted.has(step.pixel) && !erased.has(step.person ?? '')) log.push(event);
			return;
		}
		case 'again':
			await store.recordOpens(log.slice(-3));
			return;
		case 'send': {
			const message = {
				messageId: 'm',
				pixelId: step.pixel,
				campaignId: 'spring',
				recipientId: step.person,
				sentAt: new Date(START - 1000),
				trackingMode: 'identified' as const,
			};
			await store.registerSent([message, message], keysOf);
			if (!deleted.has(step.pixel) && !erased.has(step.person ?? '')) {
				sent.push({ pixelId: step.pixel, recipientId: step.person });
			}
			return;
		}
		case 'relabel': {
			if (log.length === 0) return;
			const event = log[step.which % log.length];
			const { eventId } = event;
			event.actor = step.actor;
			await store.relabelOpens([
				{ eventId, actor: step.actor, actorReason: 'test', rulesVersion: '2' },
			]);
			return;
		}
		case 'erase': {
			const { person } = step;
			const subject = { recipientId: person, pseudonymsOf: () => [], denylistKeysOf: keysOf };
			await store.eraseSubject(subject, new Date());
			history.log = log.filter(({ recipientId }) => recipientId !== person);
			history.sent = sent.filter(({ recipientId }) => recipientId !== person);
			erased.add(person);
			return;
		}
		case 'delete':
			await store.deletePixel(step.pixel);
			history.log = log.filter(({ pixelId }) => pixelId !== step.pixel);
			history.sent = sent.filter(({ pixelId }) => pixelId !== step.pixel);
			deleted.add(step.pixel);
			return;
	}
}

/** Who is confirmed and who is hidden, asked of each recipient's own loads. */
function recount({ log, sent }: History, pixels: readonly string[]) {
	const keys = new Set(
		sent.flatMap(({ pixelId, recipientId }) =>
			pixels.includes(pixelId) ? JSON.stringify([pixelId, recipientId]) : [],
		),
	);
	let confirmed = 0;
	let hidden = 0;
	for (const key of keys) {
		const own = log.filter((event) => keyOf(event) === key);
		const actors = own.flatMap(({ event, actor }) => (event === 'open' ? [actor] : []));
		if (own.some(counts)) confirmed += 1;
		else if (actors.length > 0 && actors.every((actor) => actor === 'prefetch')) hidden += 1;
	}
	const [all, visible] = [keys.size, keys.size - hidden];
	const rate = (part: number, whole: number) => (whole === 0 ? null : part / whole);
	return {
		sentRecipients: all,
		confirmed: { recipients: confirmed, rate: rate(confirmed, all) },
		likely: { visible, rate: rate(confirmed, visible) },
		possible: { recipients: confirmed + hidden, rate: rate(confirmed + hidden, all) },
		hidden: { recipients: hidden, share: rate(hidden, all) },
	};
}

const keyOf = ({ pixelId, recipientId }: Pick<OpenEvent, 'pixelId' | 'recipientId'>) =>
	JSON.stringify([pixelId, recipientId]);

const counts = ({ actor }: Pick<OpenEvent, 'actor'>) =>
	['human', 'human-via-proxy', 'unknown'].includes(actor);

/** Who clicked, asked of each recipient's own loads and clicks. */
function recountClicks({ log, sent }: History, pixels: readonly string[]) {
	const own = log.filter(({ pixelId }) => pixels.includes(pixelId ?? ''));
	const clicks = own.filter(({ event }) => event === 'click');
	const clickers = new Set(clicks.filter(counts).map(keyOf));
	const sentTo = new Set(
		sent.filter(({ pixelId }) => pixels.includes(pixelId)).map((message) => keyOf(message)),
	);
	const openers = new Set(
		own
			.filter((event) => event.event === 'open' && event.recipientId !== null && counts(event))
			.map(keyOf),
	);
	const clicked = [...sentTo].filter((key) => clickers.has(key)).length;
	const both = [...openers].filter((key) => clickers.has(key)).length;
	const sums = { clicks: clicks.filter(counts).length, machineClicks: 0 };
	sums.machineClicks = clicks.length - sums.clicks;
	const rate = (part: number, whole: number) => (whole === 0 ? null : part / whole);
	return {
		...sums,
		clickRates:
			clicks.length === 0
				? null
				: {
						clicked: {
							recipients: clicked,
							sentRecipients: sentTo.size,
							rate: rate(clicked, sentTo.size),
						},
						clickToOpen: {
							recipients: both,
							opened: openers.size,
							rate: rate(both, openers.size),
						},
					},
	};
}

/** Who followed which link, and which machines did, from the clicks one by one. */
function recountLinks({ log }: History, pixels: readonly string[]) {
	const links = new Map<string, OpenEvent[]>();
	for (const event of log) {
		if (event.event !== 'click' || !pixels.includes(event.pixelId ?? '')) continue;
		const { url, position, label } = event.link;
		const site = url === null ? null : `${new URL(url).origin}/`;
		const key = JSON.stringify([position, label, site]);
		links.set(key, [...(links.get(key) ?? []), event]);
	}
	return [...links].map(([key, clicks]) => {
		const [position, label, site] = JSON.parse(key) as Array<string | number | null>;
		const people = clicks.filter(counts).flatMap(({ recipientId }) => recipientId ?? []);
		const pages = new Set(clicks.map(({ link }) => link.url));
		return {
			position,
			label,
			site,
			page: pages.size === 1 ? clicks[0].link.url : null,
			people: new Set(people).size,
			clicks: clicks.filter(counts).length,
			machineClicks: clicks.filter((click) => !counts(click)).length,
			clicksRead: clicks.length,
		};
	});
}

async function expectRecount(store: TrackingStore, history: History): Promise<void> {
	const whole = recount(history, PIXELS);
	const clicks = recountClicks(history, PIXELS);
	const { totals } = await store.getDashboard();
	expect(totals.rates).toMatchObject(whole);
	expect(totals).toMatchObject(clicks);
	const campaign = await store.getCampaign('spring');
	if (campaign !== null) expect(campaign.rates).toMatchObject(whole);
	if (campaign !== null) expect(campaign).toMatchObject(clicks);
	await expectLinks(store, { campaignId: 'spring' }, recountLinks(history, PIXELS));
	for (const id of PIXELS) {
		const pixel = await store.getPixel(id);
		expect(pixel === null).toBe(history.deleted.has(id));
		await expectLinks(store, { pixelId: id }, recountLinks(history, [id]));
		if (pixel === null) continue;
		expect(pixel.counts.rates).toMatchObject(recount(history, [id]));
		expect(pixel.counts).toMatchObject(recountClicks(history, [id]));
	}
}

async function expectLinks(
	store: TrackingStore,
	place: Parameters<TrackingStore['listLinkClicks']>[0],
	expected: ReadonlyArray<object>,
): Promise<void> {
	const links = await store.listLinkClicks(place);
	const found = links.map(({ machineReasons, ...link }) => {
		const sum = machineReasons.reduce((total, { clicks }) => total + clicks, 0);
		expect(sum).toBe(link.machineClicks);
		return link;
	});
	expect(found).toHaveLength(expected.length);
	expect(found).toEqual(expect.arrayContaining([...expected]));
}
