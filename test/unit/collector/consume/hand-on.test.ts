import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { BrokerRefusedError } from '../../../../src/collector/broker/broker';
import {
	BROKER_CONSUMER,
	handOnLog,
	type HandOnOptions,
} from '../../../../src/collector/consume/hand-on';
import { shipLog, STORE_CONSUMER } from '../../../../src/collector/consume/shipper';
import { openCollectorLog, type CollectorLog } from '../../../../src/collector/log/collector-log';
import { openEmbeddedStore } from '../../../../src/storage/embedded-store';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { generateKey, parseKeyRing } from '../../../../src/tracking/links/key-ring';
import { subjectOf } from '../../../../nodes/shared/person/subject';
import { openEvent } from '../../../support/open-events';

const keyRing = parseKeyRing({ activeKey: generateKey(randomBytes) });

describe('handing the log on to a broker', () => {
	let folder: string;
	let log: CollectorLog;
	let store: TrackingStore;
	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), 'hand-on-'));
		log = openCollectorLog({ folder, durable: true });
		log.setConsumers([STORE_CONSUMER, BROKER_CONSUMER]);
		store = await openEmbeddedStore({ folder, queueMode: false });
	});
	afterEach(async () => {
		log.close();
		await store.close();
		rmSync(folder, { recursive: true });
	});

	const append = (...opens: OpenEvent[]) => log.append(opens.map((open) => JSON.stringify(open)));
	const named = (...recipients: string[]) =>
		recipients.map((recipientId) => openEvent({ recipientId }));
	/** Carries the log into the store until it has all of it. */
	const ship = async () => {
		const stopping = new AbortController();
		const stopWhenDone = () => {
			if (log.backlog(STORE_CONSUMER, 1) === 0) stopping.abort();
		};
		await shipLog({
			log,
			openStore: async () => store,
			keyRing: () => keyRing,
			signal: stopping.signal,
			onShipped: stopWhenDone,
			onFailure: () => undefined,
			onRefused: stopWhenDone,
		});
	};
	/** Hands on what the store has, until nothing is left. */
	const handOn = async (options: Partial<HandOnOptions> = {}) => {
		const stopping = new AbortController();
		const published: OpenEvent[] = [];
		const told = { handedOn: 0, leftOut: 0, failures: [] as number[], refused: [] as unknown[] };
		const stopWhenDone = () => {
			if (log.read(BROKER_CONSUMER, 1, STORE_CONSUMER).length === 0) stopping.abort();
		};
		await handOnLog({
			log,
			openStore: async () => store,
			broker: { publish: async (opens) => void published.push(...opens) },
			signal: stopping.signal,
			onHandedOn: (opens, leftOut) => {
				told.handedOn += opens;
				told.leftOut += leftOut;
				stopWhenDone();
			},
			onFailure: (_error, failures) => told.failures.push(failures),
			onRefused: (error) => {
				told.refused.push(error);
				stopWhenDone();
			},
			backoff: { firstMs: 1, longestMs: 5 },
			...options,
		});
		return { published, ...told };
	};
	const recipientsOf = (opens: readonly OpenEvent[]) => opens.map(({ recipientId }) => recipientId);

	it('hands on what the store has, as the store has it and in order, and empties the log', async () => {
		const [first, second] = named('a', 'a');
		append(
			first,
			second,
			...Array.from({ length: 700 }, (_, n) => openEvent({ recipientId: `${n}` })),
		);
		await ship();
		const { published, handedOn, leftOut } = await handOn();
		expect({ handedOn, leftOut }).toEqual({ handedOn: 702, leftOut: 0 });
		expect(recipientsOf(published)).toEqual([
			'a',
			'a',
			...Array.from({ length: 700 }, (_, n) => `${n}`),
		]);
		expect(published.slice(0, 2)).toEqual([
			{ ...first, firstOpen: true, quietDays: null },
			{ ...second, firstOpen: false, quietDays: 0 },
		]);
		expect(log.peek(0, 1)).toEqual([]);
	});

	it('stays behind the store', async () => {
		append(...named('a', 'b'));
		await ship();
		append(...named('c'));
		expect(recipientsOf((await handOn()).published)).toEqual(['a', 'b']);
		await ship();
		expect(recipientsOf((await handOn()).published)).toEqual(['c']);
	});

	it('hands nothing on of people who were erased, before or after the store had their open', async () => {
		append(...named('before', 'stays'));
		await ship();
		await store.eraseSubject(subjectOf('before', keyRing), new Date());
		append(...named('before'));
		await ship();
		const { published, leftOut } = await handOn();
		expect(recipientsOf(published)).toEqual(['stays']);
		expect(leftOut).toBe(2);
	});

	it('hands on no more than a mode and a pixel allow', async () => {
		await store.createPixel({ id: 'counted', name: 'Counted', trackingMode: 'aggregate' });
		append(
			openEvent({ recipientId: null, trackingMode: 'aggregate' }),
			openEvent({ recipientId: 'b', pixelId: 'counted' }),
			openEvent({ recipientId: 'c' }),
		);
		await ship();
		const { published, leftOut } = await handOn();
		expect(recipientsOf(published)).toEqual(['c']);
		expect(leftOut).toBe(2);
	});

	it('skips what is for the store alone, and what nobody can read', async () => {
		log.append(['{"imageHeld":{"eventId":"none","imageHeldMs":5}}', 'no JSON']);
		append(...named('a'));
		await ship();
		const { published, leftOut } = await handOn();
		expect(recipientsOf(published)).toEqual(['a']);
		expect(leftOut).toBe(0);
		expect(log.backlog(BROKER_CONSUMER, 9)).toBe(0);
		expect(log.deadLetters(9)).toMatchObject([{ consumer: STORE_CONSUMER, event: 'no JSON' }]);
	});

	it('keeps everything while the broker is away, and the store goes on', async () => {
		append(...named('a', 'b'));
		await ship();
		let away = 3;
		const published: OpenEvent[] = [];
		const { failures } = await handOn({
			broker: {
				publish: async (opens) => {
					if (away > 0) {
						away -= 1;
						append(...named(`later-${away}`));
						await ship();
						throw new Error('away');
					}
					published.push(...opens);
				},
			},
		});
		expect(failures).toEqual([1, 2, 3]);
		expect(recipientsOf(published)).toEqual(['a', 'b', 'later-2', 'later-1', 'later-0']);
		expect((await store.listOpens({ limit: 9 })).opens).toHaveLength(5);
	});

	it('keeps everything while the store cannot be read', async () => {
		append(...named('a'));
		await ship();
		let away = 2;
		const { failures, published } = await handOn({
			openStore: async () => {
				if ((away -= 1) >= 0) throw new Error('away');
				return store;
			},
		});
		expect(failures).toEqual([1, 2]);
		expect(recipientsOf(published)).toEqual(['a']);
	});

	it('hands on again, with the same ids, what was confirmed when the cursor did not move', async () => {
		append(...named('a', 'b'));
		await ship();
		let crashes = 1;
		const { published } = await handOn({
			log: {
				...log,
				advance: (consumer, seq) => {
					if ((crashes -= 1) >= 0) throw new Error('crashed after the confirmation');
					log.advance(consumer, seq);
				},
			},
		});
		expect(recipientsOf(published)).toEqual(['a', 'b', 'a', 'b']);
		expect(new Set(published.map(({ eventId }) => eventId)).size).toBe(2);
	});

	it('keeps apart the open that the broker never takes, and holds nobody else up', async () => {
		append(...named('a', 'b', 'poison', 'c', 'd'));
		await ship();
		const published: OpenEvent[] = [];
		const { refused, handedOn } = await handOn({
			broker: {
				publish: async (opens) => {
					if (recipientsOf(opens).includes('poison')) throw new BrokerRefusedError('too large');
					published.push(...opens);
				},
			},
		});
		expect(recipientsOf(published)).toEqual(['a', 'b', 'c', 'd']);
		expect(handedOn).toBe(4);
		expect(refused).toEqual([expect.any(BrokerRefusedError)]);
		expect(log.deadLetters(9)).toMatchObject([
			{ consumer: BROKER_CONSUMER, reason: 'too large', event: expect.stringContaining('poison') },
		]);
		expect(log.peek(0, 1)).toEqual([]);
	});
});
