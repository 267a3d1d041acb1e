import fc from 'fast-check';

import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { ACTORS } from '../../../../src/tracking/event/event-fields';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { keysOf } from '../../../support/denylist-keys';
import { sampleOpen, START } from '../../../support/sample-opens';
import { onEachEngine } from '../../../support/stores';
import { undoClicks, undoRates } from '../../../support/older-store';
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

/** What happened so far, kept the slow and obvious way. */
interface History {
	log: OpenEvent[];
	/** Pixel and person of each message */
	sent: Array<{ pixelId: string; recipientId: string | null }>;
	erased: Set<string>;
	deleted: Set<string>;
}

onEachEngine('the three open rates on $name', (engine) => {
	test('whatever happens in whatever order, they equal a recount', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
				const own = await engine.newPlace();
				try {
					const store = await own.openStore();
					for (const id of PIXELS) await store.createPixel({ id, name: id, campaignId: 'spring' });
					const history: History = { log: [], sent: [], erased: new Set(), deleted: new Set() };
					for (const one of steps) await take(store, history, one);
					await expectRecount(store, history);
					// What is stored is enough to work the counters out again, as a migration does.
					await store.close();
					const database = await own.openDatabase();
					await database.write(undoClicks);
					await database.write(undoRates);
					const migrated = await startStore(database);
					await expectRecount(migrated, history);
				} finally {
					await own.dispose();
				}
			}),
			{ endOnFailure: true, numRuns: engine.name === 'SQLite' ? 30 : 6 },
		);
	}, 240_000);
});

async function take(store: TrackingStore, history: History, step: Step): Promise<void> {
	const { log, sent, erased, deleted } = history;
	switch (step.do) {
		case 'load': {
			const event = sampleOpen({
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
		const actors = log
			.filter(({ pixelId, recipientId }) => JSON.stringify([pixelId, recipientId]) === key)
			.map(({ actor }) => actor);
		const counts = actors.some((actor) => ['human', 'human-via-proxy', 'unknown'].includes(actor));
		if (counts) confirmed += 1;
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

async function expectRecount(store: TrackingStore, history: History): Promise<void> {
	const whole = recount(history, PIXELS);
	expect((await store.getDashboard()).totals.rates).toMatchObject(whole);
	const campaign = await store.getCampaign('spring');
	if (campaign !== null) expect(campaign.rates).toMatchObject(whole);
	for (const id of PIXELS) {
		const pixel = await store.getPixel(id);
		expect(pixel === null).toBe(history.deleted.has(id));
		if (pixel !== null) expect(pixel.counts.rates).toMatchObject(recount(history, [id]));
	}
}
