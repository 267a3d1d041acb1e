import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of a few megabytes that a test can fill. It is in memory, and gone with `remove`. */
export interface SmallDisk {
	/** Leaves no room, not even for one page */
	fill(): void;
	/** Gives back what `fill` took */
	free(): void;
	remove(): void;
}

const SUDO = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
const STEPS = [256 * 1024, 4096];

/** Whether this machine lets us: Linux, as root or with `sudo` that asks for no password. */
export const canMountDisks = process.platform === 'linux' && tryToMount();

/** Mounts a small disk over a folder, which is made when missing. */
export function mountSmallDisk(folder: string, megabytes: number): SmallDisk {
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	const owner = `uid=${process.getuid?.()},gid=${process.getgid?.()},mode=0700`;
	run(['mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,${owner}`, 'tmpfs', folder]);
	const ballast = join(folder, 'ballast');
	return {
		fill: () => {
			const file = openSync(ballast, 'a');
			for (const size of STEPS) writeUntilFull(file, Buffer.alloc(size));
			closeSync(file);
		},
		free: () => rmSync(ballast),
		// Detached at once: a process that was killed may still be letting go of its files.
		remove: () => run(['umount', '--lazy', folder]),
	};
}

function writeUntilFull(file: number, chunk: Buffer): void {
	for (;;) {
		try {
			if (writeSync(file, chunk) < chunk.length) return;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
			throw error;
		}
	}
}

function run(command: string[]): void {
	const [name, ...args] = [...SUDO, ...command];
	const { status, stderr } = spawnSync(name, args, { encoding: 'utf8' });
	if (status !== 0) throw new Error(`${command[0]} failed: ${stderr}`);
}

function tryToMount(): boolean {
	const folder = mkdtempSync(join(tmpdir(), 'small-disk-'));
	try {
		mountSmallDisk(folder, 1).remove();
		return true;
	} catch {
		process.stderr.write(
			'\n!!! A FULL DISK WAS NOT TESTED: this machine does not let the tests mount one. Run them as root, or with sudo that asks for no password.\n',
		);
		return false;
	} finally {
		rmdirSync(folder);
	}
}
