import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import type { OpenEvent } from '../../../src/tracking/event/open-event';

/** The item of one open: its event, as every node of this package passes it on. */
export function openItem(event: OpenEvent): INodeExecutionData {
	return { json: event as unknown as IDataObject };
}
