import { ESP_REASONS } from '../../tracking/esp/esp-reasons';
import { ACTOR_REASONS } from '../../tracking/event/actor-reasons';
import { isCounted, type Actor, type OpenEvent } from '../../tracking/event/open-event';

/** Actors as the pages name them. */
export const ACTOR_NAMES: Record<Actor, string> = {
	human: 'Person',
	'human-via-proxy': 'Person, through a proxy',
	unknown: 'Not known, counted',
	prefetch: 'Prefetch',
	scanner: 'Security scanner',
	bot: 'Bot',
};

/** What a page says about who made a load. */
export interface ShownActor {
	name: string;
	counted: boolean;
	/** Why; empty when nothing was noted */
	reason: string;
}

export function shownActor(open: Pick<OpenEvent, 'actor' | 'actorReason'>): ShownActor {
	const { actor, actorReason } = open;
	return {
		name: ACTOR_NAMES[actor],
		counted: isCounted(actor),
		reason: actorReason === null ? '' : reasonText(actorReason),
	};
}

const REASONS = new Map<string, string>(Object.entries({ ...ACTOR_REASONS, ...ESP_REASONS }));

/** A reason in words. A newer rule set may know one that this version has no words for. */
export function reasonText(code: string): string {
	return REASONS.get(code) ?? code;
}

/** The email client in one line, of what is known of it. */
export function shownClient({ client }: Pick<OpenEvent, 'client'>): string {
	const parts = [client.family, client.os, client.device].filter((part) => part !== null);
	return parts.length === 0 ? 'Not known' : parts.join(' · ');
}

/** A share from 0 to 1 as a percentage with one digit where that says more; a dash for none. */
export function shownShare(share: number | null): string {
	if (share === null) return '–';
	const percent = share * 100;
	return `${percent >= 10 || percent === 0 ? Math.round(percent) : percent.toFixed(1)} %`;
}

/** A count with thin spaces between thousands. */
export function shownCount(count: number): string {
	return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}

/** Machine loads among all loads, `null` when there was none at all. */
export function machineShare(counts: { opens: number; machineOpens: number }): number | null {
	const all = counts.opens + counts.machineOpens;
	return all === 0 ? null : counts.machineOpens / all;
}
