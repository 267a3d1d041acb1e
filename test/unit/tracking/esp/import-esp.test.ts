import { readFileSync } from 'node:fs';
import path from 'node:path';

import fc from 'fast-check';

import { ESP_REASONS } from '../../../../src/tracking/esp/esp-reasons';
import {
	ESP_PROVIDERS,
	type EspImportSettings,
	type EspProvider,
	parseEspPayload,
} from '../../../../src/tracking/esp/parse-esp-payload';
import { receiveReportedOpen } from '../../../../src/tracking/esp/receive-reported-open';
import { type OpenEvent, openEventSchema } from '../../../../src/tracking/event/open-event';
import { TRACKING_MODES } from '../../../../src/tracking/event/tracking-mode';
import type { ReceiveDeps } from '../../../../src/tracking/receive/receive-types';

type Json = Record<string, unknown>;

const SETTINGS: EspImportSettings = {
	recipient: 'address',
	recipientKey: '',
	purpose: 'performance',
	keepRequest: false,
	initialOpens: false,
	clicks: true,
};

function fixture(provider: EspProvider): Json | Json[] {
	const file = path.join(__dirname, '../../../fixtures/esp', `${provider}.json`);
	return JSON.parse(readFileSync(file, 'utf8')) as Json | Json[];
}

function parse(provider: EspProvider, payload: unknown, settings: Partial<EspImportSettings> = {}) {
	return parseEspPayload(provider, payload, { ...SETTINGS, ...settings });
}

/** The one open of a payload, or the first of them. */
function first(
	provider: EspProvider,
	payload: unknown,
	settings: Partial<EspImportSettings> = {},
): OpenEvent {
	const { opens, rejected } = parse(provider, payload, settings);
	expect(rejected).toEqual([]);
	return opens[0];
}

/** A copy with other values at a dotted path. */
function changed<T>(value: T, dotted: string, to: unknown): T {
	const copy = structuredClone(value);
	const names = dotted.split('.');
	const last = names.pop() ?? '';
	const target = names.reduce<Json>((inner, name) => inner[name] as Json, copy as Json);
	target[last] = to;
	return copy;
}

const PAGES: Record<EspProvider, string> = {
	brevo: 'https://developers.brevo.com/docs/transactional-webhooks',
	mailgun: 'https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhooks',
	mailjet: 'https://dev.mailjet.com/email/guides/webhooks/',
	postmark: 'https://postmarkapp.com/developer/webhooks/open-tracking-webhook',
	resend: 'https://resend.com/docs/dashboard/webhooks/event-types',
	sendgrid: 'https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event#open',
	ses: 'https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html',
	sparkpost: 'https://developers.sparkpost.com/api/webhooks/#webhooks-events',
};

/** What is in every fixture, as far as the service reports it. */
const MESSAGE: Record<EspProvider, string> = {
	brevo: '<202609100959.9876543210@smtp-relay.mailin.fr>',
	mailgun: '20260910095959.1.AAAA@example.com',
	mailjet: '1ab23cd4-e567-8901-2345-6789f0gh1i2j',
	postmark: 'f4830d10-9c35-4f0c-bca3-3d9b459821f8',
	resend: '56761188-7520-42d8-8898-ff6fc54ce618',
	sendgrid: '14c5d75ce93',
	ses: 'EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000',
	sparkpost: '000443ee14578172be22',
};
const WHOLE_SECONDS: readonly EspProvider[] = ['sendgrid', 'sparkpost', 'mailjet'];
const NO_AGENT: readonly EspProvider[] = ['brevo', 'resend'];

describe.each(ESP_PROVIDERS.map(({ value }) => ({ provider: value, page: PAGES[value] })))(
	'an open that $provider reports ($page)',
	({ provider }) => {
		const payload = fixture(provider);

		it('is an open event with recipient, message, campaign and time', () => {
			const event = first(provider, payload);
			expect(openEventSchema.parse(event)).toEqual(event);
			expect(event).toMatchObject({
				event: 'open',
				occurredAt: WHOLE_SECONDS.includes(provider)
					? '2026-09-10T10:00:00.000Z'
					: '2026-09-10T10:00:00.250Z',
				recipientId: 'ada@example.com',
				recipientReason: null,
				campaignId: 'autumn',
				messageId: MESSAGE[provider],
				purpose: 'performance',
				pixelId: null,
			});
		});

		it('is judged by its user agent where the service has no label', () => {
			const { actor, actorReason, client } = first(provider, payload);
			if (NO_AGENT.includes(provider)) {
				expect([actor, actorReason]).toEqual(['unknown', 'esp:no-label']);
				return;
			}
			expect([actor, actorReason]).toEqual(['human', 'mail-client']);
			expect(client).toMatchObject({ family: 'Thunderbird', os: 'Linux' });
		});

		it('keeps address and agent of the reader only when asked', () => {
			const { request, ...rest } = first(provider, payload);
			expect(request).toEqual({ ip: null, userAgent: null, referer: null, acceptLanguage: null });
			expect(JSON.stringify(rest)).not.toContain('192.0.2.');
			const kept = first(provider, payload, { keepRequest: true }).request;
			if (!NO_AGENT.includes(provider)) {
				expect(kept.ip).toBe('192.0.2.10');
				expect(kept.userAgent).toContain('Thunderbird/115.0');
			}
		});

		it('takes the recipient id from the sender’s own values', () => {
			const settings = { recipient: 'metadata', recipientKey: 'customer' } as const;
			expect(first(provider, payload, settings).recipientId).toBe('c-42');
			const missing = first(provider, payload, { ...settings, recipientKey: 'nope' });
			expect(missing).toMatchObject({ recipientId: null, recipientReason: 'missing' });
			expect(JSON.stringify(missing)).not.toContain('ada@example.com');
		});

		it('is the same event when it comes again, and another one at another time', () => {
			const ids = [payload, structuredClone(payload)].map((one) => first(provider, one).eventId);
			expect(ids[0]).toBe(ids[1]);
			expect(ids[0]).toMatch(
				/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
			);
		});

		it.each([
			['nothing', null],
			['text', 'hello'],
			['a number', 7],
			['an empty object', {}],
			['a list of nothing', [null, 3]],
		])('is not found in %s, which is rejected with a reason', (_name, wrong) => {
			const { opens, rejected, ignored } = parse(provider, wrong);
			expect(opens).toEqual([]);
			expect(rejected.length + ignored).toBe(Array.isArray(wrong) ? wrong.length : 1);
			for (const one of rejected) expect(one.reason).not.toBe('');
		});

		it('is never invented: nothing in a payload of any shape throws', () => {
			const anything = fc.oneof(fc.jsonValue(), fc.constant(payload), fc.array(fc.jsonValue()));
			fc.assert(
				fc.property(anything, fc.jsonValue(), (value, noise) => {
					const mixed = Array.isArray(payload) ? [...payload, noise, value] : value;
					const { opens, reported } = parse(provider, mixed);
					for (const event of opens) openEventSchema.parse(event);
					for (const { as } of reported) openEventSchema.parse(as);
				}),
				{ numRuns: 100 },
			);
		});
	},
);

describe('labels of the services are kept', () => {
	const event = (provider: EspProvider, payload: unknown) => {
		const { actor, actorReason } = first(provider, payload);
		if (actorReason?.startsWith('esp:')) expect(ESP_REASONS).toHaveProperty([actorReason]);
		return [actor, actorReason];
	};

	it('SendGrid sg_machine_open', () => {
		const { opens, ignored } = parse('sendgrid', fixture('sendgrid'));
		expect(opens.map(({ actor, actorReason }) => [actor, actorReason])).toEqual([
			['human', 'mail-client'],
			['prefetch', 'esp:sendgrid-machine-open'],
		]);
		expect(ignored).toBe(0);
	});

	it.each([
		['apple', 'Mozilla/5.0', 'prefetch', 'esp:mailgun-bot-apple'],
		['gmail', 'Mozilla/5.0 Edge/12.246 Mozilla/5.0', 'prefetch', 'esp:mailgun-bot-gmail'],
		[
			'gmail',
			'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
			'human-via-proxy',
			'esp:mailgun-bot-gmail-proxy',
		],
		['generic', 'curl/8.0', 'scanner', 'esp:mailgun-bot-generic'],
		['something-new', 'x', 'bot', 'esp:mailgun-bot'],
	])('Mailgun client-info.bot %s', (bot, agent, actor, code) => {
		const payload = changed(fixture('mailgun') as Json, 'event-data.client-info.bot', bot);
		const labeled = changed(payload, 'event-data.client-info.user-agent', agent);
		expect(event('mailgun', labeled)).toEqual([actor, code]);
	});

	it.each([
		['is_prefetched', true, 'prefetch', 'esp:sparkpost-prefetched'],
		['is_prefetched', 'true', 'prefetch', 'esp:sparkpost-prefetched'],
		['is_proxy', true, 'human-via-proxy', 'esp:sparkpost-proxy'],
	])('SparkPost %s', (flag, value, actor, code) => {
		const payload = fixture('sparkpost') as Json[];
		const labeled = changed(payload, `0.msys.track_event.user_agent_parsed.${flag}`, value);
		expect(event('sparkpost', labeled)).toEqual([actor, code]);
	});

	it('SparkPost is_mobile is a phone, and its families get our names', () => {
		const parsed = '0.msys.track_event.user_agent_parsed';
		let payload = changed(fixture('sparkpost') as Json[], `${parsed}.is_mobile`, true);
		payload = changed(payload, `${parsed}.agent_family`, 'Mobile Safari');
		payload = changed(payload, `${parsed}.os_family`, 'Mac OS X');
		expect(first('sparkpost', payload).client).toEqual({
			family: 'Safari',
			os: 'macOS',
			device: 'phone',
		});
	});

	it.each(['proxy_open', 'unique_proxy_open'])('Brevo %s', (name) => {
		expect(event('brevo', changed(fixture('brevo') as Json, 'event', name))).toEqual([
			'prefetch',
			'esp:brevo-proxy-open',
		]);
	});
});

describe('what a service does its own way', () => {
	it('SES: the same event wrapped by SNS, under the id of SNS', () => {
		const raw = fixture('ses') as Json;
		const wrap = (id: string, message: unknown) => ({
			Type: 'Notification',
			MessageId: id,
			TopicArn: 'arn:aws:sns:eu-west-1:123456789012:opens',
			Message: JSON.stringify(message),
			Timestamp: '2026-09-10T10:00:01.000Z',
		});
		const one = first('ses', wrap('1c2a7465-1f6b-4a2c-b92f-0f24b9c7f3c5', raw));
		const repeat = first('ses', wrap('1c2a7465-1f6b-4a2c-b92f-0f24b9c7f3c5', raw));
		const other = first('ses', wrap('2d3b8576-2f7c-4b3d-8a30-1f35cac8f4d6', raw));
		expect(repeat.eventId).toBe(one.eventId);
		expect(other.eventId).not.toBe(one.eventId);
		expect(one).toMatchObject({ recipientId: 'ada@example.com', campaignId: 'autumn' });
		const broken = parse('ses', { ...wrap('x', raw), Message: '{broken' });
		expect(broken.rejected).toEqual([
			{ index: 0, reason: 'The message that SNS delivered is not JSON' },
		]);
	});

	it.each([
		[
			'a subscription',
			{ Type: 'SubscriptionConfirmation', MessageId: 'x', SubscribeURL: 'https://x' },
		],
		['the end of one', { Type: 'UnsubscribeConfirmation', MessageId: 'x' }],
		[
			'that a topic works',
			{
				Type: 'Notification',
				MessageId: 'x',
				Message: 'Successfully validated SNS topic for Amazon SES event publishing.',
			},
		],
		[
			'a delivery, as a feedback notification',
			{
				Type: 'Notification',
				MessageId: 'x',
				Message: JSON.stringify({ notificationType: 'Delivery', mail: { messageId: 'm' } }),
			},
		],
	])('SES: what SNS says of %s is left out', (_what, notice) => {
		expect(parse('ses', notice)).toEqual({
			opens: [],
			clicks: [],
			reported: [],
			rejected: [],
			ignored: 1,
		});
	});

	it.each([
		['ses', 'mail.destination'],
		['resend', 'data.to'],
	] as const)('%s: an email to several people names none of them', (provider, dotted) => {
		const payload = changed(fixture(provider) as Json, dotted, ['a@example.com', 'b@example.com']);
		expect(first(provider, payload)).toMatchObject({
			recipientId: null,
			recipientReason: 'missing',
		});
	});

	it('Brevo: both names of a first open are one event', () => {
		const payload = fixture('brevo') as Json;
		expect(first('brevo', changed(payload, 'event', 'opened')).eventId).toBe(
			first('brevo', payload).eventId,
		);
	});

	it('Mailgun: items of its Events API need no envelope', () => {
		const payload = fixture('mailgun') as Json;
		expect(first('mailgun', payload['event-data'])).toEqual(first('mailgun', payload));
	});

	it('SparkPost: other events and the empty first call are ignored', () => {
		const { opens, ignored, rejected } = parse('sparkpost', fixture('sparkpost'));
		expect([opens.length, ignored, rejected.length]).toEqual([1, 2, 0]);
	});

	it('SparkPost: one reading of an email with two pixels is one open', () => {
		const [open] = fixture('sparkpost') as Json[];
		const top = changed(open, 'msys.track_event.type', 'initial_open');
		const { opens, ignored } = parse('sparkpost', [top, open]);
		expect([opens.length, ignored]).toEqual([1, 1]);
		const all = parse('sparkpost', [top, open], { initialOpens: true });
		expect([all.opens.length, all.ignored]).toEqual([2, 0]);
	});

	it('Mailjet: a single event comes without a list', () => {
		const [open] = fixture('mailjet') as Json[];
		expect(first('mailjet', open)).toEqual(first('mailjet', [open]));
	});

	it('Mailjet: a list without opens has none', () => {
		expect(parse('mailjet', (fixture('mailjet') as Json[]).slice(1))).toEqual({
			opens: [],
			clicks: [],
			reported: [],
			rejected: [],
			ignored: 1,
		});
	});

	it('an open without a time, or without anything to know a repeat by, is rejected', () => {
		const postmark = fixture('postmark') as Json;
		const noTime = parse('postmark', changed(postmark, 'ReceivedAt', 'yesterday'));
		expect(noTime.rejected[0].reason).toBe('The open has no time that can be read');
		const noMessage = parse('postmark', changed(postmark, 'MessageID', ''));
		expect(noMessage.rejected[0].reason).toContain('could not be told from a new one');
	});

	it('an id that is too long or holds control characters is left out, with the reason', () => {
		const resend = fixture('resend') as Json;
		const long = first('resend', changed(resend, 'data.to', ['x'.repeat(257)]));
		expect(long).toMatchObject({ recipientId: null, recipientReason: 'too-long' });
		const control = first('resend', changed(resend, 'data.to', ['a\u0000b']));
		expect(control).toMatchObject({ recipientId: null, recipientReason: 'control-characters' });
	});
});

describe('an imported open on its way into the store', () => {
	const deps = (changes: Partial<ReceiveDeps> = {}) => ({
		isSuppressed: () => Promise.resolve(false),
		consentStatus: () => Promise.resolve({ status: 'given' as const, recordId: 'record-1' }),
		pseudonym: (id: string, scope: string) => `p-${id.length}-${scope}`,
		...changes,
	});
	const consent = {
		policy: 'consent-required',
		label: 'eu-2026.1',
		keepAsAggregate: true,
	} as const;
	const open = first('postmark', fixture('postmark'), { keepRequest: true });

	it('keeps what its mode allows and nothing else', async () => {
		const stored = await Promise.all(
			TRACKING_MODES.map(async (mode) => {
				const { event } = await receiveReportedOpen(open, { mode, consent }, deps());
				return event && [event.trackingMode, event.recipientId, event.request.ip];
			}),
		);
		expect(stored).toEqual([
			null,
			['aggregate', null, null],
			['hygiene', 'ada@example.com', null],
			['pseudonymous', 'p-15-autumn', null],
			['identified', 'ada@example.com', null],
			['full', 'ada@example.com', '192.0.2.10'],
		]);
	});

	it('is nothing for a person who was erased', async () => {
		const erased = deps({ isSuppressed: () => Promise.resolve(true) });
		const { event, reason } = await receiveReportedOpen(
			open,
			{ mode: 'identified', consent },
			erased,
		);
		expect([event, reason]).toEqual([null, 'suppressed']);
	});

	it('is a bare count for a person who withdrew, and says under which policy', async () => {
		const withdrawn = deps({
			consentStatus: () => Promise.resolve({ status: 'withdrawn', recordId: 'record-2' }),
		});
		const { event } = await receiveReportedOpen(open, { mode: 'identified', consent }, withdrawn);
		expect(event).toMatchObject({
			trackingMode: 'aggregate',
			recipientId: null,
			messageId: null,
			consent: { policy: 'eu-2026.1' },
		});
		expect(JSON.stringify(event)).not.toContain('ada@');
	});
});
