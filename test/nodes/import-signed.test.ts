import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ICredentialTestFunctions, INodeExecutionData } from 'n8n-workflow';

import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { ESP_PROVIDERS, type EspProvider } from '../../src/tracking/esp/parse-esp-payload';
import { executeNode } from '../support/node-context';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const node = new OpenTracking();
const CREDENTIAL = 'openTrackingEmailServiceApi';
const TOKEN = 'token-of-a-webhook';
const SECRET = `whsec_${Buffer.from('a secret of the test only').toString('base64')}`;
const sendGridKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function fixture(provider: EspProvider): unknown {
	const file = join(__dirname, '..', 'fixtures', 'esp', `${provider}.json`);
	return JSON.parse(readFileSync(file, 'utf8'));
}

/** What the service posts: headers and body, as the service signs them now. */
function posted(provider: EspProvider): { headers: Record<string, string>; body: string } {
	const body = JSON.stringify(fixture(provider));
	const seconds = String(Math.round(Date.now() / 1000));
	switch (provider) {
		case 'sendgrid': {
			const signature = sign('sha256', Buffer.from(seconds + body), sendGridKeys.privateKey);
			return {
				headers: {
					'x-twilio-email-event-webhook-timestamp': seconds,
					'x-twilio-email-event-webhook-signature': signature.toString('base64'),
				},
				body,
			};
		}
		case 'resend': {
			const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
			const signature = createHmac('sha256', key)
				.update(`msg_1.${seconds}.${body}`)
				.digest('base64');
			return {
				headers: {
					'svix-id': 'msg_1',
					'svix-timestamp': seconds,
					'svix-signature': `v1,${signature}`,
				},
				body,
			};
		}
		case 'mailgun': {
			const signature = createHmac('sha256', SECRET).update(`${seconds}${TOKEN}`).digest('hex');
			const event = fixture('mailgun') as object;
			return {
				headers: {},
				body: JSON.stringify({
					...event,
					signature: { timestamp: seconds, token: TOKEN, signature },
				}),
			};
		}
		default: {
			const login = Buffer.from(`sender:${SECRET}`).toString('base64');
			return { headers: { authorization: `Basic ${login}` }, body };
		}
	}
}

/** What n8n's Webhook node makes of it, with or without its option Raw Body. */
function itemOf({ headers, body }: ReturnType<typeof posted>, rawBody = true): INodeExecutionData {
	return {
		json: { headers, params: {}, query: {}, body: JSON.parse(body) },
		...(rawBody && {
			binary: {
				data: { data: Buffer.from(body).toString('base64'), mimeType: 'application/json' },
			},
		}),
	};
}

const credentials = {
	[CREDENTIAL]: {
		signingSecretKey: SECRET,
		user: 'sender',
		password: SECRET,
	},
};
const sendGridCredentials = {
	[CREDENTIAL]: {
		signingSecretKey: sendGridKeys.publicKey
			.export({ format: 'der', type: 'spki' })
			.toString('base64'),
	},
};
const credentialsOf = (provider: EspProvider) =>
	provider === 'sendgrid' ? sendGridCredentials : credentials;

describe('Open Tracking: Open → Import, of a webhook', () => {
	let folder: UserFolder;
	beforeEach(() => (folder = newUserFolder()));
	afterEach(async () => await folder.remove());

	const stored = async () => (await (await folder.store()).listOpens({ limit: 100 })).opens.length;

	async function run(
		provider: EspProvider,
		item: INodeExecutionData,
		options: Parameters<typeof executeNode>[2] = {},
	) {
		const { output } = await executeNode(node, [item], {
			webhookParameters: { authentication: 'none' },
			...options,
			parameters: { resource: 'open', operation: 'import', provider, ...options.parameters },
		});
		return output[0];
	}
	const NOT_BY_SNS = ESP_PROVIDERS.map(({ value }) => value).filter((value) => value !== 'ses');

	it.each(NOT_BY_SNS)('%s is taken when it is signed', async (provider) => {
		const items = await run(provider, itemOf(posted(provider)), {
			credentials: credentialsOf(provider),
		});
		const opens = items.filter(({ json }) => json.event === 'open');
		expect(opens.length).toBeGreaterThan(0);
		expect(await stored()).toBe(opens.length);
	});

	it.each(ESP_PROVIDERS.map(({ value }) => value))(
		'%s is refused without a signature, and nothing is stored',
		async (provider) => {
			const item = itemOf({ headers: {}, body: JSON.stringify(fixture(provider)) });
			const withKeys = {
				...credentialsOf(provider),
				[CREDENTIAL]: {
					...credentialsOf(provider)[CREDENTIAL],
					topicArns: 'arn:aws:sns:eu-west-1:123456789012:opens',
				},
			};
			for (const given of [{}, withKeys]) {
				await expect(run(provider, item, { credentials: given })).rejects.toMatchObject({
					message: expect.stringContaining('The payload was refused: '),
					description: expect.stringMatching(/./),
					context: { itemIndex: 0 },
				});
			}
			const [failed] = await run(provider, item, { continueOnFail: true });
			expect(failed.json.error).toContain('there is nothing to check it with');
			expect(await stored()).toBe(0);
		},
	);

	it.each(ESP_PROVIDERS.map(({ value }) => value))(
		'%s is taken without one where that was chosen',
		async (provider) => {
			const item = itemOf({ headers: {}, body: JSON.stringify(fixture(provider)) });
			const parameters = { importOptions: { acceptUnsigned: true } };
			expect((await run(provider, item, { parameters })).length).toBeGreaterThan(0);
		},
	);

	it('reads what was signed, and nothing beside it', async () => {
		const signed = itemOf(posted('sendgrid'));
		const forged = { ...signed, json: { ...signed.json, body: [{ event: 'open' }] } };
		const items = await run('sendgrid', forged, {
			credentials: sendGridCredentials,
			parameters: { importOptions: { trackClicks: true } },
		});
		expect(items.map(({ json }) => json.recipientId)).toEqual([
			'ada@example.com',
			'grace@example.com',
			'ada@example.com',
		]);
	});

	it('says which option of the Webhook node is missing', async () => {
		const item = itemOf(posted('resend'), false);
		await expect(run('resend', item, { credentials })).rejects.toMatchObject({
			description: expect.stringContaining('Raw Body'),
		});
	});

	it.each([
		['basicAuth', true],
		['headerAuth', true],
		['none', false],
		[undefined, false],
		['={{ $env.AUTHENTICATION }}', false],
	])('believes a Webhook node with authentication %s: %s', async (authentication, isBelieved) => {
		const item = itemOf({ headers: {}, body: JSON.stringify(fixture('postmark')) });
		const taken = run('postmark', item, { webhookParameters: { authentication } });
		if (isBelieved) expect(await taken).toHaveLength(1);
		else await expect(taken).rejects.toThrow('nothing to check it with');
		// A login proves nothing about a service that signs.
		await expect(
			run('mailgun', itemOf({ headers: {}, body: JSON.stringify(fixture('mailgun')) }), {
				webhookParameters: { authentication },
				credentials,
			}),
		).rejects.toThrow('The payload was refused: its signature does not fit');
	});

	describe('by Amazon SNS', () => {
		const signedFile = (name: string) =>
			readFileSync(join(__dirname, '..', 'fixtures', 'esp', 'signed', name), 'utf8');
		const topic = { topicArns: 'arn:aws:sns:us-west-2:131990247566:dongie-standard-topic' };
		const body = signedFile('sns-subscription.json');
		/** SNS calls its JSON text, so the Webhook node leaves it alone. */
		const item = { json: { headers: {}, body } };

		it('asks Amazon for the certificate once, and follows no redirect', async () => {
			jest.useFakeTimers({ now: new Date('2026-03-06T19:32:00Z'), doNotFake: ['setTimeout'] });
			try {
				const asked: unknown[] = [];
				const options = {
					credentials: { [CREDENTIAL]: topic },
					httpRequest: async (request: { url: string }) => {
						asked.push(request);
						return await Promise.resolve(signedFile('sns-certificate.pem'));
					},
					continueOnFail: true,
				};
				const other = { [CREDENTIAL]: { topicArns: 'arn:aws:sns:us-west-2:1:other' } };
				const [refused] = await run('ses', item, { ...options, credentials: other });
				expect(refused.json.error).toContain('a topic that the credential does not name');
				expect(asked).toEqual([]);
				// A subscription is not an open, and nobody is told to confirm it.
				expect(await run('ses', item, options)).toEqual([]);
				expect(await run('ses', item, options)).toEqual([]);
				expect(asked).toEqual([
					expect.objectContaining({
						url: JSON.parse(body).SigningCertURL,
						disableFollowRedirect: true,
					}),
				]);
			} finally {
				jest.useRealTimers();
			}
		});
	});
});

describe('the test of the credential Open Tracking Email Service', () => {
	const test = async (data: Record<string, string>) =>
		await node.methods.credentialTest.openTrackingEmailServiceTest.call(
			{} as ICredentialTestFunctions,
			{ id: '1', name: 'Email service', type: CREDENTIAL, data },
		);

	it('says what webhooks are checked by, and shows no secret', async () => {
		const data = { signingSecretKey: SECRET, user: 'sender', password: SECRET };
		expect(await test(data)).toEqual({
			status: 'OK',
			message: 'Webhooks are checked by the signing key and user and password',
		});
	});

	it('says what is missing or wrong', async () => {
		expect(await test({})).toMatchObject({ status: 'Error' });
		expect(await test({ topicArns: 'opens' })).toEqual({
			status: 'Error',
			message: '"opens" is no ARN of an SNS topic. Copy it from the console of Amazon SNS.',
		});
	});
});
