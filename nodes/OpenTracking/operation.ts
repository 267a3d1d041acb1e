import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import type { TrackingStore } from '../../src/storage/tracking-store';

/** What an operation works with. */
export interface OperationContext {
	node: IExecuteFunctions;
	store: TrackingStore;
	index: number;
}

/** One operation of the Open Tracking node: its texts, its fields and what it does for one item. */
export interface Operation {
	value: string;
	name: string;
	/** What the node creator lists: a sentence without articles */
	action: string;
	description: string;
	properties: INodeProperties[];
	execute(context: OperationContext): Promise<INodeExecutionData[]>;
}

/** One resource of the Open Tracking node. */
export interface Resource {
	value: string;
	name: string;
	operations: Operation[];
}
