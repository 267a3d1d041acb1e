import { cpSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { openSqliteDatabase } from '../../../../src/storage/database/sqlite/sqlite-database';
import { openEmbeddedStore } from '../../../../src/storage/embedded-store';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { startStore } from '../../../../src/storage/start-store';
import { eventually } from '../../../support/n8n-instance';
import { sampleOpen } from '../../../support/sample-opens';

describe('a store whose file is gone while it is in use', () => {
	let parent: string;
	let folder: string;
	let file: string;
	let said: string[];
	let stores: TrackingStore[];

	beforeEach(() => {
		parent = mkdtempSync(join(tmpdir(), 'lost-file-'));
		folder = join(parent, 'store');
		file = join(folder, 'tracking.sqlite');
		said = [];
		stores = [];
	});
	afterEach(async () => {
		for (const store of stores) await store.close();
		rmSync(parent, { recursive: true, force: true });
	});
	const keep = (store: TrackingStore) => {
		stores.push(store);
		return store;
	};
	const tell = (message: string) => said.push(message);
	const open = async () => keep(await openEmbeddedStore({ folder, queueMode: false, tell }));
	/** Opens the store anew until it is well. */
	const openAgain = async () =>
		await eventually(async () => {
			const store = await open();
			return await store.recordOpens([]).then(
				() => store,
				() => null,
			);
		});
	const remove = () => {
		for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
	};
	const opensIn = (path: string) => {
		const database = new DatabaseSync(path, { readOnly: true });
		const count = database.prepare('select count(*) as n from opens').get()?.n;
		database.close();
		return count;
	};

	test('writes it again with all that it held, and goes on', async () => {
		const store = await open();
		await store.recordOpens([sampleOpen(), sampleOpen(), sampleOpen()]);
		remove();
		await expect(store.recordOpens([sampleOpen()])).rejects.toMatchObject({
			code: 'closed',
			message: expect.stringContaining('deleted or replaced'),
		});
		const again = await openAgain();
		await again.recordOpens([sampleOpen()]);
		expect((await again.listOpens({ limit: 9 })).opens).toHaveLength(4);
		expect(opensIn(file)).toBe(4);
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(said).toEqual([expect.stringMatching(/was deleted .* Nothing is lost/)]);
	});

	test('notices by itself, also with its folder gone', async () => {
		const database = await openSqliteDatabase({ path: file, tell, watchEveryMs: 50 });
		const store = keep(await startStore(database));
		await store.recordOpens([sampleOpen()]);
		rmSync(folder, { recursive: true });
		await eventually(() => said.length > 0);
		expect(opensIn(file)).toBe(1);
	});

	test('leaves a log of the old file behind that stayed, which is not of the new one', async () => {
		const store = await open();
		await store.recordOpens([sampleOpen(), sampleOpen()]);
		rmSync(file);
		await store.recordOpens([sampleOpen()]).catch(() => undefined);
		await openAgain();
		expect(opensIn(file)).toBe(2);
	});

	test('goes on with a file that somebody put there instead', async () => {
		const backup = join(parent, 'backup');
		const store = await open();
		await store.recordOpens([sampleOpen()]);
		await store.close();
		cpSync(file, backup);
		const other = await open();
		await other.recordOpens([sampleOpen()]);
		remove();
		renameSync(backup, file);
		await expect(other.recordOpens([sampleOpen()])).rejects.toMatchObject({ code: 'closed' });
		const again = await openAgain();
		expect((await again.listOpens({ limit: 9 })).opens).toHaveLength(1);
		expect(said).toEqual([expect.stringContaining('it was replaced')]);
	});

	test('holds on to what it has while it cannot be written, and says so once', async () => {
		const store = await open();
		await store.recordOpens([sampleOpen()]);
		rmSync(folder, { recursive: true });
		writeFileSync(folder, 'a file where the folder should be');
		await store.recordOpens([sampleOpen()]).catch(() => undefined);
		await eventually(() => said.length > 0);
		await expect(store.getDashboard()).rejects.toMatchObject({ code: 'closed' });
		rmSync(folder);
		const again = await openAgain();
		expect((await again.listOpens({ limit: 9 })).opens).toHaveLength(1);
		expect(said).toEqual([
			expect.stringMatching(/could not be written again yet \(E\w+\).*do not stop n8n/),
			expect.stringMatching(/was deleted .* Nothing is lost/),
		]);
	});

	test('writes nothing into a file that another process has brought back in the meantime', async () => {
		const one = keep(await startStore(await openSqliteDatabase({ path: file })));
		const two = keep(await startStore(await openSqliteDatabase({ path: file })));
		await one.recordOpens([sampleOpen()]);
		remove();
		await one.recordOpens([sampleOpen()]).catch(() => undefined);
		await eventually(() => statSync(file, { throwIfNoEntry: false }));
		await expect(two.recordOpens([sampleOpen()])).rejects.toMatchObject({ code: 'closed' });
		expect(opensIn(file)).toBe(1);
	});
});
