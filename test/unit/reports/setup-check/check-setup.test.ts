import { brokenParts, checkSetup } from '../../../../src/reports/setup-check/check-setup';
import { blockedFor } from '../../../../src/reports/setup-check/filter-rules';
import type { SetupFacts, Visit } from '../../../../src/reports/setup-check/setup-facts';
import { pixelHeaders } from '../../../../src/tracking/receive/pixel-response';
import {
	CHECKED_AT,
	DOOR,
	inDays,
	LINK,
	NOTHING_WAITS,
	PIXEL,
	SOUND_SETUP,
} from '../../../support/setup-facts';

const OTHER = { ...DOOR, name: 'Another: Email Open Trigger', path: 'other/pixel.png' };
const SOUND = SOUND_SETUP;
const PROBE = SOUND_SETUP.probe!;
const GATEWAY = {
	place: 0,
	at: '2026-11-29T11:40:03.000Z',
	actor: 'scanner',
	actorReason: 'barracuda-network',
	client: { family: null, os: null, device: null },
} as const;
const probeMade = (minutes: number) =>
	new Date(CHECKED_AT.getTime() - minutes * 60_000).toISOString();

const answered = (
	status: number,
	headers: Record<string, string> = {},
	visit: Visit = PIXEL,
): Visit => ({ ...visit, answer: { status, headers, clockAheadMs: null } });
const failed = (code: string): Visit[] => [{ ...PIXEL, answer: { code } }];
const ofN8n = { N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' };
const certificate = (of: object): SetupFacts['certificate'] => ({
	value: { refusedFor: null, validFrom: inDays(-80), validTo: inDays(10), ...of },
});

interface Broken {
	setup: string;
	facts: Partial<SetupFacts>;
	check: string;
	result: 'problem' | 'warning';
	found: RegExp;
	todo: RegExp;
}

const BROKEN: Broken[] = [
	{
		setup: 'links begin with localhost',
		facts: { address: { text: 'http://localhost:5678/webhook', from: 'n8n' } },
		check: 'Public address',
		result: 'problem',
		found: /http:\/\/localhost:5678\/webhook.+WEBHOOK_URL is not set.+machine of whoever reads/,
		todo: /Set WEBHOOK_URL/,
	},
	...['192.168.1.20', '[fd00::1]', '10.0.0.5', 'n8n', 'n8n.fritz.internal'].map(
		(host): Broken => ({
			setup: `links begin with the private address ${host}`,
			facts: { address: { text: `https://${host}/webhook`, from: 'WEBHOOK_URL' } },
			check: 'Public address',
			result: 'problem',
			found: /Only this network can reach/,
			todo: /Set WEBHOOK_URL/,
		}),
	),
	{
		setup: 'links begin with the address of this machine in numbers',
		facts: { address: { text: 'https://127.0.0.1/webhook', from: 'credential' } },
		check: 'Public address',
		result: 'problem',
		found: /as the credential Email Open Tracking says.+machine of whoever reads/,
		todo: /Set WEBHOOK_URL/,
	},
	{
		setup: 'links are not encrypted',
		facts: { address: { text: 'http://n8n.shop.example/webhook', from: 'WEBHOOK_URL' } },
		check: 'Public address',
		result: 'warning',
		found: /Without https/,
		todo: /certificate/,
	},
	{
		setup: 'links begin with a number',
		facts: { address: { text: 'https://203.0.113.9/webhook', from: 'WEBHOOK_URL' } },
		check: 'Public address',
		result: 'warning',
		found: /number in place of a host name/,
		todo: /host name/,
	},
	{
		setup: 'the base URL is no address',
		facts: { address: { text: 'n8n dot example', from: 'credential' }, visits: [] },
		check: 'Public address',
		result: 'problem',
		found: /No link can be made: The base URL is not a web address/,
		todo: /Base URL of the credential/,
	},
	{
		setup: 'the host name does not exist',
		facts: { visits: failed('ENOTFOUND'), certificate: { error: 'No server answered' } },
		check: 'Reached',
		result: 'problem',
		found: /host name .+ is not known/,
		todo: /DNS/,
	},
	{
		setup: 'no proxy listens',
		facts: { visits: failed('ECONNREFUSED'), certificate: { error: 'No server answered' } },
		check: 'Reached',
		result: 'warning',
		found: /cannot get to https:\/\/n8n\.shop\.example.+ECONNREFUSED.+Others may/,
		todo: /outside/,
	},
	{
		setup: 'the proxy does not reach n8n',
		facts: { visits: [answered(502)] },
		check: 'Reached',
		result: 'problem',
		found: /A proxy answers .+ n8n does not \(502\)/,
		todo: /port/,
	},
	{
		setup: 'the proxy asks for a sign-in',
		facts: { visits: [answered(401)] },
		check: 'Reached',
		result: 'problem',
		found: /lets nobody in .+ \(401\)/,
		todo: /without a sign-in/,
	},
	{
		setup: 'the published workflow is not served',
		facts: { visits: [answered(404)] },
		check: 'Reached',
		result: 'problem',
		found: /Nothing is served at .+email-open\/pixel\.png \(404\)/,
		todo: /still published/,
	},
	{
		setup: 'a web site answers in place of n8n',
		facts: { visits: [answered(200, { 'content-type': 'text/html' })] },
		check: 'Reached',
		result: 'problem',
		found: /Something else than these nodes answers/,
		todo: /host name leads/,
	},
	{
		setup: 'the address is redirected',
		facts: { visits: [answered(301, { location: 'https://www.shop.example/' })] },
		check: 'Reached',
		result: 'warning',
		found: /on to another address \(301\)/,
		todo: /where it leads/,
	},
	{
		setup: 'a CDN keeps the image',
		facts: { visits: [answered(200, { ...pixelHeaders(70), age: '31' })] },
		check: 'Reached',
		result: 'warning',
		found: /CDN keeps the image/,
		todo: /caching off/,
	},
	{
		setup: 'a proxy takes the rule away that nobody may keep the image',
		facts: { visits: [answered(200, { ...pixelHeaders(70), 'cache-control': 'max-age=600' })] },
		check: 'Reached',
		result: 'warning',
		found: /CDN keeps the image/,
		todo: /Cache-Control/,
	},
	...[
		answered(404, { 'content-type': 'text/html; charset=utf-8' }, LINK),
		answered(302, { location: 'https://example.com/elsewhere' }, LINK),
	].map(
		(link): Broken => ({
			setup: 'another installation answers, or a process with other keys',
			facts: { visits: [PIXEL, link] },
			check: 'Reached',
			result: 'problem',
			found: /Another installation, or one with other keys/,
			todo: /same keys/,
		}),
	),
	{
		setup: 'the certificate has expired',
		facts: {
			visits: failed('CERT_HAS_EXPIRED'),
			certificate: certificate({ refusedFor: 'CERT_HAS_EXPIRED', validTo: inDays(-3) }),
		},
		check: 'Certificate',
		result: 'problem',
		found: /expired 3 days ago/,
		todo: /Renew/,
	},
	{
		setup: 'the certificate is for another host',
		facts: { certificate: certificate({ refusedFor: 'ERR_TLS_CERT_ALTNAME_INVALID' }) },
		check: 'Certificate',
		result: 'problem',
		found: /another host name/,
		todo: /for this host name/,
	},
	{
		setup: 'the certificate is not renewed',
		facts: { certificate: certificate({}) },
		check: 'Certificate',
		result: 'warning',
		found: /valid for 10 more days only/,
		todo: /Renew/,
	},
	{
		setup: 'the host name is on filter lists',
		facts: { address: { text: 'https://click.email.shop.example/webhook', from: 'WEBHOOK_URL' } },
		check: 'Filter lists',
		result: 'warning',
		found: /begins with "click\.email\."/,
		todo: /another host name/,
	},
	{
		setup: 'the path is on filter lists',
		facts: {
			doors: [{ ...DOOR, path: 'email/open' }],
			probe: { ...PROBE, paths: ['email/open'] },
		},
		check: 'Filter lists',
		result: 'warning',
		found: /"\/email\/open" in its path/,
		todo: /another host name or path/,
	},
	{
		setup: 'the proxy is not counted, and no request shows it',
		facts: { environment: ofN8n, requestHeaders: null },
		check: 'Proxy hops',
		result: 'warning',
		found: /N8N_PROXY_HOPS is not set, though a proxy must be in front/,
		todo: /Set N8N_PROXY_HOPS/,
	},
	{
		setup: 'the proxy is not counted, and a request shows it',
		facts: { environment: ofN8n },
		check: 'Proxy hops',
		result: 'warning',
		found: /came through 1 proxy. The address of a proxy is taken/,
		todo: /N8N_PROXY_HOPS to 1/,
	},
	{
		setup: 'more proxies are counted than there are',
		facts: { environment: { ...ofN8n, N8N_PROXY_HOPS: '3' } },
		check: 'Proxy hops',
		result: 'warning',
		found: /is 3, and the request came through 1 proxy. Whoever asks can write any address/,
		todo: /N8N_PROXY_HOPS to 1/,
	},
	{
		setup: 'fewer proxies are counted than there are',
		facts: { requestHeaders: { 'x-forwarded-for': '198.51.100.7, 172.18.0.4' } },
		check: 'Proxy hops',
		result: 'warning',
		found: /came through 2 proxies.+one of your own network/,
		todo: /N8N_PROXY_HOPS to 2/,
	},
	{
		setup: 'the number of proxies is no number',
		facts: { environment: { ...ofN8n, N8N_PROXY_HOPS: 'one' } },
		check: 'Proxy hops',
		result: 'problem',
		found: /not a whole number/,
		todo: /number of your reverse proxies/,
	},
	{
		setup: 'the expression engine is not lazy',
		facts: { environment: { N8N_PROXY_HOPS: '1' } },
		check: 'Expression engine',
		result: 'warning',
		found: /some 25 loads a second/,
		todo: /N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true/,
	},
	{
		setup: 'the store is away',
		facts: {
			store: { error: 'The database did not answer.' },
			doors: null,
			visits: [PIXEL],
			keys: { value: { source: 'the credential', id: 'k1', others: 0, knownToStore: false } },
			waiting: { value: { ...NOTHING_WAITS, waiting: 7 } },
		},
		check: 'Store',
		result: 'problem',
		found: /cannot be used: The database did not answer\. Opens that wait on disk: 7/,
		todo: /written when it is back/,
	},
	{
		setup: 'opens wait on disk',
		facts: {
			waiting: {
				value: {
					...NOTHING_WAITS,
					waiting: 7,
					oldestAt: '2026-11-29T11:00:00Z',
					reason: 'No room.',
				},
			},
		},
		check: 'Store',
		result: 'warning',
		found: /opens wait on disk: 7, the oldest since 2026-11-29T11:00:00Z\. No room\./,
		todo: /log of n8n/,
	},
	{
		setup: 'a workflow is not done with opens that were answered',
		facts: { waiting: { value: { ...NOTHING_WAITS, unfinished: 3 } } },
		check: 'Store',
		result: 'warning',
		found: /not through their workflow yet: 3/,
		todo: /Publish it/,
	},
	{
		setup: 'the store will never take some opens',
		facts: { waiting: { value: { ...NOTHING_WAITS, refused: 2 } } },
		check: 'Store',
		result: 'warning',
		found: /does not take some opens.+: 2/,
		todo: /log of n8n/,
	},
	{
		setup: 'the logs on disk cannot be read',
		facts: { waiting: { error: 'EACCES' } },
		check: 'Store',
		result: 'problem',
		found: /cannot be read: EACCES/,
		todo: /rights/,
	},
	{
		setup: 'the store was used with other keys',
		facts: { keys: { error: 'This store was used with the signing key k0.' } },
		check: 'Signing keys',
		result: 'problem',
		found: /used with the signing key k0/,
		todo: /keys back/,
	},
	{
		setup: 'the clock goes wrong beside the database',
		facts: { databaseClockAheadMs: { value: 240_000 } },
		check: 'Clock',
		result: 'problem',
		found: /240 s behind that of the database/,
		todo: /NTP/,
	},
	{
		setup: 'the clock goes wrong beside the server at the address',
		facts: {
			databaseClockAheadMs: null,
			visits: [{ ...PIXEL, answer: { ...PIXEL.answer, clockAheadMs: -90_000 } as Visit['answer'] }],
		},
		check: 'Clock',
		result: 'problem',
		found: /90 s ahead of that of the server/,
		todo: /NTP/,
	},
	{
		setup: 'nothing is published',
		facts: { doors: [], visits: [answered(404)] },
		check: 'Published workflows',
		result: 'problem',
		found: /None is published/,
		todo: /Record email opens/,
	},
	{
		setup: 'one workflow asks for consent and another does not',
		facts: { doors: [DOOR, { ...OTHER, policy: 'consent-required' }] },
		check: 'Published workflows',
		result: 'warning',
		found: /"Another.+" records people once they consented, "Record.+" until they object/,
		todo: /same consent/,
	},
	{
		setup: 'two workflows keep more and less of a person',
		facts: { doors: [DOOR, { ...OTHER, mode: 'full' }] },
		check: 'Published workflows',
		result: 'warning',
		found: /in mode identified.+in mode full/,
		todo: /same tracking mode/,
	},
	{
		setup: 'one workflow takes signed links only and another does not',
		facts: { doors: [{ ...DOOR, signedOnly: true }, OTHER] },
		check: 'Published workflows',
		result: 'warning',
		found: /takes signed links only, but "Another/,
		todo: /Signed Links Only on in both/,
	},
	{
		setup: 'tracked links are out and nothing follows them',
		facts: { doors: [{ ...DOOR, clicks: undefined, linkPath: undefined }] },
		check: 'Published workflows',
		result: 'problem',
		found: /no published workflow follows tracked links/,
		todo: /Track Clicks/,
	},
	{
		setup: 'nothing loads the image of the probe email',
		facts: { probe: { ...PROBE, madeAt: probeMade(95), loads: [] } },
		check: 'Probe email',
		result: 'warning',
		found: /made 1 h ago, and nothing has loaded its image$/,
		todo: /let its images be shown/,
	},
	{
		setup: 'one of two workflows does not answer the probe email',
		facts: { doors: [DOOR, OTHER], probe: { ...PROBE, paths: [DOOR.path!, OTHER.path] } },
		check: 'Probe email',
		result: 'warning',
		found: /Not loaded: other\/pixel\.png$/,
		todo: /still published/,
	},
];

describe('a setup', () => {
	it('with which nothing is wrong gets no complaint', () => {
		const { problems, warnings, inWords, checks } = checkSetup(SOUND);
		expect(checks.filter(({ result }) => result !== 'ok')).toEqual([]);
		expect(checks.filter(({ todo }) => todo !== null)).toEqual([]);
		expect({ problems, warnings, inWords }).toEqual({
			problems: 0,
			warnings: 0,
			inWords: 'Nothing is wrong with what was checked.',
		});
	});

	it('says that a look from its own machine proves nothing, and what tells that it is itself', () => {
		const found = (facts: SetupFacts) =>
			checkSetup(facts).checks.find(({ check }) => check === 'Reached')?.found;
		expect(found(SOUND)).toMatch(/with the keys of this installation.+does not prove that others/);
		expect(found({ ...SOUND, visits: [PIXEL] })).toMatch(/an answer does not tell/);
	});

	it.each(BROKEN)('in which $setup gets that one complaint', ({ facts, ...expected }) => {
		const { checks, inWords, problems, warnings } = checkSetup({ ...SOUND, ...facts });
		const complaints = checks.filter(({ result }) => /problem|warning/.test(result));
		expect(complaints).toEqual([
			{
				check: expected.check,
				result: expected.result,
				found: expect.stringMatching(expected.found),
				todo: expect.stringMatching(expected.todo),
			},
		]);
		expect([problems, warnings]).toEqual(expected.result === 'problem' ? [1, 0] : [0, 1]);
		expect(inWords.split('\n')[0]).toMatch(new RegExp(`^${expected.check}: .+[.] .+[.]$`));
		expect(inWords).not.toMatch(/[.]{2}/);
	});

	it('in which something cannot be known is told so, and it is no complaint', () => {
		const { problems, warnings, inWords } = checkSetup({
			...SOUND,
			requestHeaders: null,
			databaseClockAheadMs: null,
			certificate: { error: 'No connection' },
		});
		expect([problems, warnings]).toEqual([0, 0]);
		expect(inWords).toBe(
			'Nothing is wrong with what was checked.\nNot checked: Certificate, Proxy hops, Clock.',
		);
	});

	const probeOf = (facts: Partial<SetupFacts>) =>
		checkSetup({ ...SOUND, ...facts }).checks.find(({ check }) => check === 'Probe email');

	it('says what loaded the probe email, how long after, who answered, and whether that counts', () => {
		expect(probeOf({})?.found).toBe(
			'The last one was made 20 min ago. 42 s later Thunderbird · Linux · desktop loaded it, which counts as an open: The user agent of a program that people read email in. "Record email opens: Email Open Trigger" answered.',
		);
		const loads = [GATEWAY, { ...GATEWAY, at: '2026-11-29T11:40:05.000Z' }, ...PROBE.loads];
		expect(probeOf({ probe: { ...PROBE, loads } })?.found).toMatch(
			/3 s later a program without a name loaded it, which is no open: Barracuda.+nobody reads there\. 42 s later Thunderbird/,
		);
	});

	it('names the workflow of the tracker APIs, and only the path of one that is not published any more', () => {
		const path = 'opens/tracker/setup-probe.png';
		const api = {
			...DOOR,
			name: 'Serve: Tracking API Trigger',
			path: undefined,
			imageFolder: 'opens/tracker',
		};
		const probe = { ...PROBE, paths: [path] };
		expect(probeOf({ probe, doors: [api] })?.found).toContain(
			'"Serve: Tracking API Trigger" answered',
		);
		expect(probeOf({ probe })?.found).toContain(`The workflow at ${path} answered`);
	});

	it.each([
		['was never made', null, /^None was made yet$/],
		[
			'was made just now',
			{ ...PROBE, madeAt: probeMade(4), loads: [] },
			/4 min ago, and nothing .+ yet$/,
		],
		[
			'is old',
			{ ...PROBE, madeAt: probeMade(8 * 24 * 60) },
			/^The last one was made 8 d ago\. .+loaded/,
		],
	])('whose probe email %s is told what to do, and it is no complaint', (_what, probe, found) => {
		expect(probeOf({ probe })).toMatchObject({
			result: 'not checked',
			found: expect.stringMatching(found),
			todo: expect.stringMatching(/\w/),
		});
	});

	it('is not compared with a request that came in at another address', () => {
		const hopsOf = (headers: Record<string, string>) =>
			checkSetup({ ...SOUND, requestHeaders: headers }).checks.find(
				({ check }) => check === 'Proxy hops',
			);
		expect(hopsOf({ host: 'localhost:5678' })).toMatchObject({ result: 'not checked' });
		const forwarded = { 'x-forwarded-for': '198.51.100.7' };
		expect(hopsOf({ ...forwarded, host: 'n8n.shop.example' })).toMatchObject({ result: 'ok' });
		expect(
			hopsOf({ ...forwarded, host: 'n8n:5678', 'x-forwarded-host': 'n8n.shop.example' }),
		).toMatchObject({ result: 'ok' });
	});

	it('counts as broken in the same way as long as the same is broken, whatever the numbers', () => {
		const broken = (facts: Partial<SetupFacts>) => brokenParts(checkSetup({ ...SOUND, ...facts }));
		const expired = (days: number) =>
			broken({ certificate: certificate({ validTo: inDays(-days) }) });
		expect(expired(3)).toBe(expired(4));
		expect(expired(3)).not.toBe(broken({}));
		expect(expired(3)).not.toBe(broken({ doors: [] }));
		expect(broken({})).toBe(brokenParts({ checks: [] }));
	});

	it('never shows the address of whoever asked', () => {
		for (const hops of ['0', '1', '2']) {
			const environment = { ...ofN8n, N8N_PROXY_HOPS: hops };
			expect(JSON.stringify(checkSetup({ ...SOUND, environment }))).not.toContain('198.51.100.7');
		}
	});
});

describe('addresses that lists of ad blockers block', () => {
	it.each([
		['https://track.email.shop.example/webhook/email-open/pixel.png?t=', true],
		['https://pixel-prod.shop.example/webhook/email-open/pixel.png?t=', true],
		['https://beacon.shop.example/webhook/tracker/1.png?token=', true],
		['https://beacon.shop.example/webhook/email-open/pixel.png?t=', false],
		['https://n8n.shop.example/webhook/tracker/1.png?token=', false],
		['https://n8n.shop.example/webhook/pixel.gif?t=', true],
		['https://t.shop.example/webhook/open?t=', true],
		['https://n8n.shop.example/webhook/open?t=', false],
		['https://n8n.shop.example/webhook/email-open/pixel.png?t=', false],
		['https://mail.shop.example/mail/logo.png?t=', false],
	])('%s: %s', (address, isBlocked) => {
		expect(blockedFor(new URL(address)) !== null).toBe(isBlocked);
	});
});
