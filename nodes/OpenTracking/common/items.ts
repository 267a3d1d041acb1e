import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

/** An item for each entry; the store's own types are plain JSON. */
export function toItems(entries: readonly object[]): INodeExecutionData[] {
	return entries.map((entry) => ({ json: entry as IDataObject }));
}
