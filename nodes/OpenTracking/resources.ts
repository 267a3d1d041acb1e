import { handleRequest } from './http-api/handle-request';
import { applyConsentChoice } from './consent/apply-choice';
import { exportProof } from './consent/export-proof';
import { getConsent } from './consent/get';
import { getConsentLink } from './consent/get-link';
import { recordConsent } from './consent/record';
import { showConsentPage } from './consent/show-page';
import { withdrawConsent } from './consent/withdraw';
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
import { closeRequest } from './privacy/close-request';
import { erasePerson } from './privacy/erase';
import { exportPerson } from './privacy/export';
import { getConfirmationLink } from './privacy/get-confirmation-link';
import { getOpenRequests } from './privacy/get-open-requests';
import { addManyRecipients } from './recipient/add-many';
import { deleteRecipient } from './recipient/delete';
import { exportRecipients } from './recipient/export-csv';
import { getManyRecipients } from './recipient/get-many';
import { getNotOpened } from './recipient/get-not-opened';
import { registerSent } from './recipient/register-sent';
import { getDashboardPage } from './report/get-dashboard-page';
import { getLogPage } from './report/get-log-page';
import { getPrivacyReport } from './report-privacy/get-privacy-report';
import { dryRunRetention } from './retention/dry-run';
import { runRetention } from './retention/run';
import { countPeople } from './statistics/count-people';
import { dashboardStatistics } from './statistics/dashboard';
import { checkStatus } from './status/check';
import { checkHostedStatus } from './status/check-hosted';
import { getHostedDashboard } from './status/get-hosted-dashboard';

/** Every resource and operation of the node; the fields in the editor follow from this list. */
export const resources: Resource[] = [
	{
		value: 'consent',
		name: 'Consent',
		operations: [
			applyConsentChoice,
			exportProof,
			getConsent,
			getConsentLink,
			recordConsent,
			showConsentPage,
			withdrawConsent,
		],
	},
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
		value: 'privacy',
		name: 'Privacy',
		operations: [closeRequest, erasePerson, exportPerson, getConfirmationLink, getOpenRequests],
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
	{ value: 'report', name: 'Report', operations: [getDashboardPage, getLogPage, getPrivacyReport] },
	{ value: 'retention', name: 'Retention', operations: [dryRunRetention, runRetention] },
	{ value: 'statistics', name: 'Statistics', operations: [countPeople, dashboardStatistics] },
	{
		value: 'status',
		name: 'Status',
		operations: [checkStatus, checkHostedStatus, getHostedDashboard],
	},
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
