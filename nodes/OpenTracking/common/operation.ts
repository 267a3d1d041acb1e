import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import type { TrackingStore } from '../../../src/storage/port/tracking-store';

/** What an operation works with. */
export interface OperationContext {
	node: IExecuteFunctions;
	store: TrackingStore;
	index: number;
}

interface OperationTexts {
	value: string;
	name: string;
	/** What the node creator lists: a sentence without articles */
	action: string;
	description: string;
	properties: INodeProperties[];
}

/** Some items for an operation that does them together. */
export type ManyContext = Omit<OperationContext, 'index'> & { indexes: readonly number[] };

/** One operation of the Open Tracking node: its texts, its fields and what it does for one item. */
export interface Operation extends OperationTexts {
	execute(context: OperationContext): Promise<INodeExecutionData[]>;
}

/** An operation that opens the store itself, because it must also answer while the store is away. */
export interface OperationWithOwnStore extends OperationTexts {
	executeAlone(context: Omit<OperationContext, 'store'>): Promise<INodeExecutionData[]>;
}

/** An operation that does many items in few calls of the store. */
export interface OperationOnMany extends OperationTexts {
	/** One result for each index, in their order; at the first error it may leave out the rest. */
	executeMany(context: ManyContext): Promise<Array<INodeExecutionData[] | Error>>;
}

/** One resource of the Open Tracking node. */
export interface Resource {
	value: string;
	name: string;
	operations: Array<Operation | OperationOnMany | OperationWithOwnStore>;
}
