import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import crawlers from 'crawler-user-agents';
import fc from 'fast-check';

import {
	MAX_AGENT_LENGTH,
	MAX_REMEMBERED_AGENTS,
} from '../../../../src/tracking/classify/agent-features';
import { classifyFeatures, classifyLoad } from '../../../../src/tracking/classify/classify-load';
import { CURRENT_RULES, type RuleSet } from '../../../../src/tracking/classify/classify-rules';
import {
	extractFeatures,
	type ImageLoad,
} from '../../../../src/tracking/classify/extract-features';
import { ACTOR_REASONS, type ActorReason } from '../../../../src/tracking/event/actor-reasons';
import { ACTORS } from '../../../../src/tracking/event/event-fields';
import { isCounted, type Actor } from '../../../../src/tracking/event/open-event';

const CHROME =
	'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
const APPLE_MAIL =
	'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const GMAIL_PROXY =
	'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
const GMAIL_PREFETCH =
	'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0';
const BROWSER_HEADERS = { accept: 'image/avif,image/webp,*/*;q=0.8', 'accept-language': 'de,en' };
const HOME_ADDRESS = '203.0.113.7';
const APPLE_ADDRESS = '104.28.28.1';

const load = (changes: Partial<ImageLoad> = {}): ImageLoad => ({
	method: 'GET',
	headers: BROWSER_HEADERS,
	userAgent: CHROME,
	ip: HOME_ADDRESS,
	secondsSinceSend: 7200,
	...changes,
});
const verdictOf = (changes: Partial<ImageLoad>): [Actor, ActorReason] => {
	const { actor, actorReason } = classifyLoad(load(changes));
	return [actor, actorReason];
};
const agent = (userAgent: string | null) => verdictOf({ userAgent });
const linesOf = (fixture: string): string[] =>
	readFileSync(join(__dirname, '../../../fixtures', fixture), 'utf8')
		.trim()
		.split('\n');

describe('agents that email is known to be loaded with', () => {
	test.each<[string, string, Actor, ActorReason, string | null]>([
		['Apple Mail Privacy Protection', 'Mozilla/5.0', 'prefetch', 'apple-mpp-agent', 'Apple Mail'],
		['Gmail, opened', GMAIL_PROXY, 'human-via-proxy', 'google-image-proxy', 'Gmail'],
		['Gmail, prefetched', GMAIL_PREFETCH, 'prefetch', 'gmail-prefetch', 'Gmail'],
		[
			'Yahoo and AOL',
			'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html',
			'human-via-proxy',
			'yahoo-mail-proxy',
			'Yahoo Mail',
		],
		['Fastmail', 'FastmailUA/1.0', 'human-via-proxy', 'fastmail-proxy', 'Fastmail'],
		[
			'Rambler',
			'RamblerMail/6.0 (incompatible; ImageProxy/6.0)',
			'human-via-proxy',
			'rambler-mail-proxy',
			'Rambler Mail',
		],
		[
			'Seznam',
			'Mozilla/5.0 SeznamEmailProxy/2.0.174',
			'human-via-proxy',
			'seznam-mail-proxy',
			'Seznam Email',
		],
		[
			'Outlook for Windows',
			'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.12026; Pro)',
			'human',
			'mail-client',
			'Outlook',
		],
		[
			'Outlook, short',
			'Mozilla/4.0 (compatible; ms-office; MSOffice 16)',
			'human',
			'mail-client',
			'Outlook',
		],
		[
			'Outlook 2013',
			'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/7.0; Microsoft Outlook 15.0.4420)',
			'human',
			'mail-client',
			'Outlook',
		],
		['Outlook for iOS', 'Outlook-iOS/711.3061168.prod.iphone', 'human', 'mail-client', 'Outlook'],
		['Outlook for Android', 'Outlook-Android/2.0', 'human', 'mail-client', 'Outlook'],
		[
			'Thunderbird',
			'Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.0',
			'human',
			'mail-client',
			'Thunderbird',
		],
		['Apple Mail on a Mac', APPLE_MAIL, 'human', 'mail-client', 'Apple Mail'],
		[
			'Apple Mail on an iPhone',
			'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
			'human',
			'mail-client',
			'Apple Mail',
		],
		['iOS account sync', 'iOS/17.0 (21A329) dataaccessd/1.0', 'bot', 'service-agent', null],
		['Exchange server', 'Microsoft Exchange/15.20', 'bot', 'service-agent', null],
		['HubSpot Connect', 'HubSpot Connect', 'bot', 'service-agent', null],
		['cortex', 'cortex/1.0', 'bot', 'service-agent', null],
		['Office 365 Connectors', 'Office 365 Connectors', 'bot', 'service-agent', null],
		['SCMGUARD', 'SCMGUARD', 'scanner', 'security-agent', null],
		['Barracuda Sentinel', 'Barracuda Sentinel (EE)', 'scanner', 'security-agent', null],
		['async-http-client', 'AHC/2.1', 'bot', 'http-library', null],
		['lua-resty-http', 'lua-resty-http/0.17.1 (Lua) ngx_lua/10026', 'bot', 'http-library', null],
		['curl', 'curl/8.5.0', 'bot', 'http-library', null],
		['Python requests', 'python-requests/2.32.3', 'bot', 'http-library', null],
		['Go', 'Go-http-client/2.0', 'bot', 'http-library', null],
		[
			'headless Chrome',
			'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36',
			'bot',
			'headless-browser',
			'Chrome',
		],
		[
			'a crawler',
			'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
			'bot',
			'crawler-list',
			null,
		],
		['Chrome', CHROME, 'human', 'browser', 'Chrome'],
		[
			'an app that names nothing but its system',
			'Dalvik/2.1.0 (Linux; U; Android 14; SM-A546B Build/UP1A.231005.007)',
			'unknown',
			'unrecognised',
			null,
		],
	])('%s', (_name, userAgent, actor, reason, family) => {
		const verdict = classifyLoad(load({ userAgent }));
		expect([verdict.actor, verdict.actorReason, verdict.client.family]).toEqual([
			actor,
			reason,
			family,
		]);
	});

	test.each([null, '', '   '])(
		'no agent (%j) counts when it asks for images alone',
		(userAgent) => {
			expect(agent(userAgent)).toEqual(['unknown', 'no-agent-for-images']);
			expect(verdictOf({ userAgent, headers: { accept: '*/*' } })[0]).toBe('unknown');
			expect(verdictOf({ userAgent, headers: {} })).toEqual(['bot', 'no-agent']);
			expect(verdictOf({ userAgent, headers: { accept: 'text/html' } })[0]).toBe('bot');
		},
	);

	test('a real Edge 12, without the second Mozilla/5.0 of the Gmail prefetch, is a person', () => {
		expect(agent(GMAIL_PREFETCH.replace(/ Mozilla\/5\.0$/, ''))).toEqual(['human', 'browser']);
	});

	test('a corporate proxy that names its product in a real browser is a person', () => {
		expect(agent(`${CHROME} Zscaler/4.2`)).toEqual(['human', 'browser']);
	});

	test('a crawler that poses as an email client is not a person', () => {
		expect(
			agent('Mozilla/5.0 (Windows; U) Gecko Thunderbird/1.0.6 - WebCrawler http://example.com/bot'),
		).toEqual(['bot', 'crawler-list']);
	});
});

describe('what the request says of itself', () => {
	test.each(['HEAD', 'OPTIONS', 'POST', 'PROPFIND'])('%s never counts', (method) => {
		expect(verdictOf({ method, userAgent: GMAIL_PROXY })).toEqual(['bot', 'method-not-get']);
	});

	test.each([
		['sec-purpose', 'prefetch'],
		['sec-purpose', 'prefetch;prerender'],
		['sec-purpose', 'prefetch;anonymous-client-ip'],
		['purpose', 'prefetch'],
		['purpose', 'Preview'],
		['x-purpose', 'preview'],
		['x-moz', 'prefetch'],
		['x-moz', 'prerender'],
	])('%s: %s is a prefetch', (name, value) => {
		expect(verdictOf({ headers: { ...BROWSER_HEADERS, [name]: value } })).toEqual([
			'prefetch',
			'prefetch-header',
		]);
	});

	test("the sender's own load is kept but does not count, whatever else is true of it", () => {
		const own = classifyLoad(load({ own: true, userAgent: GMAIL_PROXY }));
		expect(own.actorReason).toBe('own-open');
		expect(isCounted(own.actor)).toBe(false);
		expect(own.features).toContain('own');
	});
});

describe('networks', () => {
	test("Apple's relays prove nothing for a browser, and everything for an email agent", () => {
		expect(verdictOf({ ip: APPLE_ADDRESS })).toEqual(['human', 'browser']);
		expect(verdictOf({ ip: APPLE_ADDRESS, userAgent: APPLE_MAIL })).toEqual([
			'prefetch',
			'apple-mpp-egress',
		]);
		expect(verdictOf({ ip: APPLE_ADDRESS, userAgent: 'Mozilla/5.0' })).toEqual([
			'prefetch',
			'apple-mpp-egress',
		]);
		expect(verdictOf({ ip: '17.58.97.1', userAgent: APPLE_MAIL })).toEqual([
			'human',
			'mail-client',
		]);
	});

	test.each(['40.94.31.26', '40.96.1.1', '52.96.1.1', '13.107.6.152', '2603:1026::1'])(
		'an open from Microsoft (%s) counts',
		(ip) => {
			expect(verdictOf({ ip, secondsSinceSend: 1 })).toEqual(['human', 'browser']);
		},
	);

	test.each(['66.249.84.1', '74.125.0.1', '2a00:1450::1'])(
		'an open from Google (%s) counts',
		(ip) => {
			expect(verdictOf({ ip, secondsSinceSend: 1 })).toEqual(['human', 'browser']);
		},
	);

	test.each([
		['40.92.0.0', 'exchange-online-protection-network'],
		['40.93.255.255', 'exchange-online-protection-network'],
		['40.107.3.4', 'exchange-online-protection-network'],
		['52.103.255.255', 'exchange-online-protection-network'],
		['52.238.78.88', 'exchange-online-protection-network'],
		['::ffff:104.47.127.255', 'exchange-online-protection-network'],
		['2a01:111:f400:7e1a::1', 'exchange-online-protection-network'],
		['209.222.82.9', 'barracuda-network'],
		['35.157.190.255', 'barracuda-network'],
	])('%s is a filtering network, even with the agent of an email client', (ip, reason) => {
		expect(verdictOf({ ip, userAgent: APPLE_MAIL })).toEqual(['scanner', reason]);
	});

	test.each(['52.238.78.89', '104.47.128.0', '40.91.255.255', '35.157.191.0', '2a01:111:f401::1'])(
		'%s, next to a filtering network, is not one',
		(ip) => {
			expect(verdictOf({ ip })).toEqual(['human', 'browser']);
		},
	);

	test.each([
		['67.231.144.9', 20, 'scanner'],
		['67.231.144.9', 61, 'human'],
		['67.231.144.9', null, 'human'],
		['170.10.128.77', 5, 'scanner'],
		['170.10.128.77', 3600, 'human'],
		['170.10.128.77', -30, 'human'],
	])(
		'%s, which people also browse through, %s seconds after sending: %s',
		(ip, secondsSinceSend, actor) => {
			expect(verdictOf({ ip, secondsSinceSend })[0]).toBe(actor);
		},
	);

	test.each(['', 'unknown', '999.1.1.1', '104.28.28', '0x68.0x1c.28.1', '1::2::3', ':', null])(
		'%j is no address and lies in no network',
		(ip) => {
			expect(extractFeatures(load({ ip })).filter((word) => word.startsWith('net:'))).toEqual([]);
		},
	);
});

describe('time since sending is only a weight', () => {
	test.each([0, 1, 9.9])(
		'a browser with its headers counts after %s seconds',
		(secondsSinceSend) => {
			expect(verdictOf({ secondsSinceSend })).toEqual(['human', 'browser']);
		},
	);

	test('a browser without any of its headers is a scanner right after sending, a person later', () => {
		expect(verdictOf({ headers: {}, secondsSinceSend: 3 })).toEqual([
			'scanner',
			'early-bare-browser',
		]);
		expect(verdictOf({ headers: {}, secondsSinceSend: 30 })).toEqual(['human', 'browser']);
		for (const [name, value] of Object.entries(BROWSER_HEADERS)) {
			expect(verdictOf({ headers: { [name]: value }, secondsSinceSend: 3 })[0]).toBe('human');
		}
		expect(verdictOf({ headers: {}, secondsSinceSend: null })).toEqual(['human', 'browser']);
	});

	test.each([
		[null, undefined],
		[NaN, undefined],
		[-1, 'since-send:negative'],
		[0, 'since-send:<2s'],
		[2, 'since-send:<10s'],
		[59, 'since-send:<1m'],
		[60, 'since-send:<10m'],
		[600, 'since-send:>=10m'],
		[Infinity, 'since-send:>=10m'],
	])('%s seconds are remembered as %s', (secondsSinceSend, word) => {
		expect(
			extractFeatures(load({ secondsSinceSend })).find((each) => each.startsWith('since-send')),
		).toBe(word);
	});
});

describe('lists we did not write', () => {
	const MAIL_PROXIES = ['GoogleImageProxy', 'YahooMailProxy', 'FastmailUA'];

	test('the email proxies on that list are people behind a proxy', () => {
		const proxies = crawlers.filter(({ pattern }) => MAIL_PROXIES.includes(pattern));
		expect(proxies).toHaveLength(MAIL_PROXIES.length);
		for (const userAgent of proxies.flatMap(({ instances }) => instances)) {
			expect(agent(userAgent)[0]).toBe('human-via-proxy');
		}
	});

	test('no current browser, app or web view is flagged', () => {
		const browsers = linesOf('browser-agents.txt');
		expect(browsers.length).toBeGreaterThanOrEqual(60);
		expect(browsers.filter((userAgent) => !isCounted(agent(userAgent)[0]))).toEqual([]);
	});
});

describe('judging again from what was stored', () => {
	const anyLoad: fc.Arbitrary<ImageLoad> = fc.record({
		method: fc.oneof(fc.constantFrom('GET', 'HEAD', 'get'), fc.string()),
		headers: fc.dictionary(
			fc.oneof(
				fc.constantFrom(
					'accept',
					'accept-language',
					'purpose',
					'range',
					'sec-fetch-dest',
					'__proto__',
				),
				fc.string(),
			),
			fc.option(fc.string(), { nil: undefined }),
		),
		userAgent: fc.option(
			fc.oneof(
				fc.string({ unit: 'binary' }),
				fc.constantFrom(CHROME, APPLE_MAIL, 'Mozilla/5.0', GMAIL_PROXY, 'curl/8'),
				fc
					.array(
						fc.constantFrom(
							'Mozilla/5.0 ',
							'(',
							'Chrome/',
							'Thunderbird/',
							'bot/',
							'1.1',
							' like Gecko)',
						),
					)
					.map((parts) => parts.join('')),
			),
		),
		ip: fc.option(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())),
		secondsSinceSend: fc.option(fc.double()),
		own: fc.boolean(),
	});

	test('any load gets a verdict, the same from its stored features as from itself', () => {
		fc.assert(
			fc.property(anyLoad, (anything) => {
				const { features, ...verdict } = classifyLoad(anything);
				expect(ACTORS).toContain(verdict.actor);
				expect(Object.keys(ACTOR_REASONS)).toContain(verdict.actorReason);
				const stored: unknown = JSON.parse(JSON.stringify(features));
				expect(classifyFeatures(stored as string[])).toEqual(verdict);
				expect(features).toEqual(extractFeatures(anything));
			}),
			{ numRuns: 300 },
		);
	});

	test('nothing of the agent or the address is in the features', () => {
		const words = new Set<string>();
		for (const userAgent of [
			...linesOf('isbot-2.2.1/browsers.txt'),
			...crawlers.flatMap(({ instances }) => instances),
		]) {
			for (const word of extractFeatures(load({ userAgent }))) words.add(word);
		}
		// A fixed vocabulary, however many agents: no version, no device, no address.
		expect(words.size).toBeLessThan(90);
		expect([...words].filter((word) => /\d{3}|203\.0|mozilla/i.test(word))).toEqual([]);
	});

	test('a newer rule set decides over an old event', () => {
		const newer: RuleSet = {
			version: 'next',
			rules: [{ reason: 'crawler-list', actor: 'bot', all: ['client:Chrome'] }],
		};
		const { features } = classifyLoad(load());
		expect(classifyFeatures(features, newer)).toEqual({
			actor: 'bot',
			actorReason: 'crawler-list',
			rulesVersion: 'next',
			client: { family: 'Chrome', os: 'Windows', device: 'desktop' },
		});
		expect(classifyFeatures(['word:of-the-future'], newer).actor).toBe('unknown');
	});

	test('a burst that was found later keeps its label when judged again', () => {
		const { features } = classifyLoad(load());
		expect(classifyFeatures([...features, 'burst:networks']).actorReason).toBe('network-burst');
		expect(classifyFeatures([...features, 'burst:domains']).actorReason).toBe(
			'address-many-domains',
		);
	});

	test('every reason belongs to a rule, and every load meets the last rule', () => {
		const reasons = CURRENT_RULES.rules.map(({ reason }) => reason);
		expect([...reasons].sort()).toEqual(Object.keys(ACTOR_REASONS).sort());
		expect(CURRENT_RULES.rules.at(-1)).toEqual({ reason: 'unrecognised', actor: 'unknown' });
	});
});

describe('work is bounded', () => {
	/** Processor time of this process in ms: other programs on the machine do not lengthen it. */
	const elapsed = (work: () => void): number => {
		const start = process.cpuUsage();
		work();
		const { user, system } = process.cpuUsage(start);
		return (user + system) / 1000;
	};
	const LIMIT_MS = 200;
	const SHAPES = [
		'a',
		' ',
		'(',
		'1.',
		'/v1',
		'Mozilla/5.0 (',
		'a@a-',
		';\t',
		'\u00e9',
		'-/',
		'1',
		'a/1.0',
	];

	test.each(SHAPES)('a megabyte of %j', (shape) => {
		const userAgent = shape.repeat(2 ** 20 / shape.length);
		expect(elapsed(() => classifyLoad(load({ userAgent })))).toBeLessThan(LIMIT_MS);
		expect(classifyLoad(load({ userAgent })).features).toContain('ua:cut');
	});

	test.each(SHAPES)('the longest agent that is looked at whole, of %j', (shape) => {
		const userAgent = shape.repeat(MAX_AGENT_LENGTH).slice(0, MAX_AGENT_LENGTH);
		expect(elapsed(() => classifyLoad(load({ userAgent })))).toBeLessThan(LIMIT_MS);
	});

	test('a flood of headers, and a megabyte in one that is read', () => {
		const headers: Record<string, string> = { 'sec-purpose': 'x'.repeat(2 ** 20) };
		for (let index = 0; index < 100_000; index += 1) headers[`x-${index}`] = 'prefetch';
		expect(elapsed(() => classifyLoad(load({ headers })))).toBeLessThan(LIMIT_MS);
		expect(classifyLoad(load({ headers })).actor).toBe('human');
	});

	test('a megabyte of address', () => {
		const ip = '1:'.repeat(2 ** 19);
		expect(elapsed(() => classifyLoad(load({ ip })))).toBeLessThan(LIMIT_MS);
	});

	test('verdicts stay right when more agents come by than are remembered', () => {
		for (let index = 0; index < MAX_REMEMBERED_AGENTS * 2; index += 1) agent(`curl/${index}`);
		expect(agent(CHROME)).toEqual(['human', 'browser']);
		expect(agent('curl/0')).toEqual(['bot', 'http-library']);
	});
});

describe('what is kept of the client', () => {
	test.each([
		[CHROME, 'Chrome', 'Windows', 'desktop'],
		['Outlook-iOS/711.3061168.prod.iphone', 'Outlook', 'iOS', 'phone'],
		[
			'Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
			'Safari',
			'iOS',
			'tablet',
		],
		[
			'Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36',
			'Samsung Internet',
			'Android',
			'phone',
		],
		[
			'Mozilla/5.0 (Android 13; Tablet; rv:144.0) Gecko/144.0 Firefox/144.0',
			'Firefox',
			'Android',
			'tablet',
		],
		[
			'Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0)',
			'Internet Explorer',
			'Windows',
			'desktop',
		],
		[
			'Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/5.2 Chrome/94.0.4606.31 TV Safari/537.36',
			'Samsung Internet',
			'Linux',
			'tv',
		],
		// A page view that names a version is a browser's, not Apple Mail's.
		[
			'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148',
			'WebKit',
			'iOS',
			'phone',
		],
		// What the proxy says of itself is nothing about the reader.
		[GMAIL_PROXY, 'Gmail', null, null],
		['Kaffeefahrt', null, null, null],
	])('%s', (userAgent, family, os, device) => {
		expect(classifyLoad(load({ userAgent })).client).toEqual({ family, os, device });
	});
});
