import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { v7 as uuidv7 } from 'uuid';

import { lockFolder, openCollectorLog } from '../../../../src/collector/log/collector-log';
import {
	createWaitingOpens,
	type WaitingOpens,
} from '../../../../src/collector/waiting/waiting-opens';
import { generateKey, parseKeyRing } from '../../../../src/tracking/links/key-ring';
import { denylistKeysOf } from '../../../../src/tracking/people/subject-keys';
import { AWAY, failingStore } from '../../../support/failing-store';
import { allBytes, eventually } from '../../../support/n8n-instance';
import { openEvent } from '../../../support/open-events';

const keyRing = parseKeyRing({ activeKey: generateKey(randomBytes) });
const newEvent = () => openEvent({ eventId: uuidv7() });

describe('opens of a node, on their way into the store', () => {
	let folder: string;
	let waiting: WaitingOpens;
	let said: string[];
	let { state, store } = failingStore();

	const start = () =>
		createWaitingOpens({
			folder,
			openStore: async () => store,
			keyRing: async () => keyRing,
			onAway: (reason) => said.push(`away: ${reason}`),
			onBack: (written) => said.push(`back: ${written}`),
			onRefused: (reason) => said.push(`refused: ${reason}`),
			onLogTrouble: (reason) => said.push(`log: ${reason}`),
			backoff: { firstMs: 10, longestMs: 20 },
		});
	const backlog = () => waiting.log().backlog('store', 999);

	beforeEach(() => {
		folder = join(mkdtempSync(join(tmpdir(), 'waiting-opens-')), 'log');
		({ state, store } = failingStore());
		said = [];
		waiting = start();
	});
	afterEach(async () => {
		await waiting.stop();
		rmSync(join(folder, '..'), { recursive: true, force: true });
	});

	it('are in the store at once while it is well', async () => {
		const event = newEvent();
		expect(await waiting.record({ event })).toHaveProperty('stored');
		expect(state.taken).toEqual([event.eventId]);
		expect([backlog(), waiting.reason(), said]).toEqual([0, null, []]);
	});

	it('wait on disk while it is away, and are written when it is back, which is said once', async () => {
		state.failure = AWAY;
		const events = Array.from({ length: 5 }, newEvent);
		for (const event of events) expect(await waiting.record({ event })).toHaveProperty('waiting');
		await eventually(() => said.length > 0);
		expect(backlog()).toBe(5);
		expect(waiting.reason()).toBe(AWAY.message);
		state.failure = null;
		await eventually(() => said.length > 1);
		expect(said).toEqual([`away: ${AWAY.message}`, 'back: 5']);
		expect(state.taken).toEqual(events.map(({ eventId }) => eventId));
		expect([backlog(), waiting.reason()]).toEqual([0, null]);
		expect(await waiting.record({ event: newEvent() })).toHaveProperty('stored');
	});

	it('do not try the store one by one while the last try has failed', async () => {
		await waiting.stop();
		waiting = createWaitingOpens({
			folder,
			openStore: async () => store,
			keyRing: async () => keyRing,
			onAway: () => undefined,
			onBack: () => undefined,
			onRefused: () => undefined,
			onLogTrouble: () => undefined,
			backoff: { firstMs: 60_000, longestMs: 60_000 },
		});
		state.failure = AWAY;
		await waiting.record({ event: newEvent() });
		await eventually(() => state.tries === 2);
		for (let n = 0; n < 20; n += 1) await waiting.record({ event: newEvent() });
		expect(state.tries).toBe(2);
	});

	it('do not wait for a store that hangs', async () => {
		state.hangs = true;
		const before = Date.now();
		expect(await waiting.record({ event: newEvent() }, 100)).toHaveProperty('waiting');
		expect(await waiting.record({ event: newEvent() })).toHaveProperty('waiting');
		expect(await waiting.record({ event: newEvent() }, 0)).toHaveProperty('waiting');
		expect(Date.now() - before).toBeLessThan(1500);
		expect(backlog()).toBe(3);
		// The attempt under way never ends; a stop would wait for it.
		waiting = start();
		state.hangs = false;
	});

	it('are carried over after a restart, without another open', async () => {
		state.failure = AWAY;
		const event = newEvent();
		await waiting.record({ event });
		await waiting.stop();
		state.failure = null;
		waiting = start();
		waiting.ship();
		await eventually(() => state.taken.length > 0);
		expect(state.taken).toEqual([event.eventId]);
		await eventually(() => backlog() === 0);
		expect(said.filter((line) => line.startsWith('back'))).toEqual([]);
	});

	it('are left out when the person was erased meanwhile', async () => {
		const [gone, other] = [
			{ ...newEvent(), recipientId: 'marker-gone' },
			{ ...newEvent(), recipientId: '43' },
		];
		state.failure = AWAY;
		for (const event of [gone, other]) await waiting.record({ event });
		state.erased = new Set(denylistKeysOf(gone.recipientId!, keyRing));
		state.failure = null;
		await eventually(() => backlog() === 0);
		expect(state.taken).toEqual([other.eventId]);
		// Nor are they in what the file still holds of deleted rows.
		await eventually(() => !allBytes(folder).includes('marker-gone'));
		expect(await waiting.record({ event: gone })).toBe('erased');
	});

	it('become dead letters when the store will never take them, and hold nobody else up', async () => {
		const bad = { ...newEvent(), pixelId: 'x'.repeat(300) };
		await expect(waiting.record({ event: bad })).rejects.toMatchObject({ code: 'invalid' });
		await eventually(() => waiting.log().deadLetterCount() === 1);
		// The sender is told also while the store is away, or too slow to say so.
		state.failure = AWAY;
		const good = newEvent();
		const badToo = { ...bad, eventId: uuidv7() };
		await expect(waiting.record({ event: badToo })).rejects.toMatchObject({ code: 'invalid' });
		expect(await waiting.record({ event: good })).toHaveProperty('waiting');
		state.failure = null;
		await eventually(() => backlog() === 0);
		expect(state.taken).toEqual([good.eventId]);
		expect(waiting.log().deadLetterCount()).toBe(2);
		expect(said.filter((line) => /^refused: The pixel id is longer/.test(line))).toHaveLength(2);
	});

	it('are kept as dead letters for 30 days, also where nothing happens meanwhile', async () => {
		await waiting.record({ event: newEvent() });
		const letter = { seq: 1, event: '{}', reason: 'broken' };
		waiting.log().setAside('store', [letter], 0, new Date(Date.now() - 31 * 86_400_000));
		waiting.log().setAside('other', [letter], 0, new Date());
		expect(waiting.log().deadLetterCount()).toBe(1);
	});

	it('are refused with both reasons where neither store nor log can be written, until one can', async () => {
		await waiting.stop();
		writeFileSync(folder.replace(/log$/, 'file'), '');
		folder = join(folder.replace(/log$/, 'file'), 'log');
		waiting = start();
		state.failure = AWAY;
		await expect(waiting.record({ event: newEvent() })).rejects.toThrow(
			/neither .* nor .* Store: PostgreSQL could not be reached .* Log: The log .* could not be made \(ENOTDIR\)/,
		);
		expect(said).toEqual([expect.stringMatching(/^log: The log .* could not be made/)]);
		state.failure = null;
		expect(await waiting.record({ event: newEvent() })).toHaveProperty('stored');
		folder = join(folder, '..');
	});

	it('wait for whoever carries the same log already', async () => {
		state.failure = AWAY;
		await waiting.record({ event: newEvent() });
		await waiting.stop();
		const unlock = lockFolder(folder);
		state.failure = null;
		const tries = state.tries;
		waiting = start();
		waiting.ship();
		expect(await waiting.record({ event: newEvent() })).toHaveProperty('stored');
		expect(state.tries).toBe(tries + 1);
		expect(backlog()).toBe(1);
		unlock();
		waiting.ship();
		await eventually(() => backlog() === 0);
	});

	it('are kept private, and their log is there before it is needed', async () => {
		await waiting.record({ event: newEvent() });
		const log = openCollectorLog({ folder, durable: false, roomBytes: 1 });
		expect(log.usedBytes()).toBeLessThan(100_000);
		log.close();
		chmodSync(folder, 0o700);
	});
});
