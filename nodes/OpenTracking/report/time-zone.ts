import type { INodeProperties } from 'n8n-workflow';

import { knownZone } from '../../../src/reports/local-time';
import type { OperationContext } from '../operation';

export const timeZoneProperty: INodeProperties = {
	displayName: 'Time Zone',
	name: 'timeZone',
	type: 'string',
	default: '',
	placeholder: 'e.g. Europe/Berlin',
	description: 'The zone that times are shown in; empty for that of the workflow',
};

/** The zone that was entered, else that of the workflow. */
export function timeZoneOf({ node, index }: Pick<OperationContext, 'node' | 'index'>): string {
	return knownZone(node.getNodeParameter('timeZone', index) as string, node.getTimezone());
}
