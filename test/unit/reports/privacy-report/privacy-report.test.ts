import { parseDocument, DomUtils } from 'htmlparser2';

import { privacyReport as reportPage } from '../../../../src/reports/privacy-report/privacy-report';
import type { PrivacyReportConfig } from '../../../../src/reports/privacy-report/privacy-report-config';
import { privacyFindings } from '../../../../src/reports/privacy-report/privacy-report-findings';
import { reportInWords } from '../../../../src/reports/privacy-report/report-in-words';
import {
	changesBetween,
	isSetupChange,
	monthOf,
	reportFacts,
} from '../../../../src/reports/privacy-report/report-facts';
import type { KeptData, KeptOpens } from '../../../../src/storage/port/privacy-store';
import { JURISDICTION_PRESETS } from '../../../../src/tracking/consent/jurisdictions';
import { TRACKING_MODES } from '../../../../src/tracking/event/tracking-mode';
import { MODE_STORES } from '../../../../src/tracking/minimise/minimise-mode';
import { DEFAULT_RETENTION } from '../../../../src/tracking/people/retention';

const opensOf = (over: Partial<KeptOpens> = {}): KeptOpens => ({
	trackingMode: 'identified',
	actor: 'human',
	policy: JURISDICTION_PRESETS.france.label,
	opens: 12345,
	clicks: 0,
	destinations: 0,
	firstAt: '2026-09-01T00:00:00.000Z',
	lastAt: '2026-11-21T00:00:00.000Z',
	request: { ip: 0, userAgent: 0, referer: 0, acceptLanguage: 0 },
	ipWithoutConsent: 0,
	...over,
});
const kept = (over: Partial<KeptData> = {}): KeptData => ({
	opens: [opensOf()],
	people: 500,
	lastOpenDays: 0,
	segmented: 0,
	addresses: 0,
	addressesWithoutEnd: 0,
	sentMessages: 900,
	consents: [
		{ status: 'given', people: 400 },
		{ status: 'withdrawn', people: 12 },
	],
	consentsEnding: 0,
	erased: 3,
	keysGivenUp: 0,
	...over,
});

const privacyReport = (of: PrivacyReportConfig) => reportPage(of, null);

const config = (over: Partial<PrivacyReportConfig> = {}): PrivacyReportConfig => ({
	generatedAt: new Date('2026-11-21T12:34:56Z'),
	packageVersion: '0.1.0',
	controller: {
		name: 'Sender Ltd',
		contact: 'privacy@sender.example',
		representative: null,
		dataProtectionOfficer: 'Dr Dora',
	},
	legalBasis: 'consent',
	jurisdictions: ['france'],
	processors: [{ name: 'Hosting GmbH', task: 'runs the servers', country: 'DE' }],
	store: { kind: 'SQLite', location: 'in the n8n folder' },
	trackers: [
		{
			name: 'Newsletter',
			mode: 'identified',
			purpose: 'performance',
			policy: 'consent-required',
			policyLabel: JURISDICTION_PRESETS.france.label,
			jurisdiction: 'france',
			keepAsAggregate: true,
			keep: { ip: 'drop', userAgent: false, referer: false, acceptLanguage: false },
		},
	],
	sinks: [
		{
			name: 'PostHog EU',
			destination: 'eu.i.posthog.com',
			country: 'DE',
			fields: ['recipientId', 'occurredAt'],
		},
	],
	retention: DEFAULT_RETENTION,
	retentionRanAt: new Date('2026-11-21T03:00:00Z'),
	kept: kept(),
	openRequests: [],
	...over,
});

const NOTHING_KEPT: KeptData = {
	opens: [],
	people: 0,
	lastOpenDays: 0,
	segmented: 0,
	addresses: 0,
	addressesWithoutEnd: 0,
	sentMessages: 0,
	consents: [],
	consentsEnding: 0,
	erased: 0,
	keysGivenUp: 0,
};

const parse = (html: string) => parseDocument(html);
const all = (html: string, name: string) => DomUtils.getElementsByTagName(name, parse(html), true);
const text = (html: string) => DomUtils.textContent(parse(html)).replace(/\s+/g, ' ');
const section = (html: string, id: string) => {
	const found = all(html, 'section').find((s) => s.attribs['aria-labelledby'] === id);
	if (!found) throw new Error(`no section ${id}`);
	return DomUtils.textContent(found).replace(/\s+/g, ' ');
};
const tracker = (over: Partial<PrivacyReportConfig['trackers'][number]>) =>
	config({ trackers: [{ ...config().trackers[0], ...over }] });

const NO_REQUEST = opensOf().request;
const KEEP_NOTHING = config().trackers[0].keep;
/** Set without a preset, as the basic template is. */
const BY_HAND = {
	jurisdiction: null,
	policy: 'objection-honoured',
	policyLabel: 'objection-honoured',
} as const;

describe('the privacy report', () => {
	const html = privacyReport(config());

	it('lists for every mode exactly the fields the minimiser lets through', () => {
		const rows = all(html, 'table').find((table) =>
			DomUtils.textContent(table).includes('Tracking modes, from least to most'),
		);
		if (!rows) throw new Error('no table of modes');
		for (const mode of TRACKING_MODES) {
			const row = DomUtils.getElementsByTagName('tr', rows, true).find((tr) =>
				DomUtils.textContent(tr).trim().startsWith(mode),
			);
			const cells = DomUtils.getElementsByTagName('td', row ?? [], true);
			expect(DomUtils.textContent(cells[cells.length - 1])).toBe(
				MODE_STORES[mode].fields.join(', ') || 'none',
			);
		}
		expect(section(html, 'modes')).toContain('identified (in use)');
	});

	it('shows where opens flow, how long they stay and under which policy they came', () => {
		expect(section(html, 'flows')).toContain('PostHog EUeu.i.posthog.comDErecipientId, occurredAt');
		expect(section(html, 'retention')).toContain('Single opens90 daysthe open2026-08-23');
		expect(section(html, 'retention')).toContain('Recipients with their email addresses90 days');
		expect(section(html, 'retention')).not.toContain('IP address');
		expect(section(html, 'policies')).toContain('france-2026.112,3452026-09-012026-11-21');
		expect(section(html, 'trackers')).toContain(JURISDICTION_PRESETS.france.explanation);
	});

	it('fills every point of the record of processing', () => {
		const record = section(html, 'record');
		for (const point of ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
			expect(record).toContain(`30(1)(${point})`);
		expect(record).toContain('Sender Ltd, privacy@sender.example');
		expect(record).toContain('Data protection officer: Dr Dora');
		expect(record).toContain('Hosting GmbH, runs the servers');
	});

	it('says whether held time is measured, of whom, and that it is a purpose of its own', () => {
		expect(section(html, 'trackers')).toContain('is not measured');
		expect(section(html, 'record')).not.toContain('imageHeldMs');
		const on = privacyReport(tracker({ imageHoldLimitMs: 90_000 }));
		expect(section(on, 'trackers')).toContain('is measured up to 90 s, of people who consented');
		expect(section(on, 'record')).toContain('Newsletter: performance, image-held');
		expect(section(on, 'record')).toContain('imageHeldMs');
		expect(section(on, 'record')).toContain('Only to people who consented to image-held');
		const counts = privacyReport(tracker({ imageHoldLimitMs: 90_000, mode: 'aggregate' }));
		expect(section(counts, 'trackers')).toContain('is not measured');
	});

	it('finds nothing wrong with a configuration that fits its preset', () => {
		expect(section(html, 'attention')).toContain('Nothing: the configuration fits its presets');
	});

	it.each<[string, PrivacyReportConfig, RegExp]>([
		['a mode above the preset', tracker({ mode: 'full' }), /Newsletter\. Its mode "full" is above/],
		[
			'tracking without the consent the preset asks for',
			tracker({ policy: 'objection-honoured' }),
			/tracks people until they object, though the preset France asks for consent first/,
		],
		[
			'an old policy label',
			tracker({ policyLabel: 'france-2025.1' }),
			/"france-2025.1", but the preset is now/,
		],
		['no purpose', tracker({ purpose: null }), /states no purpose/],
		[
			'whole addresses',
			tracker({ mode: 'full', keep: { ...config().trackers[0].keep, ip: 'keep' } }),
			/keeps whole addresses/,
		],
		[
			'a sink that gets what no mode keeps',
			config({ sinks: [{ ...config().sinks[0], fields: ['request.ip'] }] }),
			/no tracker keeps: request.ip/,
		],
		[
			'a sink of no stated country',
			config({ sinks: [{ ...config().sinks[0], country: null }] }),
			/PostHog EU\. Nobody stated the country/,
		],
		[
			'opens kept for ever',
			config({ retention: { ...DEFAULT_RETENTION, open: 'keep' } }),
			/"open" is kept without end/,
		],
		[
			'opens without a policy',
			config({ kept: kept({ opens: [opensOf({ policy: null })] }) }),
			/12,345 of them do not say/,
		],
		[
			'no officer',
			config({ controller: { ...config().controller, dataProtectionOfficer: null } }),
			/No data protection officer/,
		],
		[
			'requests that wait for an answer',
			config({
				openRequests: [
					{ kind: 'erasure', askedAt: new Date('2026-10-01T09:00:00Z') },
					{ kind: 'copy', askedAt: new Date('2026-11-02T09:00:00Z') },
				],
			}),
			/Not answered yet: 1 for a copy, 1 for an erasure; the oldest was asked on 2026-10-01\. List them/,
		],
		[
			'requests that wait for more than a month',
			config({
				openRequests: [
					{ kind: 'erasure', askedAt: new Date('2026-10-21T12:34:00Z') },
					{ kind: 'copy', askedAt: new Date('2026-10-21T12:36:00Z') },
				],
			}),
			/Requests\. Overdue: 1\. Answer them now/,
		],
		[
			'objection under the law of the recipients, where no preset is set',
			config({ ...tracker({ ...BY_HAND }), jurisdictions: ['us', 'eu', 'uk'] }),
			/It tracks people until they object, though the presets EU Default and UK ask for consent first/,
		],
		[
			'a purpose that is exempt by hand but not under the law of the recipients',
			config({
				...tracker({ ...BY_HAND, purpose: 'deliverability' }),
				jurisdictions: ['eu'],
			}),
			/It tracks people without asking, though the preset EU Default asks/,
		],
		[
			'objection where nobody said where the recipients are',
			config({ ...tracker(BY_HAND), jurisdictions: [] }),
			/tracks people until they object, and nobody stated where the recipients are/,
		],
		[
			'addresses kept of people who have not consented',
			tracker({ ...BY_HAND, mode: 'full', keep: { ...KEEP_NOTHING, ip: 'hash' } }),
			/keeps the IP address of people who have not consented/,
		],
		['no legal basis', config({ legalBasis: null }), /Legal basis\. None is stated/],
		[
			'consent as the basis of tracking on objection',
			config({ ...tracker(BY_HAND), jurisdictions: ['us'] }),
			/Legal basis\. It is consent, but "Newsletter" tracks people until they object/,
		],
		[
			'a basis that does not do without consent',
			config({ legalBasis: 'legitimate-interests' }),
			/Legitimate interests \(GDPR Art\. 6\(1\)\(f\)\)", though the preset France asks for consent/,
		],
		[
			'a contact that nobody reads',
			config({ controller: { ...config().controller, contact: 'privacy@example.com' } }),
			/The contact privacy@example\.com is an example/,
		],
		[
			'retention that never ran',
			config({ retentionRanAt: null }),
			/Retention\. It never ran, so nothing is deleted/,
		],
		[
			'retention that rests',
			config({ retentionRanAt: new Date('2026-11-01T03:00:00Z') }),
			/Retention\. It ran last on 2026-11-01/,
		],
		[
			'opens past their period',
			config({ kept: kept({ opens: [opensOf({ firstAt: '2026-08-01T00:00:00.000Z' })] }) }),
			/The oldest open is of 2026-08-01, past its period of 90 days/,
		],
		[
			'opens of a mode that is not set any more',
			config({
				kept: kept({
					opens: [
						opensOf(),
						opensOf({
							trackingMode: 'full',
							opens: 4,
							request: { ...NO_REQUEST, ip: 4, userAgent: 3 },
						}),
					],
				}),
			}),
			/4 of mode "full" are kept \(IP address: 4, user agent: 3\), which is more than any place keeps now/,
		],
		[
			'clicks without asking, where opens need no consent',
			tracker({ ...BY_HAND, purpose: 'deliverability', clicks: true }),
			/It records clicks without asking, though the preset France asks for consent to clicks first/,
		],
		[
			'parts of the request that no place keeps any more',
			config({
				...tracker({ mode: 'full' }),
				kept: kept({
					opens: [opensOf({ trackingMode: 'full', request: { ...NO_REQUEST, userAgent: 4 } })],
				}),
			}),
			/4 hold the user agent, which no place keeps now/,
		],
		[
			'addresses stored without consent',
			config({ kept: kept({ opens: [opensOf({ ipWithoutConsent: 7 })] }) }),
			/7 hold an IP address, whole or reduced, of somebody who was not known to consent/,
		],
		[
			'opens from places that said nothing',
			config({ trackers: [] }),
			/12,345 opens are kept, but no place has noted how it is set up/,
		],
		[
			'mail addresses that no period ends',
			config({ kept: kept({ addresses: 26, addressesWithoutEnd: 5 }) }),
			/Email addresses\. 5 were added and never used/,
		],
		[
			'consents that are about to end',
			config({ kept: kept({ consentsEnding: 40 }) }),
			/Consents\. Those of 40 people end within 30 days/,
		],
		[
			'signing keys that were given up',
			config({ kept: kept({ keysGivenUp: 1 }) }),
			/Signing keys\. Given up: 1\. People who were erased under them are no longer recognized/,
		],
	])('points out %s', (_what, bad, finding) => {
		expect(section(privacyReport(bad), 'attention')).toMatch(finding);
	});

	it('shows no mark-up from a name as mark-up', () => {
		const evil = '<img src=x onerror=alert(1)>"\'<script>';
		const page = privacyReport(
			config({
				controller: { ...config().controller, name: evil },
				trackers: [{ ...config().trackers[0], name: evil, policyLabel: evil }],
				sinks: [{ ...config().sinks[0], name: evil, destination: evil, country: evil }],
				kept: kept({ opens: [opensOf({ policy: evil })] }),
				store: { kind: 'PostgreSQL', location: evil },
			}),
		);
		expect(all(page, 'img')).toHaveLength(0);
		expect(all(page, 'script')).toHaveLength(0);
		expect(text(page)).toContain(evil);
	});

	it('runs no script and asks nobody for anything', () => {
		expect(all(html, 'script')).toHaveLength(0);
		for (const name of ['img', 'iframe', 'object', 'embed', 'form', 'base'])
			expect(all(html, name)).toHaveLength(0);
		// An icon of its own, so that a browser does not ask the server for one.
		for (const link of all(html, 'link')) expect(link.attribs.href).toBe('data:,');
		expect(html).not.toMatch(/url\(|@import|\son\w+=|javascript:/i);
		for (const a of all(html, 'a')) expect(a.attribs.href).toMatch(/^#/);
		const policy = all(html, 'meta').find(
			(m) => m.attribs['http-equiv'] === 'Content-Security-Policy',
		);
		expect(policy?.attribs.content).toBe(
			"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'",
		);
	});

	it('can be walked through by keyboard and screen reader', () => {
		expect(all(html, 'html')[0].attribs.lang).toBe('en');
		expect(all(html, 'h1')).toHaveLength(1);
		expect(all(html, 'main')).toHaveLength(1);
		const tables = all(html, 'table');
		expect(tables.length).toBeGreaterThan(2);
		for (const table of tables) {
			expect(DomUtils.getElementsByTagName('caption', table, true)).toHaveLength(1);
			for (const th of DomUtils.getElementsByTagName('th', table, true))
				expect(th.attribs.scope).toMatch(/^(col|row)$/);
		}
		const ids = new Set(
			all(html, 'h2')
				.map((h) => h.attribs.id)
				.filter(Boolean),
		);
		const links = all(html, 'nav').flatMap((nav) => DomUtils.getElementsByTagName('a', nav, true));
		expect(links.length).toBeGreaterThan(2);
		for (const a of links) {
			expect(ids).toContain(a.attribs.href.slice(1));
		}
		const regions = all(html, 'div').filter((d) => d.attribs.tabindex === '0');
		expect(regions.length).toBeGreaterThan(0);
		for (const region of regions) {
			expect(region.attribs).toMatchObject({
				role: 'region',
				'aria-label': expect.stringMatching(/\w/),
			});
		}
	});

	it('says plainly that nothing is set up', () => {
		const empty = privacyReport(
			config({
				trackers: [],
				sinks: [],
				processors: [],
				legalBasis: null,
				jurisdictions: [],
				retentionRanAt: null,
				kept: NOTHING_KEPT,
			}),
		);
		expect(text(empty)).toContain('No tracker is set up');
		expect(text(empty)).toContain('They are sent nowhere else');
		expect(text(empty)).toContain('No open is stored');
		expect(text(empty)).not.toMatch(/undefined|null|NaN|\[object/);
	});

	it('has no hole where a value should be', () => {
		expect(text(html)).not.toMatch(/undefined|\bnull\b|NaN|\[object/);
		expect(text(html)).toContain('It is not legal advice');
	});

	it('counts clicks, and names their purpose and how much of a destination is kept', () => {
		const page = privacyReport(
			config({
				...tracker({ clicks: true }),
				kept: kept({ opens: [opensOf({ opens: 40, clicks: 2, destinations: 1 })] }),
			}),
		);
		expect(section(page, 'trackers')).toContain(
			'Clicksare recorded for the purpose clicks (Consent required), with the page that it leads to, without its query',
		);
		const beside = section(page, 'kept');
		expect(beside).toContain('Opens and clicks of mode identifiedNewsletter42');
		expect(beside).toContain('Clicks, kept for the purpose clicksNewsletter2');
		expect(beside).toContain('Clicks with where the link leadsNewsletter1');
		expect(section(page, 'retention')).toContain('Single clicks, with where the link leads90 days');
		const record = section(page, 'record');
		expect(record).toContain('Newsletter: performance, clicks');
		expect(record).toContain('link.url');
		expect(text(page)).toContain('Single clicks');
	});

	it('says nothing of clicks where none is recorded', () => {
		// The list of modes names every field there is.
		const modes = section(html, 'modes');
		expect(text(html).replace(modes, '')).not.toMatch(/click|link\.url/i);
	});

	it('shows what is kept beside what is set, and takes neither for the other', () => {
		const page = privacyReport(
			config({
				kept: kept({
					opens: [
						opensOf(),
						opensOf({
							trackingMode: 'full',
							actor: 'bot',
							opens: 4,
							request: { ...NO_REQUEST, ip: 4, userAgent: 3 },
						}),
					],
					addresses: 26,
				}),
			}),
		);
		const beside = section(page, 'kept');
		expect(beside).toContain('Opens of mode fullnowhere4, 2026-09-01 to 2026-11-21');
		expect(beside).toContain('Opens of mode identifiedNewsletter12,345');
		expect(beside).toContain('Opens with the IP addressnowhere4');
		expect(beside).toContain('Opens with the user agentnowhere3');
		expect(beside).toContain('Opens by actor botevery place4');
		expect(beside).toContain(
			'Email addresses of recipientsRecipient → Add Many, generate-tokens of the Mail Tracker API26',
		);
		expect(section(page, 'retention')).toContain(
			'IP address of an open, where mode full keeps it90 days',
		);
		const record = section(page, 'record');
		expect(record).toContain('request.ip');
		expect(record).toContain('request.userAgent');
		expect(record).not.toContain('request.referer');
		expect(record).toContain('email addresses of recipients');
		expect(section(page, 'assessment')).toContain('4 stored opens still hold it');
		expect(section(page, 'assessment')).not.toContain('never stored');
	});

	it('counts people, consents, withdrawals, erasures and requests', () => {
		const counts = section(
			privacyReport(
				config({ openRequests: [{ kind: 'copy', askedAt: new Date('2026-09-01T00:00:00Z') }] }),
			),
			'counts',
		);
		for (const line of [
			'People500',
			'Single opens12,345',
			'People with a consent in force400',
			'People who withdrew12',
			'Names of erased people3',
			'Open requests1',
			'Overdue requests1',
		]) {
			expect(counts).toContain(line);
		}
	});
});

describe('what changed since an earlier privacy report', () => {
	const before = config({ generatedAt: new Date('2026-10-01T03:00:00Z') });
	const earlier = {
		month: monthOf(before),
		madeAt: before.generatedAt.toISOString(),
		facts: reportFacts(before),
	};
	const changes = (now: PrivacyReportConfig) => changesBetween(earlier.facts, reportFacts(now));

	it('is nothing where nothing changed', () => {
		expect(changes(config())).toEqual([]);
		expect(section(reportPage(config(), earlier), 'changes')).toContain(
			'What changed since 2026-10 Nothing.',
		);
		expect(section(reportPage(config(), null), 'changes')).toContain(
			'There is no report of an earlier month',
		);
	});

	const second = { ...config().trackers[0], name: 'Import' };
	it.each<[string, PrivacyReportConfig, object]>([
		[
			'a place that is new',
			config({ trackers: [...config().trackers, second] }),
			{ about: 'Place: Import', change: 'added', now: expect.stringContaining('identified') },
		],
		[
			'a second place of one name',
			config({ trackers: [...config().trackers, config().trackers[0]] }),
			{ about: 'Place: Newsletter (2)', change: 'added' },
		],
		[
			'a place that is gone',
			config({ trackers: [] }),
			{ about: 'Place: Newsletter', change: 'removed', now: null },
		],
		[
			'a mode',
			tracker({ mode: 'full' }),
			{ about: 'Place: Newsletter', what: 'Mode at most', before: 'identified', now: 'full' },
		],
		[
			'a policy',
			tracker(BY_HAND),
			{
				about: 'Place: Newsletter',
				what: 'Policy',
				now: 'Objection honored (objection-honoured)',
			},
		],
		[
			'a period',
			config({ retention: { ...DEFAULT_RETENTION, open: { days: 30 } } }),
			{ about: 'Retention', what: 'Single opens', before: '90 days', now: '30 days' },
		],
		[
			'a destination',
			config({ sinks: [] }),
			{ about: 'Destination: PostHog EU', change: 'removed' },
		],
		[
			'the fields of a destination',
			config({ sinks: [{ ...config().sinks[0], fields: ['occurredAt'] }] }),
			{ what: 'Fields', before: 'recipientId, occurredAt', now: 'occurredAt' },
		],
		[
			'the legal basis',
			config({ legalBasis: null }),
			{ about: 'Law', what: 'Legal basis', now: 'not stated' },
		],
	])('names %s', (_what, now, change) => {
		const found = changes(now);
		expect(found).toEqual(expect.arrayContaining([expect.objectContaining(change)]));
		expect(found.some(isSetupChange)).toBe(true);
		const { about } = change as { about?: string };
		expect(section(reportPage(now, earlier), 'changes')).toContain(about ?? 'PostHog EU');
	});

	it('names numbers that moved, which nobody has to have set', () => {
		const found = changes(config({ kept: kept({ erased: 5 }) }));
		expect(found).toEqual([
			{ about: 'Counts', change: 'changed', what: 'Names of erased people', before: '3', now: '5' },
		]);
		expect(found.some(isSetupChange)).toBe(false);
	});

	const inWords = (now: PrivacyReportConfig, comparedWith: string | null = '2026-10') =>
		reportInWords({
			month: '2026-11',
			comparedWith,
			changes: comparedWith === null ? [] : changes(now),
			findings: privacyFindings(now),
		});

	it('is told in words for an email, also where it is nothing', () => {
		expect(inWords(config())).toEqual({
			subject: 'Privacy report 2026-11: nothing changed',
			inWords:
				'Settings that changed since 2026-10\nNone.\n\nNumbers that changed since 2026-10\nNone.\n\nWhat needs attention\nNothing.',
		});
		expect(inWords(config(), null)).toMatchObject({
			subject: 'Privacy report 2026-11: the first one',
			inWords: expect.stringContaining('There is no report of an earlier month'),
		});
		const moved = inWords(config({ kept: kept({ erased: 5 }) }));
		expect(moved.subject).toBe('Privacy report 2026-11: no setting changed');
		expect(moved.inWords).toContain('- Names of erased people: 5, before 3');
		const wider = tracker({ mode: 'full' });
		const set = inWords({ ...wider, sinks: [], retention: { ...DEFAULT_RETENTION, open: 'keep' } });
		expect(set.subject).toBe('Privacy report 2026-11: 3 settings changed');
		expect(set.inWords).toContain('- Place: Newsletter, Mode at most: full, before identified');
		expect(set.inWords).toContain('- Destination: PostHog EU is gone (Destination: ');
		expect(set.inWords).toMatch(
			/What needs attention\n(- .+\n)*- Retention: "open" is kept without end\. Set a period/,
		);
	});
});
