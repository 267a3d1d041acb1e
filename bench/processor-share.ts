import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How often a share is given anew; short, so that answers are not held up for long. */
const PERIOD_US = 5000;

/** A share of the processor. */
export interface ProcessorShare {
	/** What to put before a command so that it gets this share and no more */
	enter: readonly string[];
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
	return { enter: ['sh', '-c', enter], remove };
}
