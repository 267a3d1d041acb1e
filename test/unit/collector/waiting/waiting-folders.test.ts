import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { v7 as uuidv7 } from 'uuid';

import { eraseInLog, findInLog } from '../../../../src/collector/log/person-in-log';
import {
	createWaitingFolders,
	type WaitingFolders,
	type Writer,
} from '../../../../src/collector/waiting/waiting-folders';
import { forgetOldOpens } from '../../../../src/collector/waiting/unfinished-opens';
import { generateKey, parseKeyRing } from '../../../../src/tracking/links/key-ring';
import { AWAY, failingStore } from '../../../support/failing-store';
import { eventually } from '../../../support/n8n-instance';
import { openEvent } from '../../../support/open-events';

const keyRing = parseKeyRing({ activeKey: generateKey(randomBytes) });
const newEvent = (recipientId = '42') => openEvent({ eventId: uuidv7(), recipientId });

describe('the logs of an n8n in which opens wait', () => {
	let base: string;
	let folders: WaitingFolders;
	let said: string[];

	beforeEach(() => {
		base = join(mkdtempSync(join(tmpdir(), 'waiting-folders-')), 'waiting');
		folders = createWaitingFolders(base);
		said = [];
	});
	afterEach(async () => {
		await folders.stop();
		rmSync(join(base, '..'), { recursive: true, force: true });
	});

	const writer = (
		owner: string,
		{ store }: Pick<ReturnType<typeof failingStore>, 'store'>,
		name = 'embedded',
	): Writer => ({
		owner,
		store: name,
		openStore: async () => store,
		keyRing: async () => keyRing,
		say: (level, message) => said.push(`${level}: ${message}`),
	});
	/** Opens that wait because their store is away, and n8n started anew. */
	async function leave(owner: string, name: string, count: number): Promise<string[]> {
		const away = failingStore();
		away.state.failure = AWAY;
		const events = Array.from({ length: count }, () => newEvent());
		for (const event of events) await folders.of(writer(owner, away, name)).record({ event });
		await folders.stop();
		folders = createWaitingFolders(base);
		return events.map(({ eventId }) => eventId);
	}

	it('tell once of an outage and of its end, however many nodes are hit', async () => {
		const one = failingStore();
		one.state.failure = AWAY;
		for (const owner of ['w1.n', 'w2.n', 'w3.n']) {
			await folders.of(writer(owner, one)).record({ event: newEvent() });
			await folders.of(writer(owner, one)).record({ event: newEvent() });
		}
		await eventually(() => said.length > 0);
		await eventually(async () => (await folders.report()).waiting === 6);
		one.state.failure = null;
		await eventually(() => said.length > 1);
		expect(said).toEqual([
			`error: The tracking store cannot be written: ${AWAY.message} Opens wait on disk and are written when it is back.`,
			'info: The tracking store can be written again: 6 opens that waited are in it now.',
		]);
	});

	it('report what waits, since when and why, and what can never be written', async () => {
		const one = failingStore();
		expect(await folders.report()).toEqual({
			waiting: 0,
			oldestAt: null,
			reason: null,
			unfinished: 0,
			refused: 0,
		});
		one.state.failure = AWAY;
		const early = { ...newEvent(), occurredAt: '2026-11-20T09:00:00.000Z' };
		await folders.of(writer('w1.n', one)).record({ event: newEvent() });
		await folders.of(writer('w2.n', one)).record({ event: early });
		await eventually(async () => (await folders.report()).reason !== null);
		expect(await folders.report()).toEqual({
			waiting: 2,
			oldestAt: early.occurredAt,
			reason: AWAY.message,
			unfinished: 0,
			refused: 0,
		});
		one.state.failure = null;
		const bad = { ...newEvent(), pixelId: 'x'.repeat(300) };
		await folders
			.of(writer('w1.n', one))
			.record({ event: bad })
			.catch(() => undefined);
		await eventually(async () => (await folders.report()).refused === 1);
		await eventually(async () => (await folders.report()).waiting === 0);
	});

	it('are carried over after a restart by any node that is set to the same store', async () => {
		const ids = await leave('w1.gone', 'embedded', 3);
		const [same, other] = [failingStore(), failingStore()];
		folders.carryOn(writer('w2.trigger', other, 'credential-1'));
		folders.carryOn(writer('w3.trigger', same));
		await eventually(() => same.state.taken.length === 3);
		expect(same.state.taken).toEqual(ids);
		expect(other.state.taken).toEqual([]);
	});

	it('go where their own node is set to now, also where that is another store', async () => {
		const ids = await leave('w1.n', 'credential-1', 2);
		const [wrong, right] = [failingStore(), failingStore()];
		wrong.state.failure = AWAY;
		folders.carryOn(writer('w2.trigger', wrong, 'credential-1'));
		await eventually(() => wrong.state.tries > 0);
		const event = newEvent();
		await folders.of(writer('w1.n', right, 'credential-2')).record({ event });
		await eventually(() => right.state.taken.length === 3);
		expect(new Set(right.state.taken)).toEqual(new Set([...ids, event.eventId]));
	});

	it('keep the opens of two nodes for two stores apart', async () => {
		const [first, second] = [failingStore(), failingStore()];
		first.state.failure = AWAY;
		const [one, two] = [newEvent(), newEvent()];
		await folders.of(writer('w1.a', first, 'credential-1')).record({ event: one });
		await folders.of(writer('w1.b', second, 'credential-2')).record({ event: two });
		first.state.failure = null;
		await eventually(() => first.state.taken.length === 1);
		expect([first.state.taken, second.state.taken]).toEqual([[one.eventId], [two.eventId]]);
	});

	it('have folders inside the one that is theirs, whatever an imported workflow calls itself', async () => {
		const one = failingStore();
		await folders.of(writer('../../etc.n', one)).record({ event: newEvent() });
		await folders.of(writer('..', one, '..')).record({ event: newEvent() });
		expect(readdirSync(join(base, '..'))).toEqual(['waiting']);
		expect(await folders.report()).toMatchObject({ waiting: 0 });
	});

	it('can be searched for one person, and rid of them', async () => {
		await leave('w1.gone', 'credential-1', 2);
		const one = failingStore();
		one.state.failure = AWAY;
		const of = folders.of(writer('w2.n', one));
		await of.record({ event: newEvent('ada') });
		await of.record({ event: newEvent('grace') });
		of.log().setAside(
			'store',
			[{ seq: 900, event: JSON.stringify(newEvent('ada')), reason: 'broken' }],
			0,
			new Date(),
		);
		of.log().setAside('store', [{ seq: 901, event: 'no JSON', reason: 'broken' }], 0, new Date());
		const isAda = ({ recipientId }: { recipientId: string | null }) => recipientId === 'ada';
		const found = await folders.eachLog(async (log) => await findInLog(log, isAda));
		expect(found.flat()).toHaveLength(2);
		const erased = await folders.eachLog(async (log) => await eraseInLog(log, isAda));
		expect(erased.sort()).toEqual([0, 2]);
		expect(await folders.report()).toMatchObject({ waiting: 3, refused: 1 });
	});

	it('keep opens that are to go through their workflow out of the store, and count them', async () => {
		const deps = {
			handOver: async () => await new Promise<never>(() => undefined),
			onFailure: () => undefined,
			onRefused: () => undefined,
			onLogTrouble: (reason: string) => said.push(reason),
		};
		// Answered long ago: opens of the moment are no news.
		const unfinished = newEvent('ada');
		const justNow = openEvent({ ...newEvent('grace'), occurredAt: new Date().toISOString() });
		for (const event of [unfinished, justNow])
			await folders.unfinished('w.n', deps).begin(event).keep();
		await folders.stop();
		folders = createWaitingFolders(base);

		const one = failingStore();
		const stored = newEvent();
		await folders.of(writer('w.n', one, 'unfinished')).record({ event: stored });
		expect(await folders.report()).toMatchObject({
			waiting: 0,
			oldestAt: null,
			unfinished: 1,
		});
		const found = await folders.eachLog(async (log) =>
			findInLog(log, ({ recipientId }) => recipientId === 'ada'),
		);
		expect(found.flat()).toEqual([unfinished]);
		expect({ taken: one.state.taken, said }).toEqual({ taken: [stored.eventId], said: [] });
	});

	it('forget opens that are to go through their workflow after 30 days, and no others', async () => {
		const away = failingStore();
		away.state.failure = AWAY;
		await folders.of(writer('w.n', away)).record({ event: newEvent('waits') });
		const deps = {
			handOver: async () => await new Promise<never>(() => undefined),
			onFailure: () => undefined,
			onRefused: () => undefined,
			onLogTrouble: (reason: string) => said.push(reason),
		};
		await folders.unfinished('w.n', deps).begin(newEvent('ada')).keep();
		const days = (count: number) =>
			new Date(Date.parse(newEvent().occurredAt) + count * 86_400_000);
		for (const [age, left] of [
			[29, 2],
			[31, 1],
		]) {
			await folders.eachLog(async (log, isUnfinished) => {
				if (isUnfinished) await forgetOldOpens(log, days(age));
			});
			const { waiting, unfinished } = await folders.report();
			expect(waiting + unfinished).toBe(left);
		}
	});
});
