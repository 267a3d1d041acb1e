import { clientAddress } from '../../tracking/receive/client-address';
import { isInside } from './address-checks';
import { findingOf } from './finding-of';
import type { SetupFacts, SetupFinding } from './setup-facts';

/** Whether the number of proxies that n8n believes is the number that there are. */
export function proxyHopsCheck({ address, environment, requestHeaders }: SetupFacts): SetupFinding {
	const { ok, warning, problem, notChecked } = findingOf('Proxy hops');
	const setting = environment.N8N_PROXY_HOPS?.trim() || '0';
	const set = `N8N_PROXY_HOPS is ${environment.N8N_PROXY_HOPS ? setting : 'not set'}`;
	if (!/^\d+$/.test(setting)) {
		return problem(
			'N8N_PROXY_HOPS is not a whole number',
			'Set it to the number of your reverse proxies',
		);
	}
	const hops = Number(setting);
	if (requestHeaders === null) {
		if (hops === 0 && /^https:/i.test(address.text) && environment.N8N_PROTOCOL !== 'https') {
			return warning(
				`${set}, though a proxy must be in front, because n8n itself does not speak https. The address of the proxy is taken for that of readers`,
				'Set N8N_PROXY_HOPS to the number of your reverse proxies',
			);
		}
		return notChecked(
			`${set}. To compare it with a request, load the page Setup of a Tracking API Trigger at its public address`,
		);
	}
	if (!cameInAtAddress(address.text, requestHeaders)) {
		return notChecked(
			`${set}. This request came in at another address than the one of links, so it does not tell`,
			'Load this at the address of links to compare',
		);
	}
	const forwarded = requestHeaders['x-forwarded-for'];
	const forwardedFor = typeof forwarded === 'string' ? forwarded : '';
	const named = forwardedFor.split(',').filter((entry) => entry.trim() !== '').length;
	const came = `the request came through ${named} ${named === 1 ? 'proxy' : 'proxies'}`;
	if (hops > named) {
		return warning(
			`${set}, and ${came}. Whoever asks can write any address, which is then taken for theirs`,
			`Set N8N_PROXY_HOPS to ${named}, if that request came in as those of readers do`,
		);
	}
	if (hops === 0 && named > 0) {
		return warning(
			`${set}, and ${came}. The address of a proxy is taken for that of readers`,
			`Set N8N_PROXY_HOPS to ${named}, if all of them are yours`,
		);
	}
	const client = clientAddress({ remoteAddress: null, forwardedFor, trustedHops: hops });
	if (hops < named && client !== null && isInside(client)) {
		return warning(
			`${set}, and ${came}. The address that is taken for the reader's is one of your own network`,
			`Set N8N_PROXY_HOPS to ${named}, if all of them are yours`,
		);
	}
	return ok(`${set}, and ${came}`);
}

/** Whether a request was sent to the address that links begin with, as far as it says. */
function cameInAtAddress(address: string, headers: Readonly<Record<string, unknown>>): boolean {
	const hosts = [headers['x-forwarded-host'], headers.host].filter(
		(host) => typeof host === 'string',
	);
	const url = URL.parse(address);
	return hosts.length === 0 || url === null || hosts.includes(url.host);
}

/** Whether n8n builds a sandbox for expressions at each request. */
export function expressionEngineCheck({ environment }: SetupFacts): SetupFinding {
	const { ok, warning } = findingOf('Expression engine');
	const isLazy = ['true', '1'].includes(
		environment.N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE?.toLowerCase() ?? '',
	);
	if (environment.N8N_EXPRESSION_ENGINE === 'legacy') return ok('n8n uses its old one');
	if (isLazy) return ok('n8n builds its sandbox only where an expression needs it');
	return warning(
		'n8n builds a sandbox for each request, so one process answers some 25 loads a second at most',
		'Set N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true for all processes of n8n',
	);
}
