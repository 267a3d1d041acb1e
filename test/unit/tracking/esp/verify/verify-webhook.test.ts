import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import fc from 'fast-check';

import { ESP_PROVIDERS, type EspProvider } from '../../../../../src/tracking/esp/parse-esp-payload';
import type {
	ReceivedWebhook,
	VerifyDeps,
	WebhookSecrets,
} from '../../../../../src/tracking/esp/verify/verification';
import { verifyWebhook } from '../../../../../src/tracking/esp/verify/verify-webhook';

const NO_SECRETS: WebhookSecrets = {
	signingKeys: [],
	topicArns: [],
	basicAuth: null,
	header: null,
};
const NOTHING: ReceivedWebhook = { headers: {}, rawBody: null, payload: {}, loggedIn: false };

function signedFile(name: string): string {
	return readFileSync(path.join(__dirname, '../../../../fixtures/esp/signed', name), 'utf8');
}

/** What became of a webhook: `genuine`, or the reason of the refusal. */
async function verdict(
	provider: EspProvider,
	webhook: Partial<ReceivedWebhook>,
	secrets: Partial<WebhookSecrets>,
	now: number | string,
	certificate = signedFile('sns-certificate.pem'),
): Promise<string> {
	const deps: VerifyDeps = {
		now: new Date(now),
		certificateAt: async () => await Promise.resolve(certificate),
	};
	const result = await verifyWebhook(
		provider,
		{ ...NOTHING, ...webhook },
		{ ...NO_SECRETS, ...secrets },
		deps,
	);
	return result.genuine ? 'genuine' : result.reason;
}

const WRONG = 'its signature does not fit';
const NONE = 'it carries no signature';
const OLD = 'its signature is not of this time';

describe.each(ESP_PROVIDERS.map(({ value }) => value))('a webhook of %s', (provider) => {
	const secrets: WebhookSecrets = {
		signingKeys: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
		topicArns: ['arn:aws:sns:eu-west-1:123456789012:opens'],
		basicAuth: { user: 'sender', password: 'correct horse' },
		header: null,
	};

	it('is refused where nothing was set, and the advice names what to set', async () => {
		const deps = { now: new Date(), certificateAt: async () => await Promise.resolve('') };
		const result = await verifyWebhook(provider, NOTHING, NO_SECRETS, deps);
		expect(result).toMatchObject({
			genuine: false,
			reason: 'there is nothing to check it with',
			advice: expect.stringContaining('Accept Unsigned Events'),
		});
	});

	it('is refused without a signature or a login, and no refusal shows a secret', async () => {
		const deps = { now: new Date(), certificateAt: async () => await Promise.resolve('') };
		const anything = fc.record({
			headers: fc.dictionary(fc.string(), fc.string()),
			rawBody: fc.option(fc.string().map((text) => Buffer.from(text))),
			payload: fc.jsonValue(),
			loggedIn: fc.constant(false),
		});
		await fc.assert(
			fc.asyncProperty(anything, async (webhook) => {
				// A list of nothing reports nothing.
				if (Array.isArray(webhook.payload) && webhook.payload.length === 0) return;
				const result = await verifyWebhook(provider, webhook, secrets, deps);
				expect(result.genuine).toBe(false);
				expect(JSON.stringify(result)).not.toMatch(/MfKQ9r8|correct horse/);
			}),
			{ numRuns: 50 },
		);
	});
});

/** https://github.com/sendgrid/sendgrid-nodejs/blob/main/packages/eventwebhook/src/eventwebhook.spec.js */
describe("SendGrid's published example", () => {
	const key =
		'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==';
	const headers = {
		'x-twilio-email-event-webhook-signature':
			'MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=',
		'x-twilio-email-event-webhook-timestamp': '1600112502',
	};
	const event = {
		email: 'hello@world.com',
		event: 'dropped',
		reason: 'Bounced Address',
		sg_event_id: 'ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA',
		sg_message_id: 'LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0',
		'smtp-id': '<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>',
		timestamp: 1600112492,
	};
	const rawBody = Buffer.from(`${JSON.stringify([event])}\r\n`);
	const webhook = { headers, rawBody };
	const now = 1600112502_000;

	it('is genuine, with one of several keys, and within a day', async () => {
		const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
		const other = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
		expect(await verdict('sendgrid', webhook, { signingKeys: [other, key] }, now)).toBe('genuine');
		const late = now + 23 * 3_600_000;
		expect(await verdict('sendgrid', webhook, { signingKeys: [key] }, late)).toBe('genuine');
		expect(await verdict('sendgrid', webhook, { signingKeys: [other] }, now)).toBe(WRONG);
	});

	it('is refused after a day, before its time, with another time and with another body', async () => {
		const check = async (changes: Partial<ReceivedWebhook>, at = now) =>
			await verdict('sendgrid', { ...webhook, ...changes }, { signingKeys: [key] }, at);
		expect(await check({}, now + 25 * 3_600_000)).toBe(OLD);
		expect(await check({}, now - 10 * 60_000)).toBe(OLD);
		const later = { ...headers, 'x-twilio-email-event-webhook-timestamp': '1600112503' };
		expect(await check({ headers: later })).toBe(WRONG);
		expect(await check({ rawBody: rawBody.subarray(0, -2) })).toBe(WRONG);
		expect(await check({ headers: {} })).toBe(NONE);
		expect(await check({ rawBody: null })).toContain('the body as it was sent is not there');
		expect(await verdict('sendgrid', webhook, { signingKeys: ['no key'] }, now)).toBe(
			'the signing key is no public key',
		);
	});
});

/** https://github.com/mailgun/mailgun-php/blob/master/tests/Api/WebhookTest.php */
describe("Mailgun's published example", () => {
	const key = 'key-3ax6xnjp29jd6fds4gc373sgvjxteol0';
	const signature = {
		timestamp: '1403645220',
		token: '5egbgr1vjgqxtrnp65xfznchgdccwh5d6i09vijqi3whgowmn6',
		signature: '9cfc5c41582e51246e73c88d34db3af0a3a2692a76fbab81492842f000256d33',
	};
	const now = 1403645220_000;
	const check = async (changes: object, at = now, keys = [key]) =>
		await verdict(
			'mailgun',
			{ payload: { signature: { ...signature, ...changes }, 'event-data': {} } },
			{ signingKeys: keys },
			at,
		);

	it('is genuine, also by the key of the main account', async () => {
		expect(await check({})).toBe('genuine');
		expect(await check({ timestamp: 1403645220 })).toBe('genuine');
		const parent = createHmac('sha256', 'parent')
			.update(signature.timestamp + signature.token)
			.digest('hex');
		expect(await check({ 'parent-signature': parent }, now, ['parent'])).toBe('genuine');
	});

	it('is refused when changed, by another key, and after a quarter of an hour', async () => {
		expect(await check({ token: `${signature.token}x` })).toBe(WRONG);
		expect(await check({ timestamp: '1403645221' })).toBe(WRONG);
		expect(await check({ signature: '' })).toBe(NONE);
		expect(await check({}, now, ['other'])).toBe(WRONG);
		expect(await check({}, now + 16 * 60_000)).toBe(OLD);
	});

	it('is refused where one of several parts is not signed', async () => {
		const payload = [{ signature }, { 'event-data': { event: 'opened' } }];
		expect(await verdict('mailgun', { payload }, { signingKeys: [key] }, now)).toBe(NONE);
	});
});

/** https://github.com/svix/svix-webhooks/blob/main/go/webhook_test.go (TestWebhookSign) */
describe("Svix' published example, which is how Resend signs", () => {
	const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
	const headers = {
		'svix-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
		'svix-timestamp': '1614265330',
		'svix-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
	};
	const rawBody = Buffer.from('{"test": 2432232314}');
	const now = 1614265330_000;
	const check = async (changes: Record<string, string>, at = now, body: Buffer | null = rawBody) =>
		await verdict(
			'resend',
			{ headers: { ...headers, ...changes }, rawBody: body },
			{ signingKeys: [key] },
			at,
		);

	it('is genuine, also beside signatures by another secret or of another version', async () => {
		expect(await check({})).toBe('genuine');
		const signatures = `v1,AAAA v2,${headers['svix-signature'].slice(3)} ${headers['svix-signature']}`;
		expect(await check({ 'svix-signature': signatures })).toBe('genuine');
	});

	it('is refused when changed, of another version, and after five minutes', async () => {
		expect(await check({ 'svix-id': 'msg_other' })).toBe(WRONG);
		expect(await check({ 'svix-signature': headers['svix-signature'].replace('v1', 'v2') })).toBe(
			WRONG,
		);
		expect(await check({}, now, Buffer.from('{"test":2432232314}'))).toBe(WRONG);
		expect(await check({ 'svix-signature': '' })).toBe(NONE);
		expect(await check({}, now, null)).toContain('the body as it was sent is not there');
		expect(await check({}, now + 6 * 60_000)).toBe(OLD);
	});

	it.each(['whsec_', 'whsec_AAAA', '???'])('is refused with the secret %p', async (weak) => {
		const signature = createHmac('sha256', Buffer.from(weak.replace('whsec_', ''), 'base64'))
			.update(`${headers['svix-id']}.${headers['svix-timestamp']}.${rawBody}`)
			.digest('base64');
		const webhook = { headers: { ...headers, 'svix-signature': `v1,${signature}` }, rawBody };
		expect(await verdict('resend', webhook, { signingKeys: [weak] }, now)).toBe(
			'the signing key is no signing secret',
		);
	});
});

describe('the published examples of Amazon SNS', () => {
	const topicArns = ['arn:aws:sns:us-west-2:131990247566:dongie-standard-topic'];
	const example = (name: string) => JSON.parse(signedFile(name)) as Record<string, string>;
	const check = async (
		payload: Record<string, string>,
		at = payload.Timestamp,
		certificate?: string,
	) => await verdict('ses', { payload }, { topicArns }, at, certificate);

	it.each([
		'sns-version-2.json',
		'sns-with-subject.json',
		'sns-without-subject.json',
		'sns-subscription.json',
	])('%s is genuine, and every field that counts is signed', async (name) => {
		const sent = example(name);
		expect(await check(sent)).toBe('genuine');
		for (const field of ['Message', 'MessageId', 'Subject', 'Token', 'SubscribeURL']) {
			if (!(field in sent)) continue;
			expect(await check({ ...sent, [field]: `${sent[field]} ` })).toBe(
				sent.Type === 'Notification' && (field === 'Token' || field === 'SubscribeURL')
					? 'genuine'
					: WRONG,
			);
		}
	});

	it('are refused after an hour, and without their signature', async () => {
		const sent = example('sns-version-2.json');
		expect(await check(sent, '2026-03-06T21:10:00.000Z')).toBe(OLD);
		delete sent.Signature;
		expect(await check(sent)).toBe(NONE);
	});

	it('are refused from a topic that is not ours: anybody can have one', async () => {
		const sent = example('sns-version-2.json');
		const others = { topicArns: ['arn:aws:sns:us-west-2:123456789012:opens'] };
		expect(await verdict('ses', { payload: sent }, others, sent.Timestamp)).toBe(
			'it comes from a topic that the credential does not name',
		);
	});

	it.each([
		'http://sns.us-west-2.amazonaws.com/SimpleNotificationService-1.pem',
		'https://sns.us-west-2.amazonaws.com.example.com/SimpleNotificationService-1.pem',
		'https://sns.s3.amazonaws.com/SimpleNotificationService-1.pem',
		'https://evil.sns.us-west-2.amazonaws.com/SimpleNotificationService-1.pem',
		'https://sns.us-west-2.amazonaws.com:8443/SimpleNotificationService-1.pem',
		'https://sns.us-west-2.amazonaws.com@example.com/SimpleNotificationService-1.pem',
		'https://user@sns.us-west-2.amazonaws.com/SimpleNotificationService-1.pem',
		'https://sns.us-west-2.amazonaws.com/other/SimpleNotificationService-1.pem',
		'https://sns.us-west-2.amazonaws.com/SimpleNotificationService-1.pem?next=https://example.com',
		'https://sns.us-west-2.amazonaws.com/?Action=GetCertificate.pem',
		'file:///etc/passwd',
		'not an address',
	])('are refused with a certificate at %s, and nobody asks there', async (address) => {
		const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
		const sent = example('sns-version-2.json');
		sent.SigningCertURL = address;
		sent.Signature = sign('RSA-SHA256', Buffer.from('anything'), privateKey).toString('base64');
		const asked: string[] = [];
		const result = await verifyWebhook(
			'ses',
			{ ...NOTHING, payload: sent },
			{ ...NO_SECRETS, topicArns },
			{
				now: new Date(sent.Timestamp),
				certificateAt: async (url) => {
					asked.push(url);
					return await Promise.resolve('');
				},
			},
		);
		expect(result).toMatchObject({
			genuine: false,
			reason: 'its certificate does not lie at Amazon SNS',
		});
		expect(asked).toEqual([]);
	});

	it('are refused where what lies there is no certificate', async () => {
		const sent = example('sns-version-2.json');
		expect(await check(sent, sent.Timestamp, '<html>')).toContain('not one that is in force');
	});

	it('are refused once the certificate has run out', async () => {
		const sent = { ...example('sns-version-2.json'), Timestamp: '2026-11-01T00:00:00.000Z' };
		expect(await check(sent)).toContain('not one that is in force');
	});
});

describe.each(['postmark', 'sparkpost', 'mailjet', 'brevo'] as const)(
	'%s, which signs nothing',
	(provider) => {
		const basicAuth = { user: 'sender', password: 'pä:ss' };
		const header = { name: 'Authorization', value: 'Bearer token' };
		const login = `Basic ${Buffer.from('sender:pä:ss').toString('base64')}`;
		const check = async (
			headers: Record<string, string>,
			secrets: Partial<WebhookSecrets>,
			loggedIn = false,
		) => await verdict(provider, { headers, loggedIn }, secrets, 0);
		const REFUSED = 'it does not carry the login of the service';

		it('is genuine with the user name and password that are set', async () => {
			expect(await check({ authorization: login }, { basicAuth })).toBe('genuine');
			expect(await check({ authorization: `${login} ` }, { basicAuth })).toBe(REFUSED);
			expect(await check({ authorization: '' }, { basicAuth })).toBe(REFUSED);
			expect(await check({}, { basicAuth })).toBe(REFUSED);
		});

		it('is genuine with the header that is set, and with both where both are set', async () => {
			expect(await check({ authorization: 'Bearer token' }, { header })).toBe('genuine');
			expect(await check({ authorization: 'Bearer other' }, { header })).toBe(REFUSED);
			const own = { name: 'X-Webhook-Token', value: 'token' };
			const both = { authorization: login, 'x-webhook-token': 'token' };
			expect(await check(both, { basicAuth, header: own })).toBe('genuine');
			expect(await check({ authorization: login }, { basicAuth, header: own })).toBe(REFUSED);
		});

		it('is genuine where the Webhook node has checked a login', async () => {
			expect(await check({}, {}, true)).toBe('genuine');
		});
	},
);
