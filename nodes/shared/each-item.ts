import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { CollectorError } from '../../src/collector/config/collector-error';
import { StoreError } from '../../src/storage/port/store-error';

/** An error that also says what to do next. */
interface Advising {
	advice?: string;
}

/**
 * Wraps anything thrown into the one error type that n8n shows with its item and its advice.
 * An error that already is one keeps its text and only gets the item index it lacks.
 */
export function toNodeError(
	context: Pick<IExecuteFunctions, 'getNode'>,
	error: unknown,
	itemIndex: number,
): NodeOperationError {
	if (error instanceof NodeOperationError) {
		error.context.itemIndex ??= itemIndex;
		return error;
	}
	const cause = error instanceof Error ? error : new Error(String(error));
	const nodeError = new NodeOperationError(context.getNode(), cause.message, {
		itemIndex,
		description: (cause as Advising).advice,
	});
	// n8n has a sentence of its own for each message with a code such as ECONNREFUSED in it. Ours say
	// what to do.
	if (cause instanceof StoreError || cause instanceof CollectorError) {
		nodeError.message = cause.message;
	}
	return nodeError;
}

/**
 * The item that stands for a failed one: its own JSON whole, and the reason as text beside it.
 *
 * n8n replaces the whole JSON of an item with an `error` property, so there is none. An item whose
 * JSON is the error alone goes to the node's error output, where there is one, and n8n puts the
 * JSON of the input item back in; without an error output it does not, so it has to be in there.
 */
export function failedItem(
	context: Pick<IExecuteFunctions, 'getNode'>,
	item: INodeExecutionData,
	index: number,
	error: NodeOperationError,
): INodeExecutionData {
	const hasErrorOutput = context.getNode().onError === 'continueErrorOutput';
	return {
		json: { ...(hasErrorOutput ? {} : item.json), error: error.message },
		binary: item.binary,
		pairedItem: { item: index },
	};
}

/** Items that are done side by side where what they ask the store shares its queries. */
export const MOST_AT_ONCE = 500;

/**
 * Runs `operation` for each input item and gives what became of each, in their order. Where nobody
 * asks for more, because one failed and the user did not choose to continue, the rest is left.
 *
 * @param atOnce how many are done side by side; more than one only where doing them changes
 *   nothing, since those behind a failing one are done with it
 */
export async function* inTurn<Result>(
	context: Pick<IExecuteFunctions, 'getInputData'>,
	operation: (item: INodeExecutionData, index: number) => Promise<Result>,
	atOnce = 1,
): AsyncGenerator<{
	item: INodeExecutionData;
	index: number;
	outcome: PromiseSettledResult<Result>;
}> {
	const items = context.getInputData();
	for (let start = 0; start < items.length; start += atOnce) {
		const part = items.slice(start, start + atOnce);
		const outcomes = await Promise.allSettled(
			part.map(async (item, position) => await operation(item, start + position)),
		);
		for (const [position, outcome] of outcomes.entries()) {
			yield { item: part[position], index: start + position, outcome };
		}
	}
}

/**
 * Runs `operation` for each input item. Gives every result its `pairedItem`, and turns a failure
 * into an item of its own where the user chose to continue, else into a NodeOperationError.
 *
 * @param options `failed` makes that item; `atOnce` is as in {@link inTurn}
 */
export async function eachItem(
	context: IExecuteFunctions,
	operation: (item: INodeExecutionData, index: number) => Promise<INodeExecutionData[]>,
	{ failed = failedItem, atOnce = 1 } = {},
): Promise<INodeExecutionData[]> {
	const output: INodeExecutionData[] = [];
	for await (const { item, index, outcome } of inTurn(context, operation, atOnce)) {
		if (outcome.status === 'fulfilled') {
			for (const result of outcome.value) output.push({ ...result, pairedItem: { item: index } });
			continue;
		}
		const nodeError = toNodeError(context, outcome.reason, index);
		if (!context.continueOnFail()) throw nodeError;
		output.push(failed(context, item, index, nodeError));
	}
	return output;
}
