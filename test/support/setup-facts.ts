import type { SetupFacts, Visit } from '../../src/reports/setup-check/setup-facts';
import { pixelHeaders } from '../../src/tracking/receive/pixel-response';
import type { ReportedTracker } from '../../src/tracking/receive/reported-tracker';

export const CHECKED_AT = new Date('2026-11-29T12:00:00Z');
const DAY = 86_400_000;
export const inDays = (days: number) => new Date(CHECKED_AT.getTime() + days * DAY);

/** What a store that is well leaves waiting. */
export const NOTHING_WAITS = {
	waiting: 0,
	oldestAt: null,
	reason: null,
	unfinished: 0,
	refused: 0,
};

/** A published trigger. */
export const DOOR: ReportedTracker = {
	name: 'Record email opens: Email Open Trigger',
	mode: 'identified',
	purpose: 'performance',
	policy: 'objection-honoured',
	policyLabel: 'objection-honoured',
	jurisdiction: null,
	keepAsAggregate: false,
	keep: { ip: 'drop', userAgent: false, referer: false, acceptLanguage: false },
	path: 'email-open/pixel.png',
	linkPath: 'email-open/link',
	clicks: true,
};
export const LEADS_TO = 'https://example.com/somewhere';
/** Its image, as it should be answered. */
export const PIXEL: Visit = {
	path: 'email-open/pixel.png',
	answer: { status: 200, headers: pixelHeaders(70), clockAheadMs: -400 },
};
/** A tracked link, followed. */
export const LINK: Visit = {
	path: 'email-open/link',
	leadsTo: LEADS_TO,
	answer: { status: 302, headers: { location: LEADS_TO }, clockAheadMs: -400 },
};

/** A setup behind one proxy on PostgreSQL with which nothing is wrong. */
export const SOUND_SETUP: SetupFacts = {
	checkedAt: CHECKED_AT,
	address: { text: 'https://n8n.shop.example/webhook', from: 'WEBHOOK_URL' },
	visits: [PIXEL, LINK],
	certificate: { value: { refusedFor: null, validFrom: inDays(-30), validTo: inDays(60) } },
	environment: { N8N_PROXY_HOPS: '1', N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' },
	requestHeaders: { 'x-forwarded-for': '198.51.100.7' },
	store: { value: { kind: 'PostgreSQL', location: 'the database of the credential', clicks: 3 } },
	waiting: { value: NOTHING_WAITS },
	databaseClockAheadMs: { value: 12 },
	keys: {
		value: { source: 'the credential', id: 'k1', others: 0, knownToStore: true },
	},
	doors: [DOOR],
	probe: {
		probeId: 'f3b1c9d2-6f55-4a53-9d6b-0f6c6f1c2a10',
		madeAt: '2026-11-29T11:40:00.000Z',
		paths: ['email-open/pixel.png'],
		loads: [
			{
				place: 0,
				at: '2026-11-29T11:40:42.000Z',
				actor: 'human',
				actorReason: 'mail-client',
				client: { family: 'Thunderbird', os: 'Linux', device: 'desktop' },
			},
		],
	},
};
