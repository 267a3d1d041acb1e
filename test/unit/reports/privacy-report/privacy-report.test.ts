import { parseDocument, DomUtils } from 'htmlparser2';

import { privacyReport } from '../../../../src/reports/privacy-report/privacy-report';
import type { PrivacyReportConfig } from '../../../../src/reports/privacy-report/privacy-report-config';
import { JURISDICTION_PRESETS } from '../../../../src/tracking/consent/jurisdictions';
import { TRACKING_MODES } from '../../../../src/tracking/event/tracking-mode';
import { MODE_STORES } from '../../../../src/tracking/minimise/minimise-mode';
import { DEFAULT_RETENTION } from '../../../../src/tracking/people/retention';

const config = (over: Partial<PrivacyReportConfig> = {}): PrivacyReportConfig => ({
	generatedAt: new Date('2026-11-21T12:34:56Z'),
	packageVersion: '0.1.0',
	controller: {
		name: 'Sender Ltd',
		contact: 'privacy@sender.example',
		representative: null,
		dataProtectionOfficer: 'Dr Dora',
	},
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
	policies: [
		{
			label: 'france-2026.1',
			opens: 12345,
			firstAt: new Date('2026-09-01T00:00:00Z'),
			lastAt: new Date('2026-11-21T00:00:00Z'),
		},
	],
	openRequests: [],
	...over,
});

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

describe('the privacy report', () => {
	const html = privacyReport(config());

	it('lists for every mode exactly the fields the minimiser lets through', () => {
		const rows = all(html, 'table')[0];
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
			/tracks without consent/,
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
			config({ policies: [{ ...config().policies[0], label: null }] }),
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
				policies: [{ ...config().policies[0], label: evil }],
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
		const empty = privacyReport(config({ trackers: [], sinks: [], policies: [], processors: [] }));
		expect(text(empty)).toContain('No tracker is set up');
		expect(text(empty)).toContain('They are sent nowhere else');
		expect(text(empty)).toContain('No open is stored');
		expect(text(empty)).not.toMatch(/undefined|null|NaN|\[object/);
	});

	it('has no hole where a value should be', () => {
		expect(text(html)).not.toMatch(/undefined|\bnull\b|NaN|\[object/);
		expect(text(html)).toContain('It is not legal advice');
	});
});
