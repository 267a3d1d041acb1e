import { NodeOperationError, type IExecuteFunctions } from 'n8n-workflow';

import { describeError } from '../../../src/collector/threads/thread';
import { storeKey } from './store';

/** Where failures and successes take turns, the message comes at most this often. */
const QUIET_MS = 60_000;

interface State {
	/** Whether this outage was logged */
	logged: boolean;
	loggedAt: number;
}

/** Per store and message, in module scope because n8n makes node instances anew. */
const states = new Map<string, State>();

/**
 * Logs something that fails for each open while the store is away: once per outage, with the
 * reason in the message itself, because n8n's log shows nothing else.
 *
 * @param what a sentence without its full stop
 */
export function outage(
	context: Pick<IExecuteFunctions, 'getNode' | 'logger'>,
	what: string,
): { failed(error: unknown): void; worked(): void } {
	const key = `${storeKey(context)} ${what}`;
	return {
		failed: (error) => {
			const state = states.get(key) ?? { logged: false, loggedAt: -Infinity };
			states.set(key, state);
			const now = performance.now();
			if (state.logged || now - state.loggedAt < QUIET_MS) return;
			Object.assign(state, { logged: true, loggedAt: now });
			const reason = error instanceof NodeOperationError ? error.message : describeError(error);
			context.logger.warn(`${what}: ${reason}`);
		},
		worked: () => {
			const state = states.get(key);
			if (state) state.logged = false;
		},
	};
}
