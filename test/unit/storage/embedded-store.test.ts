import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openEmbeddedStore } from '../../../src/storage/embedded-store';
import { sampleOpen } from '../../support/sample-opens';

describe('the embedded store', () => {
	let parent: string;
	beforeEach(async () => {
		parent = await mkdtemp(join(tmpdir(), 'embedded-store-'));
	});
	afterEach(async () => {
		await rm(parent, { recursive: true });
	});
	const open = (folder: string) => openEmbeddedStore({ folder, queueMode: false });

	test('needs no setup, keeps its file to its owner, and its data over a restart', async () => {
		const folder = join(parent, 'n8n', 'email-open-tracking');
		const store = await open(folder);
		const event = sampleOpen({ recipientId: 'ada' });
		await store.recordOpens([event]);
		expect((await stat(folder)).mode & 0o777).toBe(0o700);
		for (const file of await readdir(folder)) {
			expect([file, (await stat(join(folder, file))).mode & 0o777]).toEqual([file, 0o600]);
		}
		expect(await readdir(folder)).toContain('tracking.sqlite');
		await store.close();
		const again = await open(folder);
		expect((await again.listOpens({ limit: 9 })).opens).toEqual([{ ...event, firstOpen: true }]);
		await again.close();
	});

	test('is one store for all callers in the process, until it is closed', async () => {
		const [a, b] = await Promise.all([open(parent), open(join(parent, 'x', '..'))]);
		expect(a).toBe(b);
		await a.close();
		const c = await open(parent);
		expect(c).not.toBe(a);
		// Closing the old one again must not take the new one from the others.
		await a.close();
		expect(await open(parent)).toBe(c);
		await c.close();
	});

	test('refuses queue mode and says what to choose', async () => {
		const folder = join(parent, 'none');
		await expect(openEmbeddedStore({ folder, queueMode: true })).rejects.toMatchObject({
			code: 'queue-mode',
			message: expect.stringContaining('DB_TYPE=postgresdb'),
		});
		expect(await readdir(parent)).toEqual([]);
	});

	test('says when its folder cannot be made or its file is no database, and opens once it can', async () => {
		await writeFile(join(parent, 'taken'), 'a file');
		await expect(open(join(parent, 'taken'))).rejects.toMatchObject({ code: 'unavailable' });

		const file = join(parent, 'tracking.sqlite');
		await writeFile(file, 'This is no database. '.repeat(100));
		await expect(open(parent)).rejects.toMatchObject({
			code: 'failed',
			message: expect.stringContaining('SQLite 26'),
		});
		await rm(file);
		const store = await open(parent);
		expect((await store.listOpens({ limit: 1 })).opens).toEqual([]);
		await store.close();
	});

	test('names the Node.js version it needs on an older one', async () => {
		const { node } = process.versions;
		const setVersion = (value: string) =>
			Object.defineProperty(process.versions, 'node', { value, configurable: true });
		try {
			for (const version of ['20.19.0', '22.15.1', '23.10.0']) {
				setVersion(version);
				await expect(open(join(parent, 'none'))).rejects.toThrow(
					`22.16 or newer, this is ${version}`,
				);
			}
		} finally {
			setVersion(node);
		}
		expect(await readdir(parent)).toEqual([]);
	});
});
