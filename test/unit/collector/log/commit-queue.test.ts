import { newCounters } from '../../../../src/collector/config/counters';
import { createCommitQueue, type Outcome } from '../../../../src/collector/log/commit-queue';

/** A log in memory that can be told to fail or to be large. */
function fakeLog() {
	const state = { transactions: [] as string[][], failing: false, bytes: 0, maxBytes: 1000 };
	return {
		state,
		append(events: readonly string[]) {
			if (state.failing) throw new Error('database or disk is full');
			state.transactions.push([...events]);
		},
		usedBytes: () => state.bytes,
		maxBytes: () => state.maxBytes,
	};
}

function setUp() {
	const log = fakeLog();
	const counters = newCounters();
	const queue = createCommitQueue(log, { counters });
	const add = (...entries: string[]) =>
		new Promise<Outcome>((resolve) => queue.add(entries, resolve));
	return { log: log.state, counters, queue, add };
}

describe('group commit', () => {
	it('writes what arrives in one turn of the loop in one transaction, in order', async () => {
		const { log, counters, add } = setUp();
		await expect(Promise.all(['a', 'b', 'c'].map((event) => add(event)))).resolves.toEqual(
			Array(3).fill('durable'),
		);
		expect(log.transactions).toEqual([['a', 'b', 'c']]);
		expect(counters.commits).toBe(1);
	});

	it('says so only after the transaction', async () => {
		const { log, queue } = setUp();
		let written: number | undefined;
		const done = new Promise<void>((resolve) =>
			queue.add(['a'], () => {
				written = log.transactions.length;
				resolve();
			}),
		);
		expect(written).toBeUndefined();
		await done;
		expect(written).toBe(1);
	});

	it('has one transaction under way at a time where another thread writes', async () => {
		const counters = newCounters();
		const written: string[][] = [];
		const finish: Array<() => void> = [];
		const queue = createCommitQueue(
			{
				usedBytes: () => 0,
				maxBytes: () => 1000,
				append: async (events) => {
					written.push([...events]);
					await new Promise<void>((resolve) => finish.push(resolve));
				},
			},
			{ counters },
		);
		const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 5));
		const done: string[] = [];
		const add = (name: string) => queue.add([name], () => done.push(name));
		add('a');
		await nextTurn();
		add('b');
		add('c');
		await nextTurn();
		expect(written).toEqual([['a']]);
		expect(done).toEqual([]);
		expect(queue.health().waiting).toBe(3);
		finish[0]();
		await nextTurn();
		expect(done).toEqual(['a']);
		expect(written).toEqual([['a'], ['b', 'c']]);
		finish[1]();
		await queue.drain(1000);
		expect(done).toEqual(['a', 'b', 'c']);
		expect(counters.commits).toBe(2);
	});

	it('splits a flood into transactions of 512', async () => {
		const { log, add } = setUp();
		await Promise.all(Array.from({ length: 1200 }, (_, n) => add(`${n}`)));
		expect(log.transactions.map(({ length }) => length)).toEqual([512, 512, 176]);
		expect(log.transactions.flat()).toEqual(Array.from({ length: 1200 }, (_, n) => `${n}`));
	});

	it('lets a load without event wait for the same transaction, or for one of its own', async () => {
		const { log, add } = setUp();
		const order: string[] = [];
		await Promise.all([
			add('a').then(() => order.push('a')),
			add().then(() => order.push('nothing')),
		]);
		expect(order).toEqual(['a', 'nothing']);
		expect(log.transactions).toEqual([['a']]);
		await add();
		expect(log.transactions).toEqual([['a'], []]);
	});

	it('keeps events in order through failures, and writes them when the log is back', async () => {
		const { log, counters, queue, add } = setUp();
		log.failing = true;
		const first = add('a');
		await new Promise((resolve) => setTimeout(resolve, 20));
		expect(queue.health()).toMatchObject({ waiting: 1, failure: 'database or disk is full' });
		const second = add('b');
		log.failing = false;
		await Promise.all([first, second]);
		expect(log.transactions).toEqual([['a', 'b']]);
		expect(queue.health()).toMatchObject({ waiting: 0, failure: null });
		expect(counters).toMatchObject({ commits: 1, commitErrors: 1 });
	});

	it('refuses events when the log has reached its size, and counts them', async () => {
		jest.useFakeTimers({ doNotFake: ['setImmediate'] });
		const { log, queue, add } = setUp();
		log.bytes = 800;
		jest.advanceTimersByTime(300);
		expect(await add('fits')).toBe('durable');
		expect(queue.health().usedShare).toBe(0.8);
		log.bytes = 1000;
		jest.advanceTimersByTime(300);
		expect(await add('too much')).toBe('full');
		log.maxBytes = 2000;
		jest.advanceTimersByTime(300);
		expect(await add('more is allowed')).toBe('durable');
		log.bytes = 2000;
		jest.advanceTimersByTime(300);
		expect(await add('too much')).toBe('full');
		log.bytes = 100;
		jest.advanceTimersByTime(300);
		expect(await add('fits again')).toBe('durable');
		expect(log.transactions.flat()).toEqual(['fits', 'more is allowed', 'fits again']);
		jest.useRealTimers();
	});

	it('holds a limited number of loads while the log fails, and tells the rest alike', async () => {
		const { log, queue, add } = setUp();
		log.failing = true;
		for (let n = 0; n < 50_000; n += 1) queue.add(n % 2 ? ['a'] : [], () => undefined);
		expect(await Promise.all([add('b'), add()])).toEqual(['full', 'full']);
		expect(queue.health().waiting).toBe(50_000);
		log.failing = false;
		await queue.drain(10_000);
		expect(log.transactions.flat()).toHaveLength(25_000);
	});

	it('drains what was added, and gives up on a log that stays broken', async () => {
		const { log, queue } = setUp();
		queue.add(['a'], () => undefined);
		await queue.drain(1000);
		expect(log.transactions).toEqual([['a']]);
		log.failing = true;
		queue.add(['b'], () => undefined);
		await queue.drain(20);
		expect(queue.health().waiting).toBe(1);
		log.failing = false;
		await queue.drain(1000);
		expect(log.transactions).toEqual([['a'], ['b']]);
	});
});
