import { applyConsentChoice } from './actions/consent/apply-choice';
import { exportProof } from './actions/consent/export-proof';
import { getConsent } from './actions/consent/get';
import { getConsentLink } from './actions/consent/get-link';
import { recordConsent } from './actions/consent/record';
import { showConsentPage } from './actions/consent/show-page';
import { unsubscribe } from './actions/consent/unsubscribe';
import { withdrawConsent } from './actions/consent/withdraw';
import { exportOpens } from './actions/open/export';
import { getManyOpens } from './actions/open/get-many';
import { importOpens } from './actions/open/import';
import { reclassifyOpens } from './actions/open/reclassify';
import { createPixel } from './actions/pixel/create';
import { deletePixel } from './actions/pixel/delete';
import { getPixel } from './actions/pixel/get';
import { getEmbedCode } from './actions/pixel/get-embed-code';
import { getManyPixels } from './actions/pixel/get-many';
import { closeRequest } from './actions/privacy/close-request';
import { erasePerson } from './actions/privacy/erase';
import { exportPerson } from './actions/privacy/export';
import { getConfirmationLink } from './actions/privacy/get-confirmation-link';
import { getOpenRequests } from './actions/privacy/get-open-requests';
import { giveUpKey } from './actions/privacy/give-up-key';
import { replayErasures } from './actions/privacy/replay-erasures';
import { addManyRecipients } from './actions/recipient/add-many';
import { deleteRecipient } from './actions/recipient/delete';
import { exportRecipients } from './actions/recipient/export-csv';
import { getManyRecipients } from './actions/recipient/get-many';
import { getNotClicked, getNotOpened } from './actions/recipient/get-not-opened';
import { getReadingTimes } from './actions/recipient/get-reading-times';
import { registerSent } from './actions/recipient/register-sent';
import { setSegments } from './actions/recipient/set-segments';
import { getDashboardPage } from './actions/report/get-dashboard-page';
import { getEmailReport } from './actions/report/get-email-report';
import { getLogPage } from './actions/report/get-log-page';
import { getPrivacyReport } from './actions/report/get-privacy-report';
import { dryRunRetention } from './actions/retention/dry-run';
import { runRetention } from './actions/retention/run';
import { checkAnomalies } from './actions/statistics/check-anomalies';
import { countPeople } from './actions/statistics/count-people';
import { dashboardStatistics } from './actions/statistics/dashboard';
import { getLinkClicks } from './actions/statistics/get-link-clicks';
import { getRates } from './actions/statistics/get-rates';
import { checkStatus } from './actions/status/check';
import { checkHostedStatus } from './actions/status/check-hosted';
import { checkSetup } from './actions/status/check-setup';
import { createProbeEmail } from './actions/status/create-probe-email';
import { getHostedDashboard } from './actions/status/get-hosted-dashboard';
import type { Resource } from './common/operation';

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
			unsubscribe,
			withdrawConsent,
		],
	},
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
		operations: [
			closeRequest,
			erasePerson,
			exportPerson,
			getConfirmationLink,
			getOpenRequests,
			giveUpKey,
			replayErasures,
		],
	},
	{
		value: 'recipient',
		name: 'Recipient',
		operations: [
			addManyRecipients,
			deleteRecipient,
			exportRecipients,
			getManyRecipients,
			getNotClicked,
			getNotOpened,
			getReadingTimes,
			registerSent,
			setSegments,
		],
	},
	{
		value: 'report',
		name: 'Report',
		operations: [getDashboardPage, getLogPage, getPrivacyReport, getEmailReport],
	},
	{ value: 'retention', name: 'Retention', operations: [dryRunRetention, runRetention] },
	{
		value: 'statistics',
		name: 'Statistics',
		operations: [checkAnomalies, countPeople, dashboardStatistics, getLinkClicks, getRates],
	},
	{
		value: 'status',
		name: 'Status',
		operations: [checkStatus, checkHostedStatus, checkSetup, createProbeEmail, getHostedDashboard],
	},
];

/** The operation that the user chose. */
export function findOperation(
	resource: string,
	operation: string,
): Resource['operations'][number] | undefined {
	return resources
		.find(({ value }) => value === resource)
		?.operations.find(({ value }) => value === operation);
}
