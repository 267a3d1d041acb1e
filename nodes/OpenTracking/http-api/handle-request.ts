import { randomBytes } from 'node:crypto';

import { RateLimiterMemory } from 'rate-limiter-flexible';

import type { RateLimiter } from '../../../src/api/api-deps';
import { TOKEN_REQUESTS, TOKEN_WINDOW_SECONDS } from '../../../src/api/routes/recipient-routes';
import { createTrackingApi } from '../../../src/api/tracking-api';
import { receiveFields, receiveOptions } from '../../shared/fields/receive-properties';
import { instanceBaseUrl } from '../../shared/installation/base-url';
import { outage } from '../../shared/installation/outage';
import { signingOf } from '../../shared/installation/signing';
import { openTrackingStore } from '../../shared/installation/store';
import { reportSetupInUse } from '../../shared/receive/report-setup';
import { forwardedClient } from '../../shared/receive/forwarded-client';
import { lookupsIn, receiveDeps } from '../../shared/receive/receive';
import { receiveSettings, reportedTracker } from '../../shared/receive/receive-settings';
import {
	carryOnWaitingOpens,
	recordOpen,
	waitingFolders,
} from '../../shared/receive/waiting-opens';
import type { OperationWithOwnStore } from '../common/operation';
import { answerRequest } from './answer-request';
import { webRequest } from './web-request';
import { METHOD_OF_WEBHOOK, webhookOf } from './webhook-of';

export const handleRequest: OperationWithOwnStore = {
	value: 'handleRequest',
	name: 'Handle Request',
	action: 'Handle HTTP API request',
	description: 'Answer one request to the tracker APIs, the dashboard or the log pages',
	properties: [
		{
			displayName: 'Access',
			name: 'access',
			type: 'options',
			options: [
				{
					name: 'Everybody',
					value: 'everybody',
					description:
						'No access control: everybody who knows the address reads addresses and opens, and deletes pixels',
				},
				{
					name: 'Whom the Webhook Node Lets In',
					value: 'webhook',
					description:
						'Where the Webhook node has no authentication, nothing but images is answered',
				},
			],
			default: 'webhook',
			description: 'Who is answered. Images go out to everybody, or no mail could load them.',
		},
		{
			...receiveFields.trackingMode,
			description: 'The most that any open here may leave behind; a pixel or link can ask for less',
		},
		receiveFields.consentPolicy,
		{
			...receiveFields.recipientParameter,
			default: 'user',
			required: false,
			description:
				'The name of the query parameter that names the recipient of a link without a token; empty to read none',
			hint: 'With the default, …/tracker/ID.png?user=john@example.com is an open by john@example.com',
		},
		{
			displayName: 'Method',
			name: 'method',
			type: 'options',
			options: [
				{ name: 'As Received by the Webhook Node', value: METHOD_OF_WEBHOOK },
				{ name: 'DELETE', value: 'DELETE' },
				{ name: 'GET', value: 'GET' },
				{ name: 'HEAD', value: 'HEAD' },
				{ name: 'POST', value: 'POST' },
			],
			default: METHOD_OF_WEBHOOK,
			description: 'The HTTP method of the request',
		},
		{
			displayName: 'URL',
			name: 'url',
			type: 'string',
			default: '={{ $json.webhookUrl }}',
			required: true,
			description: 'The address of the webhook; the default is that of the Webhook node',
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				receiveOptions.keepAsAggregate,
				{
					...receiveOptions.ip,
					hint: 'Known only behind a proxy or tunnel of yours: n8n gives no address here but the one in X-Forwarded-For, and that counts with N8N_PROXY_HOPS',
				},
				receiveOptions.keep,
				receiveOptions.manyDomains,
				receiveOptions.purpose,
				receiveOptions.time,
			],
		},
	],
	async executeAlone({ node, index }) {
		const { method, guarded } = webhookOf(node, index);
		const forEverybody = node.getNodeParameter('access', index) === 'everybody';
		const url = node.getNodeParameter('url', index) as string;
		const request = await webRequest(node, index, { method, url });
		const fields = {
			getNodeParameter: (name: string, fallback?: unknown) =>
				node.getNodeParameter(name, index, fallback),
		};
		reportSetupInUse(node, reportedTracker(fields));
		const trouble = outage(node, 'The tracking API could not do all that it was asked for');
		let failed = false;
		const api = createTrackingApi({
			closed: !guarded && !forEverybody,
			openStore: async () => await openTrackingStore(node),
			inTime: (ask) => lookupsIn(node).inTime(ask),
			signing: async () => {
				const { keyRing, baseUrl } = await signingOf(node);
				return { keyRing, baseUrl: baseUrl || instanceBaseUrl(node) };
			},
			receiveSettings: receiveSettings(fields),
			receiveDeps: receiveDeps(node),
			clientAddress: forwardedClient,
			tokenLimiter: sharedTokenLimiter(),
			now: () => new Date(),
			randomBytes,
			timeZone: node.getTimezone(),
			recordOpen: async (open, limitMs) => await recordOpen(node, open, limitMs),
			waitingOpens: async () => await waitingFolders().report(),
			onError: (error) => {
				failed = true;
				trouble.failed(error);
			},
		});
		carryOnWaitingOpens(node);
		const response = await api.fetch(request);
		if (!failed) trouble.worked();
		await answerRequest(node, response, { isHead: method === 'HEAD' });
		return [{ json: { method, path: new URL(request.url).pathname, statusCode: response.status } }];
	},
};

let tokenLimiter: RateLimiter | undefined;

/** One for the process, or every execution would start to count anew. */
function sharedTokenLimiter(): RateLimiter {
	tokenLimiter ??= new RateLimiterMemory({
		points: TOKEN_REQUESTS,
		duration: TOKEN_WINDOW_SECONDS,
	});
	return tokenLimiter;
}
