import fsPromises, {
	chmod,
	mkdtemp,
	readdir,
	readFile,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
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

const write = async (content: string) => await writeFile(path, content, { mode: 0o600 });

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

	it('is used and left as it is when every user of the machine may read it, with one warning', async () => {
		const warnings: unknown[] = [];
		const told = jest
			.spyOn(process, 'emitWarning')
			.mockImplementation((warning) => void warnings.push(warning));
		const { active } = await loadOrCreateKeyFile(folder);
		expect(warnings).toEqual([]);
		await chmod(path, 0o644);
		for (let turn = 0; turn < 3; turn += 1) {
			expect((await loadOrCreateKeyFile(folder)).active.id).toBe(active.id);
		}
		told.mockRestore();
		expect(warnings).toEqual([expect.stringContaining(`signing keys in ${path}. Run chmod 600`)]);
		expect(String(warnings)).not.toContain(active.id);
		expect((await stat(path)).mode & 0o777).toBe(0o644);
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

	it('can hold previous keys, and keys for erased people only', async () => {
		const keys = Array.from({ length: 5 }, () => generateKey());
		const [activeKey, one, two, leaked, gone] = keys;
		const ids = keys.map((key) => key.split(':')[0]);
		await write(JSON.stringify({ activeKey, previousKeys: [one, two] }));
		expect([...(await loadOrCreateKeyFile(folder)).keys.keys()]).toEqual(ids.slice(0, 3));
		await write(
			JSON.stringify({ activeKey, previousKeys: [one], denylistOnlyKeys: [leaked, gone] }),
		);
		const ring = await loadOrCreateKeyFile(folder);
		expect([...ring.keys.keys()]).toEqual(ids.slice(0, 2));
		expect(ring.denylistOnly.map(({ id }) => id)).toEqual(ids.slice(3));
	});

	it.each([
		['', 'does not hold signing keys'],
		['{"activeKey":"id:hunter2', 'does not hold signing keys'],
		['{"activeKey":"id:hunter2"}', 'does not hold signing keys'],
		['{"activeKey":"id:hunter2","previousKeys":[]}', 'The active key is too short'],
		['{"activeKey":"hunter2","previousKeys":[]}', 'The active key is not a signing key'],
	])('is refused, kept and not shown when it holds %j', async (content, message) => {
		await write(content);
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
