import ipaddr from 'ipaddr.js';

import { TOKEN_PARAMETER } from '../../tracking/links/sealed-token';
import { linkPrefix, normaliseBaseUrl, PIXEL_PATH } from '../../tracking/links/tracking-link';
import { imagePaths } from '../../tracking/receive/reported-tracker';
import { blockedFor } from './filter-rules';
import { findingOf } from './finding-of';
import type { SetupFacts, SetupFinding } from './setup-facts';

/** Endings that no name on the internet has (RFC 6761, RFC 6762, RFC 8375, and two in wide use). */
const INSIDE_ENDINGS = /(?:^|\.)(?:local|internal|lan|home\.arpa|test|invalid)$/;

const SOURCES = {
	credential: 'as the credential Email Open Tracking says',
	WEBHOOK_URL: 'as WEBHOOK_URL says',
	n8n: 'as the host, port and protocol of n8n say, because WEBHOOK_URL is not set',
} satisfies Record<SetupFacts['address']['from'], string>;

const SET_ADDRESS =
	'Set WEBHOOK_URL to the https address under which readers reach this n8n, and start n8n again';

/** Whether links begin with an address that readers can use. */
export function addressCheck({ address }: Pick<SetupFacts, 'address'>): SetupFinding {
	const { ok, warning, problem } = findingOf('Public address');
	let url: URL;
	try {
		linkPrefix(address.text, PIXEL_PATH, TOKEN_PARAMETER);
		url = new URL(normaliseBaseUrl(address.text));
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		const setting =
			address.from === 'credential' ? 'Base URL of the credential' : 'WEBHOOK_URL of n8n';
		return problem(`No link can be made: ${reason}`, `Correct the ${setting}`);
	}
	const begin = `Links begin with ${url.href}, ${SOURCES[address.from]}`;
	const where = placeOf(url.hostname);
	if (where === 'here') {
		return problem(
			`${begin}. That is the machine of whoever reads the email, so no image loads there`,
			SET_ADDRESS,
		);
	}
	if (where === 'inside') {
		return problem(`${begin}. Only this network can reach that address`, SET_ADDRESS);
	}
	if (url.protocol === 'http:') {
		return warning(
			`${begin}. Without https everybody on the way sees who opens, and email programs that load nothing else show no image`,
			'Put a reverse proxy with a certificate in front, and set WEBHOOK_URL to its https address',
		);
	}
	if (where === 'number') {
		return warning(
			`${begin}. Spam filters count a number in place of a host name against an email`,
			'Give it a host name, and set WEBHOOK_URL to that',
		);
	}
	return ok(begin);
}

function placeOf(hostname: string): 'here' | 'inside' | 'number' | 'outside' {
	const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
	if (host === 'localhost' || host.endsWith('.localhost')) return 'here';
	if (ipaddr.isValid(host)) {
		if (['loopback', 'unspecified'].includes(ipaddr.process(host).range())) return 'here';
		return isInside(host) ? 'inside' : 'number';
	}
	return !host.includes('.') || INSIDE_ENDINGS.test(host) ? 'inside' : 'outside';
}

/** Whether an address is one that only its own network can reach. */
export function isInside(address: string): boolean {
	return ['private', 'uniqueLocal', 'linkLocal', 'carrierGradeNat', 'loopback'].includes(
		ipaddr.process(address).range(),
	);
}

/** Whether lists of ad blockers block the images of this installation. */
export function filterListCheck({
	address,
	doors,
}: Pick<SetupFacts, 'address' | 'doors'>): SetupFinding {
	const { ok, warning, notChecked } = findingOf('Filter lists');
	let base: string;
	try {
		base = normaliseBaseUrl(address.text);
	} catch {
		return notChecked('The address of links cannot be used');
	}
	for (const path of imagePaths(doors ?? [])) {
		const reason = blockedFor(new URL(`${base}/${path}?t=`));
		if (reason === null) continue;
		return warning(
			`Lists of ad blockers stop images at ${base}/${path}, because of ${reason}`,
			`Use another host name or path: ${PIXEL_PATH} on a host such as mail.example.com is on none of these lists`,
		);
	}
	return ok(
		`Neither host nor path is on the short list of what EasyPrivacy, EasyList and uBlock Origin block (July 2026)`,
	);
}
