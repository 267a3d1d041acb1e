/**
 * Waiting as the delivery engine wants it: ends early when its own signal says so, and fails when
 * the user cancels the execution, so that nothing is sent after that.
 */
export function waitUnlessCancelled(
	cancelled: AbortSignal | undefined,
): (ms: number, signal: AbortSignal) => Promise<void> {
	return async (ms, signal) =>
		await new Promise<void>((resolve, reject) => {
			const end = (settle: () => void) => () => {
				clearTimeout(timer);
				signal.removeEventListener('abort', stop);
				cancelled?.removeEventListener('abort', cancel);
				settle();
			};
			const stop = end(resolve);
			const cancel = end(() => reject(new Error('The execution was cancelled')));
			const timer = setTimeout(stop, ms);
			signal.addEventListener('abort', stop);
			cancelled?.addEventListener('abort', cancel);
			if (signal.aborted) stop();
			if (cancelled?.aborted) cancel();
		});
}
