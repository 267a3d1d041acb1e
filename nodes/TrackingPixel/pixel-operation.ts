import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

/** One operation of the Tracking Pixel node, set up for one run. */
export type PixelOperation = (context: IExecuteFunctions) => {
	run(item: INodeExecutionData, index: number): INodeExecutionData | Promise<INodeExecutionData>;
	/** How many items are done side by side; one, when left out */
	atOnce?: number;
};
