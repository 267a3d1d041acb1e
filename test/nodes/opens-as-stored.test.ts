import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import type { OpenEvent } from '../../src/tracking/event/open-event';
import { executeNode } from '../support/node-context';
import { sampleOpen, START } from '../support/sample-opens';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const AT = (minutes: number) => START + minutes * 60_000;

describe('opens as they were stored, for a schedule', () => {
	let folder: UserFolder;
	beforeEach(() => {
		folder = newUserFolder();
	});
	afterEach(async () => await folder.remove());

	const record = async (recipientId: string, at: number, more: Partial<OpenEvent> = {}) => {
		const store = await folder.store();
		await store.recordOpens([sampleOpen({ recipientId, at, ...more })]);
	};
	const read = async (openCursor: unknown, more: Record<string, unknown> = {}) => {
		const parameters = { resource: 'open', operation: 'getMany', openOrder: 'stored', openCursor };
		const { output } = await executeNode(new OpenTracking(), [{ json: {} }], {
			parameters: { ...parameters, ...more },
		});
		const items = output[0].map(({ json }) => json);
		return { who: items.map(({ recipientId }) => recipientId), cursor: items.at(-1)?.cursor };
	};

	it('goes on where the run before ended, and misses none that came late', async () => {
		await record('ada', AT(5));
		await record('eve', AT(6), { event: 'click' });
		await record('bob', AT(7));
		const first = await read('');
		expect(first.who).toEqual(['ada', 'bob']);
		expect(await read(first.cursor)).toEqual({ who: [], cursor: undefined });
		await record('dan', AT(1));
		const second = await read(first.cursor, { simplify: false });
		expect(second.who).toEqual(['dan']);
		expect(await read(second.cursor)).toMatchObject({ who: [] });
	});

	it('ends at the limit, with a cursor for the rest', async () => {
		for (const who of ['ada', 'bob', 'dan']) await record(who, AT(0));
		await record('eve', AT(0), { event: 'click' });
		const first = await read('', { limit: 2 });
		expect(first.who).toEqual(['ada', 'bob']);
		expect((await read(first.cursor, { limit: 2 })).who).toEqual(['dan']);
		expect((await read('', { returnAll: true })).who).toEqual(['ada', 'bob', 'dan']);
	});

	it('takes the cursors of GET /api/v1/events, and refuses what is none', async () => {
		await record('ada', AT(0));
		await record('bob', AT(0));
		const store = await folder.store();
		const { cursor } = await store.listStoredOpens({ limit: 1 });
		expect((await read(cursor)).who).toEqual(['bob']);
		await expect(read('yesterday')).rejects.toThrow(/cursor/i);
	});
});
