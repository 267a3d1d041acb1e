import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { alone, tryLock } from '../../../scripts/lib/lock';

const library = join(__dirname, '..', '..', '..', 'scripts', 'lib', 'lock.js');

describe('the lock of a folder', () => {
	let folder: string;
	beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'email-open-tracking-lock-'))));
	afterEach(() => rmSync(folder, { recursive: true }));

	/** Another process that holds the lock until it is killed. */
	async function otherHolder() {
		const script = `
			require(${JSON.stringify(library)})
				.tryLock(${JSON.stringify(folder)})
				.then(({ release }) => { console.log(Boolean(release)); setInterval(() => undefined, 1000); });`;
		const other = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
		const [line] = (await once(other.stdout, 'data')) as [Buffer];
		expect(line.toString().trim()).toBe('true');
		return other;
	}

	it('lets one at a time work, in this process as in others', async () => {
		let working = 0;
		const most: number[] = [];
		await Promise.all(
			[1, 2, 3, 4].map(async () => {
				await alone(folder, async () => {
					working += 1;
					most.push(working);
					await new Promise((resolve) => setTimeout(resolve, 20));
					working -= 1;
				});
			}),
		);
		expect(most).toEqual([1, 1, 1, 1]);
	});

	it('is given back by work that fails', async () => {
		await expect(alone(folder, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
		await expect(alone(folder, () => Promise.resolve('done'))).resolves.toBe('done');
	});

	it('is refused while another process holds it, and free again when that one is killed', async () => {
		const other = await otherHolder();
		const { release, released } = await tryLock(folder);
		expect(release).toBeUndefined();
		other.kill('SIGKILL');
		await released;
		await expect(alone(folder, () => Promise.resolve('done'))).resolves.toBe('done');
	});
});
