import { isCounted, type Actor } from '../../tracking/event/open-event';
import { findBursts, keepLabels } from '../bursts/burst-windows';
import type { FoundBursts } from '../bursts/burst-windows';
import { chunks } from '../database/chunks';
import { NeedsToBeAlone, type Reader, type Writer } from '../database/store-database';
import type {
	BurstOptions,
	CheckedOpen,
	CheckedRecord,
	Label,
	LoadOfOpen,
} from '../port/tracking-store';
import { deniedAmong } from './denylist';
import { claimsOf, recordEvents } from './record-opens';
import { relabel } from './relabel-opens';

const READ_ROWS = 1000;

/**
 * Records opens that waited on their way to the store, but those of people who were erased
 * meanwhile, who must not come back, and labels the bursts that they are part of. All of that is
 * one transaction: no erasure falls between check and record, and the order in which opens and
 * loads arrive changes no label.
 */
export async function recordUnlessErased(
	db: Writer,
	alone: boolean,
	opens: readonly CheckedOpen[],
	options: BurstOptions & { cleans?: boolean } = {},
): Promise<CheckedRecord> {
	const denied = await deniedAmong(
		db,
		opens.flatMap(({ denylistKeys }) => denylistKeys),
	);
	const isErased = ({ denylistKeys }: CheckedOpen) => denylistKeys.some((key) => denied.has(key));
	const kept = opens.filter((open) => !isErased(open));
	let bursts: FoundBursts = { fresh: new Map(), earlier: [] };
	const { recorded, known } = await recordEvents(
		db,
		kept.map(({ event }) => event),
		async (rows) => {
			const logged = new Set(rows.map(({ event_id }) => event_id));
			const loads = kept.filter(({ event }) => logged.has(event.eventId)).flatMap(loadOf);
			bursts = await findBursts(db, logged, [...loads, ...(options.notes ?? [])], options);
			// What moves counters of other pixels, or names an open that another writer may hold.
			if (bursts.earlier.length > 0 && !alone) throw new NeedsToBeAlone();
			for (const { event_id, actor } of rows) {
				// A load that is labelled as a machine's keeps its own reason.
				if (!isCounted(actor as Actor)) bursts.fresh.delete(event_id);
			}
			return bursts.fresh;
		},
	);
	const missing: typeof bursts.earlier = [];
	for (const label of bursts.earlier) {
		const outcome = await relabel(db, { ...label, onlyCounted: true });
		if (outcome === 'unknown') missing.push(label);
	}
	await keepLabels(db, missing);
	return {
		erased: new Set(opens.filter(isErased).map(({ event }) => event.eventId)),
		recorded,
		labels: new Map([...bursts.fresh, ...(await labelsInLog(db, [...known]))]),
	};
}

/** What such a transaction has to itself; see `StoreDatabase.write`. */
export function claimsOfChecked(
	opens: readonly CheckedOpen[],
	{ notes = [] }: BurstOptions = {},
): string[] {
	const loads = [...opens.flatMap(loadOf), ...notes];
	const addresses = loads.flatMap(({ load }) => load.address?.name ?? []);
	const events = [...opens, ...notes].map(({ event }) => event);
	return [...claimsOf(events), ...new Set(addresses)];
}

function loadOf({ event, load }: CheckedOpen): LoadOfOpen[] {
	return load ? [{ event, load }] : [];
}

async function labelsInLog(db: Reader, ids: readonly string[]): Promise<Map<string, Label>> {
	const labels = new Map<string, Label>();
	for (const part of chunks(ids, READ_ROWS)) {
		const rows = await db
			.selectFrom('opens')
			.select(['event_id', 'actor', 'actor_reason', 'rules_version'])
			.where('event_id', 'in', part)
			.execute();
		for (const { event_id, actor, actor_reason, rules_version } of rows) {
			labels.set(event_id, {
				actor: actor as Actor,
				actorReason: actor_reason,
				rulesVersion: rules_version,
			});
		}
	}
	return labels;
}
