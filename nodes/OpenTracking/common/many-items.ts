import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { StoreError } from '../../../src/storage/port/store-error';

/** Items done in one call of the store; others wait for its transaction. */
export const MOST_ITEMS = 500;

type Result = INodeExecutionData[] | Error;

/**
 * Does many items by one call, with the errors that they would have one by one: an item that cannot
 * be read, or that the store refuses, fails alone. Where the user did not choose to continue on
 * failure, the items before the first failing one are done, and none after it.
 *
 * @param read checks one item and gives what the call needs of it; throws what is wrong with it
 * @param run does some items; one result for each
 */
export async function manyItems<Input>(
	node: IExecuteFunctions,
	indexes: readonly number[],
	read: (index: number) => Input,
	run: (inputs: readonly Input[]) => Promise<INodeExecutionData[][]>,
): Promise<Result[]> {
	const goesOn = node.continueOnFail();
	const inputs: Array<Input | Error> = [];
	for (const index of indexes) {
		try {
			inputs.push(read(index));
		} catch (error) {
			inputs.push(asError(error));
			if (!goesOn) break;
		}
	}
	const good = inputs.filter((input): input is Input => !(input instanceof Error));
	const done = await runGood(good, run, goesOn);
	const results: Result[] = [];
	let next = 0;
	for (const input of inputs) {
		const result = input instanceof Error ? input : done[next++];
		// Left out after a failing one.
		if (result === undefined) break;
		results.push(result);
	}
	return results;
}

async function runGood<Input>(
	inputs: readonly Input[],
	run: (inputs: readonly Input[]) => Promise<INodeExecutionData[][]>,
	goesOn: boolean,
): Promise<Result[]> {
	if (inputs.length === 0) return [];
	try {
		return await run(inputs);
	} catch (error) {
		const isOfOne = error instanceof StoreError && error.code === 'invalid';
		if (!isOfOne || inputs.length === 1) return inputs.map(() => asError(error));
	}
	// Nothing was done. One by one, the one that the store refuses shows.
	const results: Result[] = [];
	for (const input of inputs) {
		const [result] = await runGood([input], run, goesOn);
		if (result === undefined) break;
		results.push(result);
		if (result instanceof Error && !goesOn) break;
	}
	return results;
}

function asError(error: unknown): Error {
	return error instanceof Error ? error : new Error(String(error));
}
