import { spawnSync } from 'node:child_process';

import { findStrace } from '../../../scripts/lib/test-tools';

/** The program that records, where this machine has it and lets it work; else `null`. */
export const strace = usable(findStrace());

function usable(program: string | null): string | null {
	if (program !== null && spawnSync(program, ['-o', '/dev/null', 'true']).status === 0) {
		return program;
	}
	process.stderr.write(
		'\n!!! A POWER CUT WAS NOT TESTED: the test needs Linux and strace. Install strace, and run the tests where one program may trace another.\n',
	);
	return null;
}
