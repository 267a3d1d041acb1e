import { handleRequest } from './http-api/handle-request';
import { exportOpens } from './open/export';
import { getManyOpens } from './open/get-many';
import { importOpens } from './open/import';
import { reclassifyOpens } from './open/reclassify';
import type { Operation, OperationWithOwnStore, Resource } from './operation';
import { createPixel } from './pixel/create';
import { deletePixel } from './pixel/delete';
import { getPixel } from './pixel/get';
import { getEmbedCode } from './pixel/get-embed-code';
import { getManyPixels } from './pixel/get-many';
import { addManyRecipients } from './recipient/add-many';
import { deleteRecipient } from './recipient/delete';
import { exportRecipients } from './recipient/export-csv';
import { getManyRecipients } from './recipient/get-many';
import { getNotOpened } from './recipient/get-not-opened';
import { registerSent } from './recipient/register-sent';
import { getDashboardPage } from './report/get-dashboard-page';
import { getLogPage } from './report/get-log-page';
import { dashboardStatistics } from './statistics/dashboard';
import { checkStatus } from './status/check';
import { checkHostedStatus } from './status/check-hosted';

/** Every resource and operation of the node; the fields in the editor follow from this list. */
export const resources: Resource[] = [
	{ value: 'httpApi', name: 'HTTP API', operations: [handleRequest] },
	{
		value: 'open',
		name: 'Open',
		operations: [exportOpens, getManyOpens, importOpens, reclassifyOpens],
	},
	{
		value: 'pixel',
		name: 'Pixel',
		operations: [createPixel, deletePixel, getPixel, getEmbedCode, getManyPixels],
	},
	{
		value: 'recipient',
		name: 'Recipient',
		operations: [
			addManyRecipients,
			deleteRecipient,
			exportRecipients,
			getManyRecipients,
			getNotOpened,
			registerSent,
		],
	},
	{ value: 'report', name: 'Report', operations: [getDashboardPage, getLogPage] },
	{ value: 'statistics', name: 'Statistics', operations: [dashboardStatistics] },
	{ value: 'status', name: 'Status', operations: [checkStatus, checkHostedStatus] },
];

/** The operation that the user chose. */
export function findOperation(
	resource: string,
	operation: string,
): Operation | OperationWithOwnStore | undefined {
	return resources
		.find(({ value }) => value === resource)
		?.operations.find(({ value }) => value === operation);
}
