import { sql } from 'kysely';

import { isCounted, type Actor } from '../../tracking/event/open-event';
import { linkOf, NO_POSITION, type CountedLink } from '../counters/link-counts';
import type { Reader } from '../database/store-database';
import type { LinkClicksTable } from '../database/store-schema';
import type { LinkClicks } from '../port/answers-store';

/** How many clicks are looked at, so that the answer takes as long for any campaign. */
const MOST_CLICKS_READ = 20_000;
/** More links than any email has: those of a campaign whose labels are each for one person. */
const MOST_LINKS = 1_000;

interface LinkPlace {
	scope: LinkClicksTable['scope'];
	id: string;
}

/** The links of a pixel or a campaign that were followed, in the order of the email. */
export async function listLinkClicks(db: Reader, place: LinkPlace): Promise<LinkClicks[]> {
	const counts = await db
		.selectFrom('link_clicks')
		.selectAll()
		.where('scope', '=', place.scope)
		.where('scope_id', '=', place.id)
		.orderBy('position')
		.orderBy('label')
		.orderBy('site')
		.limit(MOST_LINKS)
		.execute();
	if (counts.length === 0) return [];
	const details = detailsOf(await latestClicks(db, place));
	return counts.map(({ position, label, site, clicks, machine_clicks }) => {
		const link = details.get(nameOf({ position, label, site }));
		return {
			position: position === NO_POSITION ? null : position,
			label: label || null,
			site: site || null,
			page: link?.pages.size === 1 ? [...link.pages][0] : null,
			people: link?.people.size ?? 0,
			clicks,
			machineClicks: machine_clicks,
			machineReasons: [...(link?.reasons.values() ?? [])].sort(
				(a, b) => b.clicks - a.clicks || ((a.reason ?? '') < (b.reason ?? '') ? -1 : 1),
			),
			clicksRead: link?.clicksRead ?? 0,
		};
	});
}

type Click = Awaited<ReturnType<typeof latestClicks>>[number];

async function latestClicks(db: Reader, { scope, id }: LinkPlace) {
	return await db
		.selectFrom('opens')
		.select(['actor', 'actor_reason', 'recipient_id', 'link_url', 'link_position', 'link_label'])
		.where(`${scope}_id`, '=', id)
		// As it is written in the index of clicks, which is not used for a value that is bound.
		.where(sql<boolean>`event = 'click'`)
		.orderBy('occurred_at', 'desc')
		.orderBy('event_id', 'desc')
		.limit(MOST_CLICKS_READ)
		.execute();
}

interface LinkDetails {
	pages: Set<string | null>;
	people: Set<string>;
	reasons: Map<string, LinkClicks['machineReasons'][number]>;
	clicksRead: number;
}

/** What single clicks say of their links, by {@link nameOf}. */
function detailsOf(clicks: readonly Click[]): Map<string, LinkDetails> {
	const links = new Map<string, LinkDetails>();
	// The same few addresses come thousands of times, and to take one apart is slow.
	const names = new Map<string, string>();
	for (const click of clicks) {
		const written = `${click.link_position} ${click.link_url} ${click.link_label}`;
		const name = names.get(written) ?? nameOf(linkOf(click));
		names.set(written, name);
		const link = links.get(name) ?? {
			pages: new Set(),
			people: new Set(),
			reasons: new Map(),
			clicksRead: 0,
		};
		links.set(name, link);
		const { actor_reason: reason, recipient_id: person } = click;
		const actor = click.actor as Actor;
		link.clicksRead += 1;
		link.pages.add(click.link_url);
		if (!isCounted(actor)) {
			const key = JSON.stringify([actor, reason]);
			const known = link.reasons.get(key) ?? { actor, reason, clicks: 0 };
			link.reasons.set(key, { ...known, clicks: known.clicks + 1 });
		} else if (person !== null) {
			link.people.add(person);
		}
	}
	return links;
}

function nameOf({ position, label, site }: CountedLink): string {
	return JSON.stringify([position, label, site]);
}
