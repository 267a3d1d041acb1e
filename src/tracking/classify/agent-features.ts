import { isbot } from 'isbot';

import type { AgentFeature, ClientFeature } from './feature';
import {
	anyOf,
	claimedClient,
	clientFeatures,
	isAppleMail,
	type ClaimedClient,
} from './mail-clients';

/** Longer than any agent in use. Everything behind it is cut off before a pattern sees it. */
export const MAX_AGENT_LENGTH = 1024;
/** Distinct agents remembered; a mailing sees a few hundred. About 1 MB at the very most. */
export const MAX_REMEMBERED_AGENTS = 1000;

type Features = ReadonlyArray<AgentFeature | ClientFeature>;

/** Mail Privacy Protection sends this and nothing more. */
const APPLE_MPP = 'Mozilla/5.0';
/** Gmail's own prefetch; a real Edge 12 had no second `Mozilla/5.0` at its end. */
const GMAIL_PREFETCH =
	'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) ' +
	'Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0';

const ofMailProvider = (feature: AgentFeature, family: string): Features => [
	feature,
	// Nothing else in such an agent is about the reader: the provider's servers sent it.
	...clientFeatures({ family, os: null, device: null }),
];

/** Agents known to the letter. */
const EXACT: ReadonlyMap<string, Features> = new Map([
	['', ['ua:none']],
	[APPLE_MPP, ofMailProvider('ua:apple-mpp', 'Apple Mail')],
	[GMAIL_PREFETCH, ofMailProvider('ua:gmail-prefetch', 'Gmail')],
]);

/** Image proxies that load when a reader opens the mail. Lower case. */
const IMAGE_PROXIES: ReadonlyArray<readonly [word: string, features: Features]> = [
	['googleimageproxy', ofMailProvider('ua:google-image-proxy', 'Gmail')],
	['yahoomailproxy', ofMailProvider('ua:yahoo-mail-proxy', 'Yahoo Mail')],
	['fastmailua/', ofMailProvider('ua:fastmail-proxy', 'Fastmail')],
	['ramblermail/', ofMailProvider('ua:rambler-mail-proxy', 'Rambler Mail')],
	['seznamemailproxy/', ofMailProvider('ua:seznam-mail-proxy', 'Seznam Email')],
];

const SECURITY_AGENTS = anyOf(['barracuda sentinel', 'scmguard']);
const SERVICE_AGENTS = anyOf([
	'dataaccessd',
	'microsoft exchange/',
	'hubspot connect',
	'office 365 connectors',
	'cortex/1.0',
]);
const HEADLESS = anyOf(['headlesschrome', 'phantomjs', 'puppeteer', 'playwright', 'slimerjs']);
/** Beginnings of agents that HTTP libraries and command line tools send. */
const HTTP_LIBRARIES = [
	'ahc/',
	'aiohttp/',
	'apache-httpasyncclient',
	'apache-httpclient',
	'axios/',
	'curl/',
	'faraday',
	'go-http-client/',
	'got (',
	'got/',
	'guzzlehttp',
	'http.rb/',
	'httparty',
	'httpie/',
	'httpx/',
	'insomnia/',
	'java-http-client/',
	'java/',
	'libcurl',
	'libwww-perl/',
	'lua-resty-http/',
	'lwp::',
	'node-fetch',
	'okhttp',
	'php/',
	'postmanruntime/',
	'python-',
	'python/',
	'reqwest/',
	'rest-client/',
	'restsharp/',
	'ruby',
	'superagent',
	'typhoeus',
	'undici',
	'wget',
];
/** Libraries that hide behind a browser's beginning. */
const LIBRARY_WORDS = anyOf(['winhttp.winhttprequest', 'windowspowershell/']);

/** Agents repeat, and judging one takes microseconds: the answers are kept, oldest out first. */
const remembered = new Map<string, Features>();

/**
 * What a user agent says about a load: its kind, the family it claims, whether isbot knows it.
 *
 * The answer depends on the agent alone. At most `MAX_AGENT_LENGTH` characters are looked at.
 */
export function agentFeatures(userAgent: string | null): Features {
	if (typeof userAgent !== 'string') return ['ua:none'];
	// A cut agent is not remembered: its key would keep the whole long string in memory.
	if (userAgent.length > MAX_AGENT_LENGTH) {
		return ['ua:cut', ...judge(userAgent.slice(0, MAX_AGENT_LENGTH))];
	}
	const known = remembered.get(userAgent);
	if (known !== undefined) return known;

	const features = judge(userAgent);
	if (remembered.size >= MAX_REMEMBERED_AGENTS) {
		for (const oldest of remembered.keys()) {
			remembered.delete(oldest);
			break;
		}
	}
	remembered.set(userAgent, features);
	return features;
}

function judge(userAgent: string): Features {
	const agent = userAgent.trim();
	const exact = EXACT.get(agent);
	if (exact) return exact;

	const lower = agent.toLowerCase();
	const proxy = IMAGE_PROXIES.find(([word]) => lower.includes(word));
	if (proxy) return proxy[1];

	const client = claimedClient(lower);
	const features: Array<AgentFeature | ClientFeature> = kindsOf(lower, client);
	if (isbot(agent)) features.push('ua:isbot');
	features.push(...clientFeatures(client));
	return features;
}

function kindsOf(lower: string, { kind, family }: ClaimedClient): AgentFeature[] {
	const kinds: AgentFeature[] = [];
	if (SECURITY_AGENTS.test(lower)) kinds.push('ua:security-agent');
	if (SERVICE_AGENTS.test(lower)) kinds.push('ua:service-agent');
	if (HEADLESS.test(lower)) kinds.push('ua:headless');
	if (HTTP_LIBRARIES.some((word) => lower.startsWith(word)) || LIBRARY_WORDS.test(lower)) {
		kinds.push('ua:http-library');
	}
	if (kind !== null) kinds.push(`ua:${kind}`);
	if (family === 'Apple Mail' && isAppleMail(lower)) kinds.push('ua:apple-mail');
	return kinds;
}
