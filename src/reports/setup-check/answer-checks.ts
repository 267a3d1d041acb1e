import { normaliseBaseUrl } from '../../tracking/links/tracking-link';
import { imagePathOf } from '../../tracking/receive/reported-tracker';
import { findingOf } from './finding-of';
import type { Answer, SetupFacts, SetupFinding, Visit } from './setup-facts';

const DAY_MS = 86_400_000;
/** What a network and the whole seconds of a Date header add stays far below it. */
const MOST_CLOCK_MS = 60_000;
const FROM_OUTSIDE = 'load it on a phone outside your network once';

/** What Node.js says of a certificate, in words; the others begin alike. */
const REFUSALS: Readonly<Record<string, string>> = {
	CERT_HAS_EXPIRED: 'it has expired',
	CERT_NOT_YET_VALID: 'it is not valid yet',
	DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself',
	SELF_SIGNED_CERT_IN_CHAIN: 'an authority signed it that this machine does not know',
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'an authority signed it that this machine does not know',
	UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		'the certificates between it and its authority are not sent along',
	ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another host name',
};

/** Whether a request failed because of the certificate. */
export function isRefusal(code: string): boolean {
	return code in REFUSALS || /CERT|TLS|SSL/.test(code);
}

/** Whether this installation answers at the address of its links, as far as it can ask itself. */
export function reachedCheck({ address, visits, doors }: SetupFacts): SetupFinding {
	const { ok, notChecked } = findingOf('Reached');
	if (visits.length === 0) return notChecked('The address of links cannot be used');
	const base = normaliseBaseUrl(address.text);
	const isServed = doors?.some((door) => imagePathOf(door) !== null) ?? false;
	for (const visit of visits) {
		const found = troubleOf(visit, base);
		if (found === null) continue;
		if (isServed || !('status' in visit.answer) || visit.answer.status !== 404) return found;
		return notChecked(
			'The server answers, and no published workflow is known whose image could be asked for',
		);
	}
	const sameKeys = visits.some(({ leadsTo }) => leadsTo !== undefined)
		? 'A tracked link was answered with the keys of this installation. '
		: 'Whether it is this installation, an answer does not tell where no clicks are recorded. ';
	const paths = visits.map(({ path }) => path).join(', ');
	return ok(
		`Answered as it should be at ${paths}. ${sameKeys}n8n asked from its own machine, which does not prove that others get there: ${FROM_OUTSIDE}`,
	);
}

/** What is wrong with an answer; `null` where it is the one that readers have to get. */
function troubleOf({ path, leadsTo, answer }: Visit, base: string): SetupFinding | null {
	const { warning, problem, notChecked } = findingOf('Reached');
	const at = `${base}/${path}`;
	if ('code' in answer) {
		const { code } = answer;
		if (isRefusal(code)) return notChecked('The certificate is refused: look at Certificate');
		if (code === 'ENOTFOUND') {
			return problem(
				'The host name of the address is not known here',
				'Make a DNS record for it, or correct the address of links',
			);
		}
		return warning(
			`n8n cannot get to ${at} from its own machine (${code}). Others may, where a router does not lead back inside`,
			`Look whether your proxy runs and leads to n8n, and ${FROM_OUTSIDE}`,
		);
	}
	const { status, headers } = answer;
	if (status === 404) {
		// A tracked link that does not verify gets a page of its own.
		return leadsTo !== undefined && headers['content-type']?.startsWith('text/html')
			? otherInstallation(at)
			: problem(
					`Nothing is served at ${at} (404)`,
					'Look whether its workflow is still published, and whether your proxy passes on the whole path',
				);
	}
	if (leadsTo !== undefined && status === 302) {
		return headers.location === leadsTo ? null : otherInstallation(at);
	}
	if (status >= 300 && status < 400) {
		return warning(
			`${at} sends readers on to another address (${status}), which some email programs do not follow`,
			'Set WEBHOOK_URL, or Base URL of the credential, to where it leads',
		);
	}
	if (status === 401 || status === 403) {
		return problem(
			`Something in front of n8n lets nobody in at ${at} (${status})`,
			'Let requests for it through without a sign-in: email programs have none',
		);
	}
	if (status >= 500) {
		return problem(
			`A proxy answers at ${at}, and n8n does not (${status})`,
			'Look whether n8n runs, and whether the proxy leads to its port',
		);
	}
	if (leadsTo !== undefined || status !== 200 || !isPixel(answer)) {
		return problem(
			`Something else than these nodes answers at ${at} (${status})`,
			'Look where the host name leads, and whether your proxy passes on the whole path to n8n',
		);
	}
	if (!headers['cache-control']?.includes('no-store') || Number(headers.age) > 0) {
		return warning(
			`A proxy or CDN keeps the image at ${at} and answers with it, so later loads do not get to n8n`,
			'Switch caching off there for this path, and let Cache-Control through as n8n sends it',
		);
	}
	return null;
}

function otherInstallation(at: string): SetupFinding {
	return findingOf('Reached').problem(
		`Another installation, or one with other keys, answers at ${at}`,
		'Look where the host name leads; all processes of n8n need the same keys',
	);
}

/** A header that proxies do not add by themselves tells our answer from another image. */
function isPixel({ headers }: Answer): boolean {
	return (
		Boolean(headers['content-type']?.startsWith('image/')) && headers['x-robots-tag'] === 'noindex'
	);
}

/** Whether the certificate is valid, and for how long. */
export function certificateCheck({ certificate, checkedAt }: SetupFacts): SetupFinding {
	const { ok, warning, problem, notChecked } = findingOf('Certificate');
	if (certificate === null) return notChecked('The address of links has none');
	if ('error' in certificate) return notChecked(certificate.error);
	const { refusedFor, validFrom, validTo } = certificate.value;
	const leftMs = validTo.getTime() - checkedAt.getTime();
	const days = Math.floor(Math.abs(leftMs) / DAY_MS);
	const renew = 'Renew it, and look why it is not renewed by itself';
	if (leftMs < 0)
		return problem(`It expired ${days} days ago; email programs load no image`, renew);
	if (refusedFor !== null) {
		return problem(
			`It is not trusted: ${REFUSALS[refusedFor] ?? refusedFor}; email programs load no image`,
			'Use a certificate for this host name from a public authority, with its whole chain',
		);
	}
	// Those that renew certificates do so with a third of the time left.
	if (leftMs < (validTo.getTime() - validFrom.getTime()) / 6) {
		return warning(`It is valid for ${days} more days only, and should have been renewed`, renew);
	}
	return ok(`It is valid for ${days} more days`);
}

/** Whether the clock of this machine agrees with others. */
export function clockCheck({ databaseClockAheadMs, visits }: SetupFacts): SetupFinding {
	const { ok, problem, notChecked } = findingOf('Clock');
	const off = (aheadMs: number, other: string) =>
		problem(
			`The clock here is ${seconds(aheadMs)} s ${aheadMs > 0 ? 'behind' : 'ahead of'} that of ${other}`,
			'Set both by a time server (NTP): times of opens, and how long links are valid, go by it',
		);
	const ofDatabase = databaseClockAheadMs;
	if (ofDatabase !== null && 'value' in ofDatabase) {
		const { value } = ofDatabase;
		if (Math.abs(value) > MOST_CLOCK_MS) return off(value, 'the database');
		return ok(`It agrees with that of the database to ${seconds(value)} s`);
	}
	const dated = visits.flatMap(({ answer }) => ('status' in answer ? [answer.clockAheadMs] : []));
	const ahead = dated.find((value) => value !== null);
	if (ahead === undefined || ahead === null) {
		return notChecked('There is no other clock to compare with');
	}
	if (Math.abs(ahead) > MOST_CLOCK_MS) return off(ahead, 'the server at the address of links');
	return notChecked(
		'It agrees with that of the server at the address of links, which may be this machine itself',
	);
}

function seconds(ms: number): number {
	return Math.round(Math.abs(ms) / 1000);
}
