import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { RespondAndLogOpen } from '../../nodes/RespondAndLogOpen/RespondAndLogOpen.node';
import { dataFolder } from '../../nodes/shared/installation/data-folder';
import { forwardedClient } from '../../nodes/shared/receive/forwarded-client';
import { openSqliteDatabase } from '../../src/storage/database/sqlite/sqlite-database';
import type { StoreDatabase } from '../../src/storage/database/store-database';
import { startStore } from '../../src/storage/start-store';
import { MAIL_PROGRAM } from '../support/browser';
import { executeNode } from '../support/node-context';

describe("the client's address behind n8n's own Webhook node", () => {
	const hops = process.env.N8N_PROXY_HOPS;
	afterEach(() => {
		if (hops === undefined) delete process.env.N8N_PROXY_HOPS;
		else process.env.N8N_PROXY_HOPS = hops;
	});

	it.each([
		['one proxy of ours', '1', '203.0.113.7', '203.0.113.7'],
		['a spoofed entry before it', '1', '192.0.2.1, 203.0.113.7', '203.0.113.7'],
		['two proxies of ours', '2', '192.0.2.1, 203.0.113.7, 10.0.0.1', '203.0.113.7'],
		['no proxy of ours', '0', '203.0.113.7', null],
		['a setting that is no number', 'many', '203.0.113.7', null],
		['no setting', undefined, '203.0.113.7', null],
		['no header', '1', undefined, null],
	])('is believed as far as the proxies are ours: %s', (_case, setting, header, address) => {
		if (setting === undefined) delete process.env.N8N_PROXY_HOPS;
		else process.env.N8N_PROXY_HOPS = setting;
		expect(forwardedClient({ 'x-forwarded-for': header })).toBe(address);
	});
});

describe('loads of one recipient from three networks behind the stock Webhook', () => {
	let folder: string;
	let database: StoreDatabase;
	const userFolder = process.env.N8N_USER_FOLDER;
	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), 'stock-webhook-'));
		process.env.N8N_USER_FOLDER = folder;
		process.env.N8N_PROXY_HOPS = '1';
		database = await openSqliteDatabase({ path: join(dataFolder(), 'tracking.sqlite') });
		await startStore(database);
	});
	afterEach(async () => {
		await database.close();
		delete process.env.N8N_PROXY_HOPS;
		process.env.N8N_USER_FOLDER = userFolder;
		rmSync(folder, { recursive: true, force: true });
	});
	const load = async (id: string, forwardedFor: string[]) =>
		await executeNode(
			new RespondAndLogOpen(),
			forwardedFor.map((header) => ({
				json: {
					query: { id },
					headers: { 'user-agent': MAIL_PROGRAM, 'x-forwarded-for': header },
				},
			})),
		);
	const windows = async () =>
		await database.read((db) => db.selectFrom('burst_windows').selectAll().execute());
	const actors = async () =>
		(await database.read((db) => db.selectFrom('opens').select('actor').execute())).map(
			({ actor }) => actor,
		);

	it('are a reader where only the part of the header that anybody can write differs', async () => {
		const spoofed = ['192.0.2.1', '198.51.100.1', '203.0.113.1'];
		await load(
			'bob@example.com',
			spoofed.map((entry) => `${entry}, 198.51.100.9`),
		);
		const rows = await windows();
		const marks = rows.flatMap(({ window }) =>
			(JSON.parse(window) as Array<{ mark: string }>).map(({ mark }) => mark),
		);
		expect(new Set(marks).size).toBe(rows.length);
		expect(new Set(await actors())).toEqual(new Set(['human']));
	});

	it("are a scanner's, and are put out as the store labels them", async () => {
		const { output } = await load('ada@example.com', ['192.0.2.1', '198.51.100.1', '203.0.113.1']);
		expect(await actors()).toEqual(['scanner', 'scanner', 'scanner']);
		expect(output[0].map(({ json }) => json.actorReason)).toEqual(Array(3).fill('network-burst'));
		const rows = await windows();
		expect(rows.length).toBeGreaterThan(0);
		expect(JSON.stringify(rows)).not.toMatch(/192\.0\.2|198\.51|203\.0|example|ada@/);
	});
});
