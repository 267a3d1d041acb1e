import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { EspProvider } from '../../../../src/tracking/esp/parse-esp-payload';
import type { WebhookSecrets } from '../../../../src/tracking/esp/verify/verification';
import { signsRawBody, verifyWebhook } from '../../../../src/tracking/esp/verify/verify-webhook';
import {
	type EmailServiceCredential,
	webhookSecretsOf,
} from '../../../shared/installation/email-service';
import { webhookInFront } from '../../common/webhook-in-front';

const CREDENTIAL = 'openTrackingEmailServiceApi';
/** Where the Webhook node puts the body with its option Raw Body. */
const RAW_BODY_FIELD = 'data';

/**
 * Makes sure that a payload comes from the email service.
 *
 * @param read gives the payload as JSON, out of the item
 * @returns the payload; where the service signs the bytes of the body, what those bytes hold
 * @throws NodeOperationError that says why it is refused and what to do
 */
export async function payloadOfService(
	node: IExecuteFunctions,
	index: number,
	provider: EspProvider,
	read: () => unknown,
): Promise<unknown> {
	const rawBody = signsRawBody(provider) ? await rawBodyOf(node, index) : null;
	const payload = rawBody === null ? read() : parsed(rawBody);
	const { json } = node.getInputData()[index];
	const webhook = { headers: headersOf(json), rawBody, payload, loggedIn: isLoggedIn(node) };
	const verdict = await verifyWebhook(provider, webhook, await secretsOf(node, index), {
		now: new Date(),
		certificateAt: async (url) => await certificateAt(node, url),
	});
	if (verdict.genuine) return payload;
	throw new NodeOperationError(node.getNode(), `The payload was refused: ${verdict.reason}`, {
		itemIndex: index,
		description: verdict.advice,
	});
}

async function rawBodyOf(node: IExecuteFunctions, index: number): Promise<Buffer | null> {
	if (!node.getInputData()[index].binary?.[RAW_BODY_FIELD]) return null;
	return await node.helpers.getBinaryDataBuffer(index, RAW_BODY_FIELD);
}

/** What is no JSON reports nothing, and is told of once its signature is known to be good. */
function parsed(rawBody: Buffer): unknown {
	try {
		return JSON.parse(rawBody.toString('utf8'));
	} catch {
		return null;
	}
}

function headersOf({ headers }: IDataObject): Record<string, string | undefined> {
	if (typeof headers !== 'object' || headers === null) return {};
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [
			name.toLowerCase(),
			typeof value === 'string' ? value : undefined,
		]),
	);
}

/** Whether the Webhook node in front asks for a login, and so has checked it. */
function isLoggedIn(node: IExecuteFunctions): boolean {
	const authentication = webhookInFront(node)?.parameters.authentication ?? 'none';
	return authentication !== 'none' && !String(authentication).startsWith('=');
}

async function secretsOf(node: IExecuteFunctions, index: number): Promise<WebhookSecrets> {
	if (!node.getNode().credentials?.[CREDENTIAL]) return webhookSecretsOf({});
	return webhookSecretsOf(await node.getCredentials<EmailServiceCredential>(CREDENTIAL, index));
}

/** Certificates by their addresses, which Amazon changes with each new one: a few for each region. */
const certificates = new Map<string, string>();
const MOST_CERTIFICATES = 50;

async function certificateAt(node: IExecuteFunctions, url: string): Promise<string> {
	const known = certificates.get(url);
	if (known !== undefined) return known;
	const answer: unknown = await node.helpers.httpRequest({
		method: 'GET',
		url,
		encoding: 'text',
		json: false,
		timeout: 10_000,
		disableFollowRedirect: true,
	});
	const certificate = String(answer);
	if (certificates.size >= MOST_CERTIFICATES) certificates.clear();
	certificates.set(url, certificate);
	return certificate;
}
