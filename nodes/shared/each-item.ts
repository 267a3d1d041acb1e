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

/**
 * Runs `operation` for each input item. Gives every result its `pairedItem`, and turns a failure
 * into an item of its own where the user chose to continue, else into a NodeOperationError.
 *
 * @param failed makes that item
 */
export async function eachItem(
	context: IExecuteFunctions,
	operation: (item: INodeExecutionData, index: number) => Promise<INodeExecutionData[]>,
	failed = failedItem,
): Promise<INodeExecutionData[]> {
	const output: INodeExecutionData[] = [];
	for (const [index, item] of context.getInputData().entries()) {
		try {
			for (const result of await operation(item, index)) {
				output.push({ ...result, pairedItem: { item: index } });
			}
		} catch (error) {
			const nodeError = toNodeError(context, error, index);
			if (!context.continueOnFail()) throw nodeError;
			output.push(failed(context, item, index, nodeError));
		}
	}
	return output;
}
