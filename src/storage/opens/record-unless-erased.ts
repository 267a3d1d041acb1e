import { mayObject } from '../../tracking/consent/consent-policy';
import type { ConsentState } from '../../tracking/consent/consent-record';
import { isCounted, type Actor, type OpenEvent } from '../../tracking/event/open-event';
import type { LoadInPlace } from '../../tracking/receive/receive-types';
import { normalId } from '../../tracking/people/normal-id';
import { findBursts, keepLabels } from '../bursts/burst-windows';
import type { FoundBursts } from '../bursts/burst-windows';
import { NeedsToBeAlone, type Reader, type Writer } from '../database/store-database';
import { listConsentsOf, strictestConsent } from '../people/consent-records';
import { deniedAmong } from '../people/denylist';
import type {
	BurstOptions,
	CheckedOpen,
	CheckedRecord,
	StoreKnowledge,
} from '../port/tracking-store';
import { findById } from './find-by-id';
import { knowledgeOf, recordEvents } from './record-opens';
import { relabel } from './relabel-opens';

/**
 * Records opens that waited on their way to the store, but those of people who were erased
 * meanwhile, who must not come back, and of people who had objected while nobody could be asked;
 * and labels the bursts that they are part of. All of that is one transaction: no erasure falls
 * between check and record, and the order in which opens and loads arrive changes no label.
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
	const alive = opens.filter((open) => !isErased(open));
	const kept = await decideAgain(db, alive);
	const keys = new Map(
		alive.map(({ event, denylistKeys }) => [normalId(event.recipientId ?? ''), denylistKeys]),
	);
	let bursts: FoundBursts = { fresh: new Map(), earlier: [] };
	const { recorded, known } = await recordEvents(
		db,
		kept.map(({ event }) => event),
		keys,
		async (rows) => {
			const logged = new Set(rows.map(({ event_id }) => event_id));
			const loads = kept.filter(({ event }) => logged.has(event.eventId)).flatMap(loadOf);
			bursts = await findBursts(db, logged, [...loads, ...(options.notes ?? [])], options);
			// What moves counters of other pixels, or names an open that another writer may hold.
			if (bursts.earlier.length > 0 && !alone) throw new NeedsToBeAlone();
			for (const { event_id, actor } of rows) {
				// A load that is labeled as a machine's keeps its own reason.
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
	const keptIds = new Set(kept.map(({ event }) => event.eventId));
	return {
		erased: new Set(
			opens.flatMap(({ event: { eventId } }) => (keptIds.has(eventId) ? [] : eventId)),
		),
		recorded: new Set(recorded.keys()),
		knowledge: new Map([...recorded, ...(await knowledgeInLog(db, [...known]))]),
	};
}

/**
 * An open that names somebody and says nothing of their consent came in while the registry could not
 * be asked. Its policy allowed it until somebody objects, so it is asked for objections here.
 */
async function decideAgain(db: Writer, opens: readonly CheckedOpen[]): Promise<CheckedOpen[]> {
	const undecided = opens.map(({ event }) => event).filter(isUndecided);
	if (undecided.length === 0) return [...opens];
	const byPerson = new Map<string, ConsentState[]>();
	const ids = new Set(undecided.map(({ recipientId }) => normalId(recipientId ?? '')));
	for (const state of await listConsentsOf(db, [...ids], new Date())) {
		const person = state.record?.recipientKey ?? '';
		byPerson.set(person, [...(byPerson.get(person) ?? []), state]);
	}
	return opens.flatMap((open) => {
		const { event } = open;
		if (!isUndecided(event)) return [open];
		const states = byPerson.get(normalId(event.recipientId ?? '')) ?? [];
		const { status, record } =
			event.purpose === null
				? strictestConsent(states, null)
				: (states.find((state) => state.record?.purpose === event.purpose) ?? NOTHING_KNOWN);
		if (mayObject(event.purpose) && (status === 'withdrawn' || status === 'refused')) return [];
		// Hygiene keeps the day alone.
		if (event.trackingMode === 'hygiene') return [open];
		const { policy } = event.consent;
		const consent = { status, recordId: record?.recordId ?? null, policy };
		return [{ ...open, event: { ...event, consent } }];
	});
}

const NOTHING_KNOWN: ConsentState = { status: 'unknown', record: null };

function isUndecided({ recipientId, trackingMode, consent }: OpenEvent): boolean {
	// A pseudonym leads to nobody who could be asked for; see `askForConsent`.
	return recipientId !== null && trackingMode !== 'pseudonymous' && consent.status === null;
}

function loadOf({ event, load }: CheckedOpen): LoadInPlace[] {
	return load ? [{ event, load }] : [];
}

async function knowledgeInLog(
	db: Reader,
	ids: readonly string[],
): Promise<Map<string, StoreKnowledge>> {
	const rows = await findById(db, ids);
	return new Map(rows.map((row) => [row.event_id, knowledgeOf(row)]));
}
