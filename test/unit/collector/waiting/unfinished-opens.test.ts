import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';

import { openCollectorLog } from '../../../../src/collector/log/collector-log';
import { eraseInLog } from '../../../../src/collector/log/person-in-log';
import {
	createUnfinishedOpens,
	type UnfinishedOpens,
	type UnfinishedOpensDeps,
} from '../../../../src/collector/waiting/unfinished-opens';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { eventually } from '../../../support/n8n-instance';
import { openEvent } from '../../../support/open-events';

const newEvent = (recipientId = '42') => openEvent({ eventId: uuidv7(), recipientId });
const people = (opens: readonly OpenEvent[]) => opens.map(({ recipientId }) => recipientId);

describe('opens that are answered before their workflow is done with them', () => {
	let folder: string;
	let path: string;
	const all: UnfinishedOpens[] = [];
	/** What the workflow got again, in batches */
	let batches: OpenEvent[][];
	let fails: (opens: OpenEvent[]) => boolean;
	let said: string[];

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'unfinished-opens-'));
		path = join(folder, 'workflow.trigger');
		batches = [];
		said = [];
		fails = () => false;
	});
	afterEach(async () => {
		await Promise.all(all.splice(0).map(async (opens) => await opens.stop()));
		rmSync(folder, { recursive: true });
	});

	/** What one process of n8n has of them */
	function newProcess(deps: Partial<UnfinishedOpensDeps> = {}): UnfinishedOpens {
		const opens = createUnfinishedOpens({
			path,
			handOver: async (given) => {
				if (fails(given)) throw new Error('The workflow failed.');
				batches.push(given);
			},
			onFailure: () => said.push('failure'),
			onRefused: (reasons) => said.push(...reasons),
			onLogTrouble: (reason) => said.push(reason),
			backoff: { firstMs: 1, longestMs: 5 },
			intervalMs: 20,
			...deps,
		});
		all.push(opens);
		return opens;
	}
	/** As if the process were killed: nothing is told, and its lock is gone. */
	async function kill(opens: UnfinishedOpens): Promise<void> {
		await opens.stop();
		all.splice(all.indexOf(opens), 1);
	}
	/** Whose opens are on disk */
	function onDisk(): string[] {
		const found = readdirSync(folder).flatMap((slot) => {
			const log = openCollectorLog({ folder: join(folder, slot), durable: false });
			try {
				return log.peek(0, 9999).map(({ event }) => (JSON.parse(event) as OpenEvent).recipientId!);
			} finally {
				log.close();
			}
		});
		return found.sort();
	}
	const handedOver = () => people(batches.flat());

	it('are on disk when they may be answered, and gone once the execution succeeded', async () => {
		const inHand = newProcess().begin(newEvent('ada'));
		expect(onDisk()).toEqual([]);
		await inHand.keep();
		expect(onDisk()).toEqual(['ada']);
		inHand.end(true);
		await eventually(() => onDisk().length === 0);
		expect({ handedOver: handedOver(), said }).toEqual({ handedOver: [], said: [] });
	});

	it('are not put on disk where the workflow was done before the answer', async () => {
		const opens = newProcess();
		const inHand = opens.begin(newEvent('ada'));
		inHand.end(true);
		await inHand.keep();
		await opens.keepNothing();
		expect(onDisk()).toEqual([]);
	});

	it('go through the workflow again when it failed, and only those', async () => {
		const opens = newProcess();
		const [ada, bob, eve] = ['ada', 'bob', 'eve'].map((id) => opens.begin(newEvent(id)));
		await Promise.all([ada, bob, eve].map(async (one) => await one.keep()));
		ada.end(false);
		eve.end(true);
		await eventually(() => handedOver().length > 0);
		await eventually(() => onDisk().length === 1);
		expect({ handedOver: handedOver(), onDisk: onDisk() }).toEqual({
			handedOver: ['ada'],
			onDisk: ['bob'],
		});
	});

	it('go through it again also where it failed before they were answered', async () => {
		const inHand = newProcess().begin(newEvent('ada'));
		inHand.end(false);
		await inHand.keep();
		await eventually(() => handedOver().length > 0);
		expect(handedOver()).toEqual(['ada']);
	});

	it('go through it as long as it fails', async () => {
		let tries = 0;
		fails = () => (tries += 1) <= 20;
		const inHand = newProcess().begin(newEvent('ada'));
		await inHand.keep();
		inHand.end(false);
		await eventually(() => onDisk().length === 0);
		expect(handedOver()).toEqual(['ada']);
		expect(said).toContain('failure');
	});

	it('do not hold others up where one fails by itself, which is kept as a dead letter', async () => {
		fails = (opens) => people(opens).includes('odd');
		const opens = newProcess();
		const ids = ['a', 'b', 'odd', 'c', 'd'];
		const inHand = ids.map((id) => opens.begin(newEvent(id)));
		await Promise.all(inHand.map(async (one) => await one.keep()));
		for (const one of inHand) one.end(false);
		await eventually(() => onDisk().length === 0);
		expect(new Set(handedOver())).toEqual(new Set(['a', 'b', 'c', 'd']));
		expect(said).toContain('The workflow failed.');
		const log = openCollectorLog({ folder: `${path}.1`, durable: false });
		expect(log.deadLetters(9)).toMatchObject([
			{ consumer: 'workflow', event: expect.stringContaining('"odd"') },
		]);
		log.close();
	});

	it('count as lost when nobody tells their end, and a late end counts all the same', async () => {
		fails = () => true;
		const opens = newProcess({ lostAfterMs: 50 });
		const inHand = opens.begin(newEvent('ada'));
		await inHand.keep();
		await eventually(() => said.includes('failure'));
		inHand.end(true);
		await eventually(() => onDisk().length === 0);
		expect(handedOver()).toEqual([]);
	});

	it('go through the workflow when n8n starts again after its end', async () => {
		const before = newProcess();
		await Promise.all(['ada', 'bob'].map(async (id) => await before.begin(newEvent(id)).keep()));
		await kill(before);
		newProcess().carryOn();
		await eventually(() => onDisk().length === 0);
		expect(handedOver()).toEqual(['ada', 'bob']);
	});

	it('belong to the process that answered them, until that has ended', async () => {
		const [one, other] = [newProcess(), newProcess()];
		await one.begin(newEvent('one')).keep();
		await other.begin(newEvent('other')).keep();
		one.carryOn();
		other.carryOn();
		await one
			.begin(newEvent('proof'))
			.keep()
			.then(() => undefined);
		expect(readdirSync(folder).sort()).toEqual(['workflow.trigger.1', 'workflow.trigger.2']);
		await kill(other);
		await kill(one);
		expect(handedOver()).toEqual([]);
		// One process instead of two: it has the opens of both.
		newProcess().carryOn();
		await eventually(() => onDisk().length === 0);
		expect(new Set(handedOver())).toEqual(new Set(['one', 'other', 'proof']));
	});

	it('are not handed over once their person was erased', async () => {
		let isAway = true;
		fails = () => isAway;
		const opens = newProcess();
		const inHand = ['ada', 'bob'].map((id) => opens.begin(newEvent(id)));
		await Promise.all(inHand.map(async (one) => await one.keep()));
		for (const one of inHand) one.end(false);
		await eventually(() => said.includes('failure'));
		const log = openCollectorLog({ folder: `${path}.1`, durable: true });
		await eraseInLog(log, ({ recipientId }) => recipientId === 'ada');
		log.close();
		isAway = false;
		await eventually(() => onDisk().length === 0);
		expect(handedOver()).not.toContain('ada');
		expect(handedOver()).toContain('bob');
	});

	it('are kept also beside a damaged log of a process that ended', async () => {
		const other = `${path}.2`;
		mkdirSync(other);
		writeFileSync(join(other, 'collector.sqlite'), 'no database'.repeat(100));
		const opens = newProcess();
		await opens.begin(newEvent('ada')).keep();
		expect(said).toEqual([expect.stringContaining('damaged')]);
		rmSync(other, { recursive: true });
		expect(onDisk()).toEqual(['ada']);
	});

	it('are answered, and the operator is told, where the log cannot be made', async () => {
		const opens = newProcess({ path: join('/dev/null', 'workflow.trigger') });
		await opens.begin(newEvent()).keep();
		await opens.keepNothing();
		expect(said.length).toBeGreaterThan(0);
		expect(said.every((reason) => reason.includes('could not be made'))).toBe(true);
		// n8n publishes the workflow all the same.
		expect(() => opens.carryOn()).not.toThrow();
	});

	it('are each done once or more, whatever fails and whenever a process ends', async () => {
		const steps = fc.array(
			fc.record({
				keep: fc.boolean(),
				end: fc.constantFrom('succeeded', 'failed', 'never' as const),
				killAfter: fc.boolean(),
			}),
			{ minLength: 1, maxLength: 8 },
		);
		let run = 0;
		await fc.assert(
			fc.asyncProperty(steps, async (plan) => {
				path = join(folder, `run-${(run += 1)}`);
				batches = [];
				let process = newProcess();
				const done = new Set<string>();
				const answered = new Set<string>();
				for (const { keep, end, killAfter } of plan) {
					const event = newEvent();
					const inHand = process.begin(event);
					if (keep) {
						await inHand.keep();
						answered.add(event.eventId);
					}
					if (end === 'succeeded') done.add(event.eventId);
					if (end !== 'never') inHand.end(end === 'succeeded');
					if (killAfter) {
						await kill(process);
						process = newProcess();
					}
				}
				await kill(process);
				const last = newProcess();
				last.carryOn();
				const ids = () => new Set([...done, ...batches.flat().map(({ eventId }) => eventId)]);
				await eventually(() => [...answered].every((id) => ids().has(id)));
				await kill(last);
			}),
			{ numRuns: 6 },
		);
	}, 60_000);
});
