import { randomBytes } from 'node:crypto';

import type { INodeType, IWebhookFunctions } from 'n8n-workflow';
import { resolveWebhookDescriptionField, type INode } from 'n8n-workflow';

import { OpenTrackingTrigger } from '../../nodes/OpenTrackingTrigger/OpenTrackingTrigger.node';
import { waitingFolders } from '../../nodes/shared/receive/waiting-opens';
import { signingOf } from '../../nodes/shared/installation/signing';
import { signTrackedLink } from '../../src/tracking/links/tracked-link';
import { LINK_NOT_FOUND, redirectTo } from '../../src/tracking/receive/link-response';
import type { OpenEvent } from '../../src/tracking/event/open-event';
import type { TrackingMode } from '../../src/tracking/event/tracking-mode';
import { MAIL_PROGRAM } from '../support/browser';
import { consentRecord } from '../support/consent-records';
import { keysOf } from '../support/denylist-keys';
import { eventually } from '../support/n8n-instance';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const TARGET = 'https://shop.example/boots?email=ada@example.com';

describe('the Email Open Trigger that tracks clicks', () => {
	const node: INodeType = new OpenTrackingTrigger();
	let folder: UserFolder;
	beforeAll(() => {
		folder = newUserFolder();
	});
	afterAll(async () => await folder.remove());

	const contextOf = (parameters: Record<string, unknown>, request: object, response: object) =>
		({
			getMode: () => 'webhook',
			getNode: () => ({ id: 'trigger', name: 'Email Open Trigger' }),
			getWorkflow: () => ({ id: 'workflow', name: 'Workflow' }),
			getWebhookName: () => 'click',
			getNodeParameter: (name: string, fallback?: unknown) => {
				const declared = node.description.properties.find((one) => one.name === name);
				if (!declared) throw new Error(`The node does not declare "${name}"`);
				return parameters[name] ?? declared.default ?? fallback;
			},
			logger: { debug() {}, info() {}, warn() {}, error() {} },
			getRequestObject: () => request,
			getResponseObject: () => response,
		}) as unknown as IWebhookFunctions;

	const tokenFor = async (recipientId: string, trackingMode: TrackingMode | null = null) => {
		const { keyRing } = await signingOf(contextOf({}, {}, {}) as never);
		const url = signTrackedLink({
			baseUrl: 'https://n8n.example.com/webhook',
			keyRing,
			iv: randomBytes(12),
			claims: {
				recipientId,
				pixelId: null,
				campaignId: 'spring',
				messageId: null,
				trackingMode,
				purpose: 'clicks',
				issuedAt: new Date(),
				preview: false,
				link: { url: TARGET, position: 1, label: null },
			},
		});
		return new URL(url ?? '').searchParams.get('t') ?? '';
	};

	async function follow(t: string, parameters: Record<string, unknown> = {}, method = 'GET') {
		const answer: Record<string, unknown> = {};
		const response = {
			writeHead: (status: number, headers: object) => Object.assign(answer, { status, headers }),
			end: (body?: Buffer) => Object.assign(answer, { body: body ?? Buffer.alloc(0) }),
			getHeaderNames: () => [],
			once: () => undefined,
		};
		const headers = { 'user-agent': MAIL_PROGRAM };
		const request = { method, query: { t }, headers, ip: '203.0.113.9' };
		const { workflowData } = await node.webhook!.call(
			contextOf({ trackClicks: true, ...parameters }, request, response),
		);
		return { answer, item: workflowData?.[0]?.[0]?.json };
	}

	it('redirects, and starts the workflow with the click', async () => {
		const { answer, item } = await follow(await tokenFor('ada'));
		expect(answer).toEqual(redirectTo(TARGET));
		expect(item).toMatchObject({
			event: 'click',
			purpose: 'clicks',
			recipientId: 'ada',
			campaignId: 'spring',
			link: { url: 'https://shop.example/boots', position: 1, label: null },
		});
	});

	it('has a click on disk before it redirects, and until the workflow is done with it', async () => {
		const onDisk = async () =>
			(await waitingFolders().eachLog(async (log) => log.peek(0, 9)))
				.flat()
				.filter(({ event }) => event.includes('"bob"')).length;
		const atAnswer: Array<Promise<number>> = [];
		const response = {
			writeHead: () => atAnswer.push(onDisk()),
			end: () => undefined,
			getHeaderNames: () => [],
			once: () => undefined,
			json: () => undefined,
		};
		const request = { method: 'GET', query: { t: await tokenFor('bob') }, headers: {}, ip: '::1' };
		const { workflowData, noWebhookResponse } = await node.webhook!.call(
			contextOf({ trackClicks: true }, request, response),
		);
		expect(await Promise.all(atAnswer)).toEqual([1]);
		// n8n is to tell how the execution ends.
		expect(noWebhookResponse).not.toBe(true);
		expect(workflowData).toHaveLength(1);
		response.json();
		await eventually(async () => (await onDisk()) === 0);
	});

	it('redirects HEAD, and starts nothing', async () => {
		const { answer, item } = await follow(await tokenFor('ada'), {}, 'HEAD');
		expect(answer).toEqual(redirectTo(TARGET));
		expect(item).toBeUndefined();
	});

	it('lets the store know of HEAD, so that whoever follows what it looked at is a machine there', async () => {
		const token = await tokenFor('looked-at');
		await follow(token, {}, 'HEAD');
		const { item } = await follow(token);
		expect(item).toMatchObject({ actor: 'human' });
		const store = await folder.store();
		const event = item as unknown as OpenEvent;
		await store.recordUnlessErased([{ event, denylistKeys: [] }]);
		// What the trigger hands over arrives on its own.
		await eventually(async () => {
			const { opens } = await store.listOpens({
				limit: 10,
				event: 'any',
				recipientId: 'looked-at',
			});
			return opens.length === 1 && opens[0].actorReason === 'link-head-first';
		});
	});

	it('redirects somebody who withdrew after the email was sent, and keeps nothing', async () => {
		const token = await tokenFor('wim');
		expect((await follow(token)).item).toMatchObject({ recipientId: 'wim' });
		const store = await folder.store();
		const recipientKey = 'wim';
		await store.recordConsent(
			[consentRecord({ recipientKey, purpose: 'performance', status: 'withdrawn' })],
			new Date(),
			keysOf,
		);
		// Opens and clicks are asked for apart.
		expect((await follow(token)).item).toMatchObject({ recipientId: 'wim' });
		await store.recordConsent(
			[consentRecord({ recipientKey, purpose: 'clicks', status: 'withdrawn' })],
			new Date(),
			keysOf,
		);
		expect(await follow(token)).toEqual({ answer: redirectTo(TARGET), item: undefined });
	});

	it('redirects nobody known under Consent Required, nor in mode Off, and keeps nothing', async () => {
		const token = await tokenFor('nina');
		for (const parameters of [{ consentPolicy: 'consent-required' }, { trackingMode: 'off' }]) {
			const followed = await follow(token, parameters);
			expect(followed).toEqual({ answer: redirectTo(TARGET), item: undefined });
		}
	});

	it('gives a forged or damaged link a page that says nothing', async () => {
		const token = await tokenFor('ada');
		for (const text of ['', 'x', token.slice(1), `${token}A`]) {
			expect(await follow(text)).toEqual({ answer: LINK_NOT_FOUND, item: undefined });
		}
	});

	it('listens for clicks only where they are switched on, without an expression per request', () => {
		const description = node.description.webhooks!.find(({ name }) => `${name}` === 'click')!;
		const field = (parameters: INode['parameters'], name: 'httpMethod' | 'path') =>
			resolveWebhookDescriptionField({ parameters } as INode, description, name);
		expect(field({}, 'httpMethod')).toEqual({ resolved: true, value: '' });
		expect(field({ trackClicks: true }, 'httpMethod')).toEqual({
			resolved: true,
			value: 'GET,HEAD',
		});
		expect(field({}, 'path')).toEqual({ resolved: true, value: 'email-open/link' });
	});
});
