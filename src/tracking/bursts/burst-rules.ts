import { createHmac, type KeyObject } from 'node:crypto';

import { CURRENT_RULES } from '../classify/classify-rules';
import type { BurstFeature } from '../classify/feature';
import type { ActorReason } from '../event/actor-reasons';
import { isCounted, type Actor } from '../event/open-event';
import { normaliseIp, truncateIp } from '../minimise/minimise-ip';
import { CLICK_RULES, CLICKS_WINDOW_MS, isStronger, judgeClicks, type Origin } from './click-rules';

interface BurstRule {
	/** How many different networks or domains make a burst */
	readonly distinct: number;
	readonly windowMs: number;
	/** Loads kept per window; when it is full the oldest goes */
	readonly maxLoads: number;
	readonly feature: BurstFeature;
	readonly actorReason: ActorReason;
}

/** A gateway opens one email from many machines at once; its reader does not. */
export const NETWORK_BURST: BurstRule = {
	distinct: 3,
	windowMs: 120_000,
	maxLoads: 16,
	feature: 'burst:networks',
	actorReason: 'network-burst',
};

/** A gateway for many companies opens the email of all of them from one machine. */
export const DOMAIN_BURST: BurstRule = {
	distinct: 10,
	windowMs: 600_000,
	maxLoads: 32,
	feature: 'burst:domains',
	actorReason: 'address-many-domains',
};

/** Clicks kept per recipient; as many links as most emails have. */
const MAX_CLICKS = 32;

/** One classified load, as the burst rules look at it. */
export interface BurstLoad {
	eventId: string;
	/** Milliseconds since 1970 */
	at: number;
	/** Any stable name of the recipient and email; `null` when there is none */
	recipient: string | null;
	/** Domain of the recipient's address; `null` when unknown */
	recipientDomain: string | null;
	/** The client's address; it leaves no trace but a keyed hash */
	ip: string | null;
	/** Whether `address-many-domains` looks at the load; it is off unless the operator wants it */
	manyDomains: boolean;
	/** Of a click or a HEAD, the place of the link in its email; absent for an open */
	linkPosition?: number;
	actor: Actor;
	features: readonly string[];
}

/** What a window remembers of a load. Plain JSON; holds no address, network or domain. */
export interface WindowedLoad {
	readonly eventId: string;
	readonly at: number;
	/** Keyed hash of the network or the domain; of a click, its link */
	readonly mark: string;
	/** Whether a burst would change its actor; of an open, true until it has */
	readonly open: boolean;
	/** Of a click, and of an open that clicks are compared with */
	readonly from?: Origin;
	/** Of a click, or of a link that was looked at with HEAD */
	readonly link?: { readonly position: number; readonly head: boolean };
	/** Of a click: the rule that has named it */
	readonly actorReason?: ActorReason;
}
export type BurstWindow = readonly WindowedLoad[];

/** A load that a burst has given another label; the load just seen may be among them. */
export interface BurstLabel {
	eventId: string;
	actor: Actor;
	actorReason: ActorReason;
	rulesVersion: string;
}

/** One of the two windows a load belongs to, and what stands for the load in it. */
export interface BurstPlace {
	/** Name of the window, in a map or in a store: a keyed hash */
	readonly name: string;
	/** Keyed hash of the network or the domain, or the link; `null` where the domain is known to the store alone */
	readonly mark: string | null;
}
/**
 * All that the windows need of a load: plain JSON without address, network, domain or recipient,
 * so that it can be handed to other processes.
 */
export interface PlacedLoad {
	readonly eventId: string;
	/** Milliseconds since 1970 */
	readonly at: number;
	/** Whether a burst would change its actor */
	readonly open: boolean;
	/** `null` where the load belongs to no such window */
	readonly recipient: BurstPlace | null;
	readonly address: BurstPlace | null;
	readonly from?: Origin;
	/** Of a click, or of a link that was looked at with HEAD */
	readonly link?: { readonly position: number; readonly head: boolean };
}
export interface BurstWindows {
	readonly recipient: BurstWindow;
	readonly address: BurstWindow;
}

/**
 * Loads from networks that rotate addresses, or that many readers share on purpose: image
 * proxies, Apple's relays. They prove no burst and are never relabeled by one.
 */
const SHARED_NETWORKS = ['net:apple-egress', 'net:google', 'net:exchange-online'];

/**
 * Where a load belongs: the window of its recipient and the window of its address.
 *
 * @param key a secret of at least 16 random bytes (`createSecretKey`); processes that share windows
 *   must share it
 * @returns `null` when the load takes no part in either rule
 */
export function placeLoad(load: BurstLoad, key: KeyObject): PlacedLoad | null {
	if ((key.symmetricKeySize ?? 0) < 16) {
		throw new Error('The burst key is too short. Pass at least 16 bytes.');
	}
	if (load.linkPosition !== undefined) return placeClick(load, load.linkPosition, key);
	const { recipient, recipientDomain } = load;
	const from = originOf(load, key);
	if (load.ip === null || from.network === null) return null;
	if (recipient === null && (recipientDomain === null || !load.manyDomains)) return null;
	return {
		eventId: load.eventId,
		at: load.at,
		// A load that is labeled as a machine's is evidence and keeps its own reason.
		open: isCounted(load.actor),
		recipient:
			recipient === null ? null : { name: hashed('recipient', recipient, key), mark: from.network },
		address: load.manyDomains
			? {
					name: hashed('address', normaliseIp(load.ip) ?? '', key),
					mark: recipientDomain === null ? null : domainMark(recipientDomain, key),
				}
			: null,
		// A machine's open says nothing of where its reader is.
		...(isCounted(load.actor) && { from }),
	};
}

/** A click takes part whatever network it came from, which is then not compared. */
function placeClick(load: BurstLoad, position: number, key: KeyObject): PlacedLoad | null {
	const { eventId, at, recipient, actor, features } = load;
	if (recipient === null || features.includes('own')) return null;
	return {
		eventId,
		at,
		open: isCounted(actor),
		recipient: { name: hashed('recipient', recipient, key), mark: `link ${position}` },
		address: null,
		from: originOf(load, key),
		link: { position, head: features.includes('method:head') },
	};
}

function originOf(load: BurstLoad, key: KeyObject): Origin {
	const network = load.ip === null || !takesPart(load) ? null : truncateIp(load.ip);
	return {
		network: network === null ? null : hashed('network', network, key),
		v6: network?.includes(':') ?? false,
		os: load.features.find((feature) => feature.startsWith('os:'))?.slice(3) ?? null,
	};
}

/** What stands for a recipient's domain in the window of an address. */
export function domainMark(domain: string, key: KeyObject): string {
	return hashed('domain', domain.toLowerCase(), key);
}

/**
 * Adds a load to its two windows and says which loads are now seen to be a scanner's. Pure: the
 * same windows and load always give the same answer.
 *
 * Loads may come out of order; one that is older than its whole window is left out of it.
 *
 * @param windows as this function returned them before for the names of the load's places, or
 *   empty. Where a place or its mark is `null` the window comes back as it was
 * @returns each event at most once in `labels`, and again only where a stronger rule names a click
 */
export function observeBurst(
	windows: BurstWindows,
	load: PlacedLoad,
): { windows: BurstWindows; labels: BurstLabel[] } {
	const recipient = addToRecipient(windows.recipient, load);
	const address = addTo(windows.address, load, load.address, DOMAIN_BURST);
	const named = new Set(recipient.labels.map(({ eventId }) => eventId));
	return {
		windows: { recipient: recipient.window, address: address.window },
		labels: [...recipient.labels, ...address.labels.filter(({ eventId }) => !named.has(eventId))],
	};
}

function takesPart({ actor, features }: BurstLoad): boolean {
	return (
		actor !== 'human-via-proxy' &&
		actor !== 'prefetch' &&
		!features.includes('own') &&
		!SHARED_NETWORKS.some((network) => features.includes(network))
	);
}

interface Added {
	window: BurstWindow;
	labels: BurstLabel[];
}

/** A recipient's opens and clicks are in one window, because clicks are compared with opens. */
function addToRecipient(before: BurstWindow, load: PlacedLoad): Added {
	const newest = before.reduce((latest, { at }) => Math.max(latest, at), load.at);
	const young = before.filter(({ at }) => newest - at < 2 * CLICKS_WINDOW_MS);
	const opens = young.filter(({ link }) => link === undefined);
	const clicks = young.filter(({ link }) => link !== undefined);
	if (load.link === undefined) {
		const added = addTo(opens, load, load.recipient, NETWORK_BURST);
		const judged = labelClicks(added.window, clicks);
		return { window: judged.window, labels: [...added.labels, ...judged.labels] };
	}
	return labelClicks(opens, put(clicks, load, CLICKS_WINDOW_MS, MAX_CLICKS));
}

function labelClicks(opens: BurstWindow, clicks: BurstWindow): Added {
	const reasons = judgeClicks([...opens, ...clicks]);
	const labels: BurstLabel[] = [];
	const labeled = clicks.map((click) => {
		const actorReason = reasons.get(click.eventId);
		const isNews =
			actorReason !== undefined &&
			(click.actorReason === undefined || isStronger(actorReason, click.actorReason));
		if (!click.open || !isNews) return click;
		labels.push(scannerLabel(click.eventId, actorReason));
		return { ...click, actorReason };
	});
	return { window: [...opens, ...labeled], labels };
}

function addTo(
	before: BurstWindow,
	load: PlacedLoad,
	place: BurstPlace | null,
	rule: BurstRule,
): Added {
	if (!place?.mark) return { window: before, labels: [] };
	const window = put(before, load, rule.windowMs, rule.maxLoads, place.mark);
	if (new Set(window.map((each) => each.mark)).size < rule.distinct) return { window, labels: [] };
	return {
		window: window.map((each) => (each.open ? { ...each, open: false } : each)),
		labels: window
			.filter(({ open }) => open)
			.map(({ eventId }) => scannerLabel(eventId, rule.actorReason)),
	};
}

/** Adds a load to a window, out of which old ones and those beyond its size fall. */
function put(
	before: BurstWindow,
	load: PlacedLoad,
	windowMs: number,
	maxLoads: number,
	mark = load.recipient?.mark ?? '',
): BurstWindow {
	const { eventId, at, open, from, link } = load;
	const newest = before.reduce((latest, each) => Math.max(latest, each.at), at);
	const entry: WindowedLoad = {
		eventId,
		at,
		mark,
		open,
		...(from && { from }),
		...(link && { link }),
	};
	return [...before.filter((each) => each.eventId !== eventId), entry]
		.filter((each) => newest - each.at < windowMs)
		.slice(-maxLoads);
}

function scannerLabel(eventId: string, actorReason: ActorReason): BurstLabel {
	return { eventId, actor: 'scanner', actorReason, rulesVersion: CURRENT_RULES.version };
}

/** 64 bits of a keyed hash: enough to tell apart what is in a few thousand windows. */
function hashed(kind: string, value: string, key: KeyObject): string {
	return createHmac('sha256', key).update(`burst ${kind}\0${value}`).digest('hex').slice(0, 16);
}

/**
 * What a stored label says of the loads around an open. A burst changes the label of an open and not
 * its features; judging it again must not forget why.
 */
export function burstFeatures(actorReason: string | null): BurstFeature[] {
	return [NETWORK_BURST, DOMAIN_BURST, ...CLICK_RULES]
		.filter((rule) => rule.actorReason === actorReason)
		.map((rule) => rule.feature);
}
