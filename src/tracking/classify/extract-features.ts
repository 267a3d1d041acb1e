import { agentFeatures } from './agent-features';
import type { LoadFeature, MethodFeature, SinceSendFeature } from './feature';
import { networkFeatures } from './known-networks';

/** One request for a pixel, as far as it tells who made it. None of it is kept. */
export interface ImageLoad {
	method: string;
	/** Names in lower case, as node:http gives them */
	headers: Readonly<Record<string, string | undefined>>;
	userAgent: string | null;
	/** The client's address, already worked out from trusted hops (`client-address.ts`) */
	ip: string | null;
	/** Seconds between the sending of the email and this load; `null` when unknown */
	secondsSinceSend: number | null;
	/** Whether the sender loaded it: a signed preview token, or a "this is me" mark */
	own?: boolean;
}

/** More of a header is never needed, and a flood of them costs nothing: only these are read. */
const MAX_HEADER_LENGTH = 64;
/** `Sec-Purpose` is the standard one (Fetch); the others are what older browsers sent. */
const PURPOSE_HEADERS = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'];
/** What programs ask for when they load an image; curl and its library ask for anything, too. */
const IMAGES = /image\/|\*\/\*/;
const PURPOSES = ['prefetch', 'preview', 'prerender'] as const;

/** Upper bounds in seconds. */
const SINCE_SEND: ReadonlyArray<readonly [below: number, feature: SinceSendFeature]> = [
	[0, 'since-send:negative'],
	[2, 'since-send:<2s'],
	[10, 'since-send:<10s'],
	[60, 'since-send:<1m'],
	[600, 'since-send:<10m'],
];

/**
 * Reduces a load to words from a fixed list. This is all that the rules get to see, so whatever
 * they decide can be decided again from a stored event.
 *
 * Never throws; the work is bounded whatever the load holds.
 */
export function extractFeatures(load: ImageLoad): LoadFeature[] {
	const features: LoadFeature[] = load.own === true ? ['own'] : [];
	features.push(methodFeature(load.method));
	addHeaderFeatures(load.headers, features);
	for (const feature of agentFeatures(load.userAgent)) features.push(feature);
	for (const feature of networkFeatures(load.ip)) features.push(feature);
	const sinceSend = sinceSendFeature(load.secondsSinceSend);
	if (sinceSend !== null) features.push(sinceSend);
	return features;
}

function methodFeature(method: string): MethodFeature {
	if (method === 'GET' || method === 'get') return 'method:get';
	return method === 'HEAD' || method === 'head' ? 'method:head' : 'method:other';
}

function addHeaderFeatures(headers: ImageLoad['headers'], features: LoadFeature[]): void {
	for (const name of PURPOSE_HEADERS) {
		if (!isSent(headers[name])) continue;
		const value = headers[name].slice(0, MAX_HEADER_LENGTH).toLowerCase();
		for (const purpose of PURPOSES) {
			const feature = `header:purpose-${purpose}` as const;
			if (value.includes(purpose) && !features.includes(feature)) features.push(feature);
		}
	}
	const { accept } = headers;
	if (!isSent(accept)) features.push('header:no-accept');
	else if (IMAGES.test(accept.slice(0, MAX_HEADER_LENGTH).toLowerCase()))
		features.push('header:accepts-images');
	if (!isSent(headers['accept-language'])) features.push('header:no-accept-language');
	if (isSent(headers.range)) features.push('header:range');
	const destination = headers['sec-fetch-dest'];
	if (isSent(destination)) {
		features.push(destination === 'image' ? 'header:fetch-image' : 'header:fetch-other');
	}
}

/** Whatever the type says, a header can come as a list: such a one counts as not sent. */
function isSent(value: unknown): value is string {
	return typeof value === 'string' && value !== '';
}

function sinceSendFeature(seconds: number | null): SinceSendFeature | null {
	if (typeof seconds !== 'number' || Number.isNaN(seconds)) return null;
	for (const [below, feature] of SINCE_SEND) if (seconds < below) return feature;
	return 'since-send:>=10m';
}
