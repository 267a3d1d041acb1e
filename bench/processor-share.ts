import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmdirSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** How often a share is given anew; short, so that answers are not held up for long. */
const PERIOD_US = 5000;

/** A share of the processor. */
export interface ProcessorShare {
	/** What to put before a command so that it gets this share and no more */
	enter: readonly string[];
	/** Gives a thread that is running this share; `null` where that cannot be done for one alone */
	addThread: ((id: number) => void) | null;
	/** Ends it, after its processes have ended */
	remove(): void;
}

/**
 * Makes a share of the processor, so that several programs can be compared as if each had a core of
 * its own, on a machine that has fewer. A control group of Linux, of either version
 * (https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files).
 *
 * @param cores how much of a core, 0 to 1
 * @returns `null` where none can be made: elsewhere than on Linux, or without the right to
 */
export function processorShare(name: string, cores: number): ProcessorShare | null {
	const quota = Math.round(cores * PERIOD_US);
	return (
		share(join('/sys/fs/cgroup', name), { 'cpu.max': `${quota} ${PERIOD_US}` }) ??
		share(join('/sys/fs/cgroup/cpu', name), {
			'cpu.cfs_period_us': `${PERIOD_US}`,
			'cpu.cfs_quota_us': `${quota}`,
		})
	);
}

/** The thread of a process that the system knows by this name; `null` without. */
export function threadNamed(pid: number | undefined, name: string): number | null {
	const folder = `/proc/${pid}/task`;
	if (!existsSync(folder)) return null;
	const nameOf = (id: string) => readFileSync(join(folder, id, 'comm'), 'utf8').trim();
	const found = readdirSync(folder).find((id) => nameOf(id) === name);
	return found === undefined ? null : Number(found);
}

function share(group: string, limits: Record<string, string>): ProcessorShare | null {
	const remove = () => rmdirSync(group);
	try {
		mkdirSync(group);
	} catch {
		return null;
	}
	try {
		for (const [file, value] of Object.entries(limits)) {
			// Without making it, which would work in a folder that is no control group.
			writeFileSync(join(group, file), value, { flag: 'r+' });
		}
	} catch {
		remove();
		return null;
	}
	const enter = `echo $$ > ${join(group, 'cgroup.procs')} && exec "$0" "$@"`;
	// Only the first version takes a thread without the others of its process.
	const threads = join(group, 'tasks');
	const addThread = (id: number) => writeFileSync(threads, `${id}`);
	return { enter: ['sh', '-c', enter], addThread: existsSync(threads) ? addThread : null, remove };
}
