import fsPromises, { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import { KEY_FILE_NAME, loadOrCreateKeyFile } from '../../../src/intake/key-file';
import { generateKey } from '../../../src/mailer';

let folder: string;
let path: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'key-file-'));
	path = join(folder, KEY_FILE_NAME);
});
afterEach(async () => await rm(folder, { recursive: true }));

describe('the key file', () => {
	it('is made once, for its owner alone, and read from then on', async () => {
		const inner = join(folder, 'not', 'there', 'yet');
		const first = await loadOrCreateKeyFile(inner);
		const again = await loadOrCreateKeyFile(inner);
		expect(again.active.id).toBe(first.active.id);
		expect(again.active.secret.equals(first.active.secret)).toBe(true);
		expect((await stat(join(inner, KEY_FILE_NAME))).mode & 0o777).toBe(0o600);
		expect(await readdir(inner)).toEqual([KEY_FILE_NAME]);
	});

	it('is the same for all who start at about the same moment', async () => {
		for (const attempt of ['a', 'b', 'c', 'd', 'e']) {
			const shared = join(folder, attempt);
			const rings = await Promise.all(
				Array.from({ length: 40 }, async (_, turns) => {
					for (let turn = 0; turn < turns; turn += 1) await setImmediate();
					return await loadOrCreateKeyFile(shared);
				}),
			);
			expect(new Set(rings.map((ring) => ring.active.id)).size).toBe(1);
			expect(await readdir(shared)).toEqual([KEY_FILE_NAME]);
		}
	});

	it('is also made where the volume has no hard links', async () => {
		const link = jest.spyOn(fsPromises, 'link').mockRejectedValue({ code: 'EPERM' });
		const first = await loadOrCreateKeyFile(folder);
		link.mockRestore();
		expect((await loadOrCreateKeyFile(folder)).active.id).toBe(first.active.id);
		expect(await readdir(folder)).toEqual([KEY_FILE_NAME]);
	});

	it('can hold previous keys', async () => {
		const [activeKey, one, two] = [generateKey(), generateKey(), generateKey()];
		await writeFile(path, JSON.stringify({ activeKey, previousKeys: [one, two] }));
		const ring = await loadOrCreateKeyFile(folder);
		expect([...ring.keys.keys()]).toEqual([activeKey, one, two].map((key) => key.split(':')[0]));
	});

	it.each([
		['', 'does not hold signing keys'],
		['{"activeKey":"id:hunter2', 'does not hold signing keys'],
		['{"activeKey":"id:hunter2"}', 'does not hold signing keys'],
		['{"activeKey":"id:hunter2","previousKeys":[]}', 'The active key is too short'],
		['{"activeKey":"hunter2","previousKeys":[]}', 'The active key is not a signing key'],
	])('is refused, kept and not shown when it holds %j', async (content, message) => {
		await writeFile(path, content);
		const loading = loadOrCreateKeyFile(folder);
		await expect(loading).rejects.toThrow(message);
		await expect(loading).rejects.not.toThrow('hunter2');
		await expect(loading).rejects.toThrow(KEY_FILE_NAME);
		expect(await readFile(path, 'utf8')).toBe(content);
	});

	it('says so when it cannot be saved or read', async () => {
		await writeFile(join(folder, 'file'), '');
		await expect(loadOrCreateKeyFile(join(folder, 'file', 'below'))).rejects.toThrow(
			/ENOTDIR.*(access|writable)/,
		);
	});
});
