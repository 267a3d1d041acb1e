import { readFileSync } from 'node:fs';
import path from 'node:path';

import fc from 'fast-check';

import {
	ESP_PROVIDERS,
	type EspImportSettings,
	type EspProvider,
	parseEspPayload,
	parseInParts,
} from '../../../../src/tracking/esp/parse-esp-payload';
import { receiveReportedOpen } from '../../../../src/tracking/esp/receive-reported-open';
import { receiveReported, type ReportedEvent } from '../../../../src/tracking/esp/reported-event';
import { TRACKING_MODES } from '../../../../src/tracking/event/tracking-mode';

type Json = Record<string, unknown>;

const SETTINGS: EspImportSettings = {
	recipient: 'address',
	recipientKey: '',
	purpose: 'performance',
	keepRequest: true,
	initialOpens: false,
	clicks: true,
};
const AT = 1789034400;
const ISO = '2026-09-10T10:00:00.000Z';
const ada = 'ada@example.com';
const link = 'https://example.com/offer?customer=42#top';

/** A click, a bounce that is final and a complaint, in the form of the documentation of each service. */
const REPORTS: Record<EspProvider, { click: Json; bounce: Json; complaint: Json }> = {
	brevo: {
		click: { event: 'click', email: ada, 'message-id': '<m@x>', ts_epoch: AT * 1000, link },
		bounce: {
			event: 'hard_bounce',
			email: ada,
			'message-id': '<m@x>',
			ts_epoch: AT * 1000,
			reason: `550 5.1.1 <${ada}>: user unknown`,
		},
		complaint: { event: 'spam', email: ada, 'message-id': '<m@x>', ts_epoch: AT * 1000 },
	},
	mailgun: {
		click: {
			'event-data': { event: 'clicked', id: 'a', timestamp: AT, recipient: ada, url: link },
		},
		bounce: {
			'event-data': {
				event: 'failed',
				severity: 'permanent',
				id: 'b',
				timestamp: AT,
				recipient: ada,
				'delivery-status': { code: 550, message: `5.1.1 <${ada}> does not exist` },
			},
		},
		complaint: { 'event-data': { event: 'complained', id: 'c', timestamp: AT, recipient: ada } },
	},
	mailjet: {
		click: { event: 'click', time: AT, email: ada, Message_GUID: 'm', url: link },
		bounce: {
			event: 'bounce',
			time: AT,
			email: ada,
			Message_GUID: 'm',
			hard_bounce: true,
			comment: `Host says 5.1.1 ${ada} unknown`,
		},
		complaint: { event: 'spam', time: AT, email: ada, Message_GUID: 'm', source: 'JMRPP' },
	},
	postmark: {
		click: {
			RecordType: 'Click',
			MessageID: 'm',
			Recipient: ada,
			ReceivedAt: ISO,
			OriginalLink: link,
		},
		bounce: {
			RecordType: 'Bounce',
			ID: 4323372036854775807,
			Type: 'HardBounce',
			MessageID: 'm',
			Email: ada,
			BouncedAt: ISO,
			Details: `smtp;550 5.1.1 ${ada} unknown`,
		},
		complaint: { RecordType: 'SpamComplaint', MessageID: 'm', Email: ada, BouncedAt: ISO },
	},
	resend: {
		click: {
			type: 'email.clicked',
			created_at: ISO,
			data: { email_id: 'm', to: [ada], click: { link, timestamp: ISO, ipAddress: '192.0.2.1' } },
		},
		bounce: {
			type: 'email.bounced',
			created_at: '2026-09-10 10:00:00.000+00',
			data: {
				email_id: 'm',
				to: [ada],
				bounce: { type: 'Permanent', message: `5.1.1 <${ada}> unknown` },
			},
		},
		complaint: {
			type: 'email.complained',
			created_at: ISO,
			data: { email_id: 'm', to: [ada] },
		},
	},
	sendgrid: {
		click: { event: 'click', email: ada, timestamp: AT, sg_event_id: 'a', url: link },
		bounce: {
			event: 'bounce',
			type: 'bounce',
			email: ada,
			timestamp: AT,
			sg_event_id: 'b',
			status: '5.1.1',
			reason: `550 5.1.1 <${ada}> unknown`,
		},
		complaint: { event: 'spamreport', email: ada, timestamp: AT, sg_event_id: 'c' },
	},
	ses: {
		click: {
			eventType: 'Click',
			mail: { messageId: 'm', destination: [ada] },
			click: { timestamp: ISO, link, ipAddress: '192.0.2.1' },
		},
		// A feedback notification, the older form.
		bounce: {
			notificationType: 'Bounce',
			mail: { messageId: 'm', destination: [ada] },
			bounce: {
				bounceType: 'Permanent',
				timestamp: ISO,
				feedbackId: 'f',
				bouncedRecipients: [
					{ emailAddress: ada, status: '5.1.1', diagnosticCode: `smtp; 550 ${ada} unknown` },
				],
			},
		},
		complaint: {
			eventType: 'Complaint',
			mail: { messageId: 'm', destination: [ada] },
			complaint: {
				timestamp: ISO,
				feedbackId: 'g',
				complainedRecipients: [{ emailAddress: ada }],
			},
		},
	},
	sparkpost: {
		click: {
			msys: {
				track_event: {
					type: 'click',
					event_id: 'a',
					timestamp: String(AT),
					rcpt_to: ada,
					target_link_url: link,
				},
			},
		},
		bounce: {
			msys: {
				message_event: {
					type: 'bounce',
					event_id: 'b',
					timestamp: String(AT),
					rcpt_to: ada,
					bounce_class: '10',
					raw_reason: `550 5.1.1 <${ada}> unknown`,
				},
			},
		},
		complaint: {
			msys: {
				message_event: {
					type: 'spam_complaint',
					event_id: 'c',
					timestamp: String(AT),
					rcpt_to: ada,
				},
			},
		},
	},
};

const parse = (
	provider: EspProvider,
	payload: unknown,
	settings: Partial<EspImportSettings> = {},
) => parseEspPayload(provider, payload, { ...SETTINGS, ...settings });

function reported(provider: EspProvider, name: ReportedEvent['event']): ReportedEvent {
	const { reported: found, opens, rejected } = parse(provider, REPORTS[provider][name]);
	expect([opens, rejected]).toEqual([[], []]);
	expect(found).toHaveLength(1);
	return found[0];
}

const PROVIDERS = ESP_PROVIDERS.map(({ value }) => value);
const deps = {
	isSuppressed: () => Promise.resolve(false),
	consentStatus: () => Promise.resolve({ status: 'given' as const, recordId: 'record-1' }),
	pseudonym: (id: string, scope: string) => `p-${id.length}-${scope}`,
};
const consent = { policy: 'consent-required', label: 'eu', keepAsAggregate: false } as const;

describe.each(PROVIDERS)('what %s reports besides opens', (provider) => {
	it('is a click with its link', () => {
		expect(parse(provider, REPORTS[provider].click)).toMatchObject({
			opens: [],
			reported: [],
			rejected: [],
			ignored: 0,
			clicks: [
				{
					event: 'click',
					purpose: 'clicks',
					occurredAt: ISO,
					recipientId: ada,
					link: { url: link, position: null, label: null },
				},
			],
		});
	});

	it('is no click where clicks are not taken', () => {
		const found = parse(provider, REPORTS[provider].click, { clicks: false });
		expect(found).toEqual({ opens: [], clicks: [], reported: [], rejected: [], ignored: 1 });
	});

	it('is a bounce with its code, and not the words of a mail server, which name the person', () => {
		const { as, ...rest } = reported(provider, 'bounce');
		expect(rest).toEqual({
			event: 'bounce',
			bounce: { permanent: true, code: '5.1.1' },
		});
		expect(as).toMatchObject({ occurredAt: ISO, recipientId: ada });
	});

	it('is a complaint', () => {
		expect(reported(provider, 'complaint')).toMatchObject({
			event: 'complaint',
			as: { occurredAt: ISO, recipientId: ada },
		});
	});

	it('has ids that tell them apart, the same when they come again', () => {
		const idsNow = () => [
			parse(provider, REPORTS[provider].click).clicks[0].eventId,
			...(['bounce', 'complaint'] as const).map((name) => reported(provider, name).as.eventId),
		];
		const ids = idsNow();
		expect(new Set(ids).size).toBe(3);
		expect(idsNow()).toEqual(ids);
	});
});

describe('a time that nobody can have meant', () => {
	const sendgrid = (timestamp: unknown) =>
		parse('sendgrid', { event: 'open', email: ada, sg_event_id: 'a', timestamp });
	const postmark = (ReceivedAt: unknown) =>
		parse('postmark', { RecordType: 'Open', MessageID: 'm', Recipient: ada, ReceivedAt });

	it.each([
		0,
		'0',
		1,
		-1789034400,
		178903440,
		'1e9',
		'0x6AA1',
		' 1789034400',
		1789034400000000,
		null,
	])('%p is refused as Unix time', (time) => {
		expect(sendgrid(time).opens).toEqual([]);
		expect(sendgrid(time).rejected).toEqual([
			{ index: 0, reason: 'The open has no time that can be read' },
		]);
	});

	it.each([
		'0',
		'1',
		'2026',
		'2026-09',
		'2026-09-10',
		'10:00',
		'2026-09-10T10:00',
		'Sep 10 2026',
		0,
	])('%p is refused as a date', (time) => {
		expect(postmark(time).opens).toEqual([]);
		expect(postmark(time).rejected).toHaveLength(1);
	});

	it.each([
		[ISO, ISO],
		['2026-09-10T10:00:00.1234567Z', '2026-09-10T10:00:00.123Z'],
		['2026-09-10T12:00:00+02:00', ISO],
		['2026-09-10T06:00:00.0000000-04:00', ISO],
		['2026-09-10 10:00:00.000000+00', ISO],
	])('%s is a date', (time, wanted) => {
		expect(postmark(time).opens[0].occurredAt).toBe(wanted);
	});

	it.each([
		[1789034400, ISO],
		['1789034400.250000', '2026-09-10T10:00:00.250Z'],
		[1789034400250, '2026-09-10T10:00:00.250Z'],
	])('%s is a Unix time', (time, wanted) => {
		expect(sendgrid(time).opens[0].occurredAt).toBe(wanted);
	});
});

describe('an imported event', () => {
	const fixture = (provider: EspProvider) =>
		JSON.parse(
			readFileSync(path.join(__dirname, '../../../fixtures/esp', `${provider}.json`), 'utf8'),
		) as unknown;

	/** A copy with one text somewhere in it replaced. */
	function withText(value: unknown, at: { index: number }, to: string): unknown {
		if (typeof value === 'string') {
			at.index -= 1;
			return at.index === -1 ? to : value;
		}
		if (Array.isArray(value)) return value.map((inner) => withText(inner, at, to));
		if (typeof value !== 'object' || value === null) return value;
		return Object.fromEntries(
			Object.entries(value).map(([name, inner]) => [name, withText(inner, at, to)]),
		);
	}

	function textsIn(value: unknown): string[] {
		if (typeof value === 'string') return [value];
		return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
	}

	it.each(PROVIDERS)('of %s holds no id that a link could not hold', (provider) => {
		const hostile = fc.constantFrom('x'.repeat(257), `a\u0000b`, `line\nbreak`, '\u009f', '');
		fc.assert(
			fc.property(fc.nat(40), hostile, (index, text) => {
				const payload = withText(fixture(provider), { index }, text);
				for (const { request, ...event } of parse(provider, payload).opens) {
					for (const found of textsIn(event)) {
						expect(found.length).toBeLessThanOrEqual(256);
						expect(found).not.toMatch(/\p{Cc}/u);
					}
					expect(request.ip ?? '192.0.2.10').toMatch(/^192\.0\.2\.\d+$/);
					expect((request.userAgent ?? '').length).toBeLessThanOrEqual(512);
				}
			}),
			{ numRuns: 300 },
		);
	});

	it.each(PROVIDERS)('of %s has features only of what the service saw', (provider) => {
		for (const { features } of parse(provider, fixture(provider)).opens) {
			expect(features.filter((feature) => /^(method|header|since-send):/.test(feature))).toEqual(
				[],
			);
		}
	});

	it.each(PROVIDERS)('of %s names the recipient in the normal form of an address', (provider) => {
		const text = JSON.stringify(fixture(provider)).replaceAll(ada, ' Ada@B\u00fccher.Example ');
		const { opens } = parse(provider, JSON.parse(text));
		expect(opens[0].recipientId).toBe('ada@xn--bcher-kva.example');
		const own = JSON.stringify(fixture(provider)).replaceAll('c-42', 'C-42');
		const settings = { recipient: 'metadata', recipientKey: 'customer' } as const;
		expect(parse(provider, JSON.parse(own), settings).opens[0].recipientId).toBe('C-42');
	});

	it('is the same in a payload that is read in parts, with the place of what could not be read', () => {
		const events = Array.from({ length: 25 }, (_, n) =>
			n % 7 === 3 ? {} : { event: 'open', email: ada, timestamp: AT, sg_event_id: String(n) },
		);
		const parts = [...parseInParts('sendgrid', events, SETTINGS, 4)];
		const whole = parse('sendgrid', events);
		expect(parts).toHaveLength(7);
		expect(parts.flatMap(({ opens }) => opens)).toEqual(whole.opens);
		expect(parts.flatMap(({ rejected }) => rejected)).toEqual(whole.rejected);
		expect(whole.rejected.map(({ index }) => index)).toEqual([3, 10, 17, 24]);
	});
});

describe('a bounce of Amazon SES', () => {
	it('names everybody it is about', () => {
		const payload = {
			eventType: 'Bounce',
			mail: { messageId: 'm', destination: [ada, 'Grace@Example.com'] },
			bounce: {
				bounceType: 'Transient',
				timestamp: ISO,
				feedbackId: 'f',
				bouncedRecipients: [{ emailAddress: ada }, { emailAddress: 'Grace@Example.com' }],
			},
		};
		const { reported: found } = parse('ses', payload);
		expect(found.map(({ as }) => as.recipientId)).toEqual([ada, 'grace@example.com']);
		expect(new Set(found.map(({ as }) => as.eventId)).size).toBe(2);
		expect(found[0].bounce).toEqual({ permanent: false, code: null });
	});
});

describe('what is left of a report', () => {
	const [click] = parse('sparkpost', REPORTS.sparkpost.click).clicks;
	const bounce = reported('sparkpost', 'bounce');

	it('of a click is what consent and mode allow', async () => {
		const left = await Promise.all(
			TRACKING_MODES.map(async (mode) => {
				const { event } = await receiveReportedOpen(click, { mode, consent }, deps);
				return event && [event.event, event.recipientId, event.link.url];
			}),
		);
		expect(left).toEqual([
			null,
			['click', null, 'https://example.com/'],
			['click', ada, null],
			['click', 'p-15-', 'https://example.com/'],
			['click', ada, 'https://example.com/offer'],
			['click', ada, link],
		]);
		const withdrawn = {
			...deps,
			consentStatus: () => Promise.resolve({ status: 'withdrawn' as const, recordId: 'record-2' }),
		};
		const settings = { mode: 'identified', consent } as const;
		expect((await receiveReportedOpen(click, settings, withdrawn)).event).toBeNull();
	});

	it('of a bounce is whom it concerns, whatever they consented to', async () => {
		expect(await receiveReported(bounce, deps)).toEqual({
			event: 'bounce',
			eventId: bounce.as.eventId,
			occurredAt: ISO,
			recipientId: ada,
			recipientReason: null,
			campaignId: null,
			messageId: null,
			bounce: { permanent: true, code: '5.1.1' },
		});
	});

	it('is nothing of a person who was erased', async () => {
		const erased = { ...deps, isSuppressed: () => Promise.resolve(true) };
		const settings = { mode: 'identified', consent } as const;
		expect((await receiveReportedOpen(click, settings, erased)).event).toBeNull();
		expect(await receiveReported(bounce, erased)).toBeNull();
	});
});
