import { fork } from 'node:child_process';
import { join } from 'node:path';

import type { LoadOrder, LoadReport } from './identity';

/** A load that is being made, in a process of its own. */
export interface RunningLoad {
	/** What it did, when it has ended */
	report: Promise<LoadReport>;
	/** Ends it before its time */
	stop(): void;
}

/** Starts making a load. */
export function startLoad(order: LoadOrder): RunningLoad {
	const child = fork(join(__dirname, 'load.ts'));
	const report = new Promise<LoadReport>((resolve, reject) => {
		child.once('message', (message) => resolve(message as LoadReport));
		child.once('exit', (code) => reject(new Error(`The load generator ended with ${code}`)));
		child.send(order);
	});
	return { report, stop: () => child.send('stop') };
}
