import { spawnSync } from 'node:child_process';
import { once, EventEmitter } from 'node:events';

import {
	createBurstQueue,
	MAX_WAITING,
	type BurstQueueDeps,
} from '../../nodes/shared/receive/burst-queue';
import type { Relabel } from '../../src/storage/port/tracking-store';
import type { PlacedLoad } from '../../src/tracking/bursts/burst-rules';

const load = (eventId: string): PlacedLoad => ({
	eventId,
	at: 1,
	open: true,
	recipient: { name: 'n', mark: 'm' },
	address: null,
});

/** A queue over a store that notes what it is given, and fails while `failing` says so. */
function queueOver(failing: () => boolean = () => false, missing: Relabel[] = []) {
	const happened = new EventEmitter();
	const batches: string[][] = [];
	const failures: unknown[] = [];
	const relabels: Relabel[] = [];
	const deps: BurstQueueDeps = {
		observe: async (loads) => {
			if (failing()) throw new Error('away');
			batches.push(loads.map(({ eventId }) => eventId));
			setImmediate(() => happened.emit('batch'));
			return missing;
		},
		onMissing: (labels) => relabels.push(...labels),
		onFailure: (error) => {
			failures.push(error);
			setImmediate(() => happened.emit('failure'));
		},
		gatherMs: 5,
		againAfterMs: 5,
	};
	return { queue: createBurstQueue(deps), batches, failures, relabels, happened };
}

describe('the queue of loads that other processes are to see', () => {
	it('hands loads over together, in order, and not while the request is answered', async () => {
		const { queue, batches, happened } = queueOver();
		for (const id of ['a', 'b', 'c']) queue.add(load(id));
		expect(batches).toEqual([]);
		await once(happened, 'batch');
		expect(batches).toEqual([['a', 'b', 'c']]);
		queue.add(load('d'));
		await once(happened, 'batch');
		expect(batches[1]).toEqual(['d']);
	});

	it('keeps the loads while the store is away, in order, and says so', async () => {
		let away = true;
		const { queue, batches, failures, happened } = queueOver(() => away);
		queue.add(load('a'));
		await once(happened, 'failure');
		queue.add(load('b'));
		await once(happened, 'failure');
		expect(failures).toHaveLength(2);
		away = false;
		await once(happened, 'batch');
		expect(batches).toEqual([['a', 'b']]);
		expect(queue.waiting()).toBe(0);
	});

	it('keeps no more than its limit: the oldest go first', async () => {
		let away = true;
		const { queue, batches, happened } = queueOver(() => away);
		for (let n = 0; n < MAX_WAITING + 10; n += 1) queue.add(load(`${n}`));
		expect(queue.waiting()).toBe(MAX_WAITING);
		await once(happened, 'failure');
		for (let n = 0; n < 5; n += 1) queue.add(load(`late-${n}`));
		expect(queue.waiting()).toBe(MAX_WAITING);
		away = false;
		await once(happened, 'batch');
		expect(batches[0][0]).toBe('15');
	});

	it('passes on the labels whose opens the store does not hold yet', async () => {
		const label = { eventId: 'a', actor: 'scanner', actorReason: 'x', rulesVersion: '1' } as const;
		const { queue, relabels, happened } = queueOver(() => false, [label]);
		queue.add(load('b'));
		await once(happened, 'batch');
		expect(relabels).toEqual([label]);
	});

	it('keeps no process alive', () => {
		const script = `
			import { createBurstQueue } from './nodes/shared/receive/burst-queue.ts';
			const deps = { observe: async () => [], onMissing() {}, onFailure() {}, gatherMs: 60000 };
			createBurstQueue(deps).add(${JSON.stringify(load('a'))});`;
		const options = { cwd: process.cwd(), timeout: 20_000, encoding: 'utf8' } as const;
		const args = ['--experimental-strip-types', '--input-type=module', '-e', script];
		const { status, stderr } = spawnSync(process.execPath, args, options);
		expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
	});
});
