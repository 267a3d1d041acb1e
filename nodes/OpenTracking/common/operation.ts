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

/** One operation of the Open Tracking node: its texts, its fields and what it does for one item. */
export interface Operation extends OperationTexts {
	execute(context: OperationContext): Promise<INodeExecutionData[]>;
}

/** An operation that opens the store itself, because it must also answer while the store is away. */
export interface OperationWithOwnStore extends OperationTexts {
	executeAlone(context: Omit<OperationContext, 'store'>): Promise<INodeExecutionData[]>;
}

/** One resource of the Open Tracking node. */
export interface Resource {
	value: string;
	name: string;
	operations: Array<Operation | OperationWithOwnStore>;
}
