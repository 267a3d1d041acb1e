import type { BurstFeature } from '../classify/feature';
import type { ActorReason } from '../event/actor-reasons';

/** Where a load came from, as far as the rules below compare it. Holds no address. */
export interface Origin {
	/** Keyed hash of the network; `null` where it is unknown, or shared by many on purpose */
	readonly network: string | null;
	/** A program may use both kinds of address at once: such networks are not compared */
	readonly v6: boolean;
	/** The operating system, in the words of `known-programs.ts` */
	readonly os: string | null;
}

/** What the rules look at: an image that a person may have loaded, or a link that was asked for. */
interface Seen {
	readonly eventId: string;
	/** Milliseconds since 1970 */
	readonly at: number;
	/** Absent where nothing is to be compared with it */
	readonly from?: Origin;
	/** Of a link */
	readonly link?: { readonly position: number; readonly head: boolean };
}
type SeenLink = Seen & Required<Pick<Seen, 'link'>>;

interface ClickRule {
	readonly actorReason: ActorReason;
	readonly feature: BurstFeature;
	/** The ids of the links that are seen to be a machine's; those of HEAD may be among them */
	find(links: readonly SeenLink[], opens: readonly Seen[]): Iterable<string>;
}

const HEAD_BEFORE_MS = 10_000;
const BURST = { distinct: 3, withinMs: 10_000 };
const ORDER = { links: 5, withinMs: 30_000 };
const PAIR_WITHIN_MS = 3000;
const SAME_LINK_WITHIN_MS = 30_000;
/** How far apart a click and an open may be that are compared; also how long a click is remembered */
export const CLICKS_WINDOW_MS = 120_000;

/**
 * The rules for clicks of one recipient in one email, the strongest first. Each, with its source and
 * its known false calls, is in `docs/machine-opens.md`.
 *
 * Each of them only ever finds more when more is known. So it does not matter in which order loads
 * arrive, and no label has to be taken back.
 */
export const CLICK_RULES: readonly ClickRule[] = [
	{
		actorReason: 'link-head-first',
		feature: 'burst:head-first',
		find: (links) =>
			links
				.filter(({ at, from, link }) =>
					links.some(
						(head) =>
							head.link.head &&
							head.link.position === link.position &&
							isSameNetwork(head.from, from) &&
							at >= head.at &&
							at - head.at < HEAD_BEFORE_MS,
					),
				)
				.map(({ eventId }) => eventId),
	},
	{
		actorReason: 'link-burst',
		feature: 'burst:links',
		find: (links) =>
			links.flatMap(({ at }) => {
				const within = links.filter((other) => isWithin(other.at - at, BURST.withinMs));
				const distinct = new Set(within.map(({ link }) => link.position)).size;
				return distinct < BURST.distinct ? [] : within.map(({ eventId }) => eventId);
			}),
	},
	{
		actorReason: 'link-order',
		feature: 'burst:link-order',
		find: (links) =>
			links.flatMap((first) => {
				const within = links.filter(({ at }) => isWithin(at - first.at, ORDER.withinMs));
				if (!isFollowedInOrder(first, within)) return [];
				const { position } = first.link;
				return within
					.filter(({ link }) => isWithin(link.position - position, ORDER.links))
					.map(({ eventId }) => eventId);
			}),
	},
	{
		actorReason: 'clicks-elsewhere',
		feature: 'burst:clicks-elsewhere',
		find: (links, opens) =>
			links
				.filter((click) =>
					opens.some(
						(open) =>
							isElsewhere(click, open) && links.some((other) => isAnotherSign(click, other, open)),
					),
				)
				.map(({ eventId }) => eventId),
	},
];

/** Names the machines among the clicks of one recipient in one email, each by its strongest rule. */
export function judgeClicks(seen: readonly Seen[]): ReadonlyMap<string, ActorReason> {
	const reasons = new Map<string, ActorReason>();
	const links = seen.filter((each): each is SeenLink => each.link !== undefined);
	if (links.length < 2) return reasons;
	const opens = seen.filter(({ link }) => link === undefined);
	for (const { actorReason, find } of CLICK_RULES) {
		for (const eventId of find(links, opens)) {
			if (!reasons.has(eventId)) reasons.set(eventId, actorReason);
		}
	}
	return reasons;
}

/** Whether the rule behind a reason goes before that behind another; both rules for clicks. */
export function isStronger(reason: string | null, than: string | null): boolean {
	const rankOf = (each: string | null) =>
		CLICK_RULES.findIndex(({ actorReason }) => actorReason === each);
	return rankOf(reason) >= 0 && rankOf(reason) < rankOf(than);
}

function isWithin(distance: number, limit: number): boolean {
	return distance >= 0 && distance < limit;
}

function isSameNetwork(one: Origin | undefined, other: Origin | undefined): boolean {
	return !!one?.network && one.network === other?.network;
}

/** Whether the links below the first one were asked for one after the other, none left out. */
function isFollowedInOrder(first: SeenLink, within: readonly SeenLink[]): boolean {
	let { at } = first;
	for (let step = 1; step < ORDER.links; step += 1) {
		const times = within
			.filter((next) => next.link.position === first.link.position + step && next.at >= at)
			.map((next) => next.at);
		if (times.length === 0) return false;
		at = Math.min(...times);
	}
	return true;
}

/** Whether a click came from another network than an open about the same time. */
function isElsewhere(click: Seen, open: Seen): boolean {
	const { from } = click;
	return (
		!!from?.network &&
		!!open.from?.network &&
		from.v6 === open.from.v6 &&
		from.network !== open.from.network &&
		Math.abs(click.at - open.at) < CLICKS_WINDOW_MS
	);
}

/**
 * People change networks, so another network alone says nothing. What says something with it: that
 * another link was asked for from elsewhere at the same moment, or that the same link was followed
 * where the email was opened as well, and this click has another system.
 */
function isAnotherSign(click: SeenLink, other: SeenLink, open: Seen): boolean {
	const apart = Math.abs(click.at - other.at);
	if (other.link.position !== click.link.position) {
		return apart < PAIR_WITHIN_MS && isElsewhere(other, open);
	}
	const [mine, theirs] = [click.from?.os, open.from?.os];
	return (
		apart < SAME_LINK_WITHIN_MS &&
		!other.link.head &&
		isSameNetwork(other.from, open.from) &&
		!!mine &&
		!!theirs &&
		mine !== theirs
	);
}
