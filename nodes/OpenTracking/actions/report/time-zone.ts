import type { INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { isZone, knownZone } from '../../../../src/reports/shown/local-time';
import { readText } from '../../../shared/fields/check-fields';
import type { OperationContext } from '../../common/operation';

export const timeZoneProperty: INodeProperties = {
	displayName: 'Time Zone',
	name: 'timeZone',
	type: 'string',
	default: '',
	placeholder: 'e.g. Europe/Berlin',
	description: 'The zone that times are shown in; empty for that of the workflow',
};

/** The zone that was entered, else that of the workflow. @throws NodeOperationError for no zone */
export function timeZoneOf({ node, index }: Pick<OperationContext, 'node' | 'index'>): string {
	const wanted = readText(node, timeZoneProperty.name, index);
	if (wanted === '' || isZone(wanted)) return knownZone(wanted, node.getTimezone());
	throw new NodeOperationError(node.getNode(), `There is no time zone "${wanted}"`, {
		itemIndex: index,
		description: 'Write it as a region and a city, such as Europe/Berlin, or leave it empty',
	});
}
