import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { StoreError } from '../../../src/storage/port/store-error';
import { checkFields } from '../../shared/fields/check-fields';

type Result = INodeExecutionData[] | Error;

/** What an operation does with many items. */
export interface ManyItems<Input> {
	/** The fields of the operation, checked before `read` */
	fields: readonly INodeProperties[];
	/** Checks one item and gives what the call needs of it; changes nothing, throws what is wrong */
	read(index: number): Input | Promise<Input>;
	/**
	 * Does some items; one result for each, in their order. Where the user did not choose to continue
	 * on failure it may stop at the first error.
	 */
	run(inputs: readonly Input[]): Promise<readonly Result[]>;
	/** Whether an item may go into one call with those before it; all may, when left out */
	joins?(group: readonly Input[], input: Input): boolean;
}

/**
 * Does many items by few calls of the store, with the errors that they would have one by one: an
 * item that cannot be read, or that the store refuses, fails alone. Where the user did not choose
 * to continue on failure, the items before the first failing one are done, and none after it.
 */
export async function manyItems<Input>(
	{ node, indexes }: { node: IExecuteFunctions; indexes: readonly number[] },
	{ fields, read, run, joins = () => true }: ManyItems<Input>,
): Promise<Result[]> {
	const goesOn = node.continueOnFail();
	const all = await Promise.allSettled(
		indexes.map(async (index) => {
			checkFields(node, index, fields);
			return await read(index);
		}),
	);
	const firstBad = all.findIndex(({ status }) => status === 'rejected');
	const inputs = goesOn || firstBad === -1 ? all : all.slice(0, firstBad + 1);
	const good = inputs.flatMap((input) => (input.status === 'fulfilled' ? [input.value] : []));
	const done: Result[] = [];
	for (const group of groupsOf(good, joins)) {
		done.push(...(await runGroup(group, run, goesOn)));
		if (!goesOn && done.some((result) => result instanceof Error)) break;
	}
	const results: Result[] = [];
	let next = 0;
	for (const input of inputs) {
		const result = input.status === 'rejected' ? asError(input.reason) : done[next++];
		// Left out after a failing one.
		if (result === undefined) break;
		results.push(result);
	}
	return results;
}

/** Cuts a list, in its order, where the next one may not join those before it. */
function groupsOf<Input>(
	inputs: readonly Input[],
	joins: (group: readonly Input[], input: Input) => boolean,
): Input[][] {
	const groups: Input[][] = [];
	for (const input of inputs) {
		const group = groups.at(-1);
		if (group && joins(group, input)) group.push(input);
		else groups.push([input]);
	}
	return groups;
}

async function runGroup<Input>(
	inputs: readonly Input[],
	run: (inputs: readonly Input[]) => Promise<readonly Result[]>,
	goesOn: boolean,
): Promise<readonly Result[]> {
	try {
		return await run(inputs);
	} catch (error) {
		const isOfOne = error instanceof StoreError && error.code === 'invalid';
		if (!isOfOne || inputs.length === 1) return inputs.map(() => asError(error));
	}
	// Nothing was done. One by one, the one that the store refuses shows.
	const results: Result[] = [];
	for (const input of inputs) {
		const [result] = await runGroup([input], run, goesOn);
		if (result === undefined) break;
		results.push(result);
		if (result instanceof Error && !goesOn) break;
	}
	return results;
}

function asError(error: unknown): Error {
	return error instanceof Error ? error : new Error(String(error));
}
