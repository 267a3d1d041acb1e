/**
 * Waits for a promise, but not longer than `limitMs`. What the work behind it does later has no
 * effect here; it is not stopped.
 *
 * Where this process itself was too busy to look, a result that is there by now counts.
 *
 * @param late called when the time is over; gives another result, or throws
 * @example
 * await within(2000, store.getPixel(id), () => {
 * 	throw new StoreError('busy', 'The store did not answer within 2 s.');
 * });
 */
export async function within<T>(
	limitMs: number,
	promise: Promise<T>,
	late: () => T | Promise<T>,
): Promise<T> {
	return await new Promise<T>((resolve, reject) => {
		let isSettled = false;
		const giveUp = () => {
			if (!isSettled) new Promise<T>((give) => give(late())).then(resolve, reject);
		};
		const timer = setTimeout(() => setImmediate(giveUp), limitMs);
		const settle = () => {
			isSettled = true;
			clearTimeout(timer);
		};
		promise.finally(settle).then(resolve, reject);
	});
}
