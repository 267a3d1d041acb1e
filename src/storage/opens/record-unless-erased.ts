import { mayObject } from '../../tracking/consent/consent-policy';
import type { ConsentState } from '../../tracking/consent/consent-record';
import type { OpenEvent } from '../../tracking/event/open-event';
import { normalId } from '../../tracking/people/normal-id';
import type { Writer } from '../database/store-database';
import type { CheckedOpen, CheckedRecord } from '../port/tracking-store';
import { listConsentsOf, strictestConsent } from '../people/consent-records';
import { deniedAmong } from '../people/denylist';
import { recordEvents } from './record-opens';

/**
 * Records opens that waited on their way to the store, but those of people who were erased
 * meanwhile, who must not come back, and of people who had objected while nobody could be asked.
 * The check and the record are one transaction, so no erasure can fall between them.
 */
export async function recordUnlessErased(
	db: Writer,
	opens: readonly CheckedOpen[],
): Promise<CheckedRecord> {
	const denied = await deniedAmong(
		db,
		opens.flatMap(({ denylistKeys }) => denylistKeys),
	);
	const isErased = ({ denylistKeys }: CheckedOpen) => denylistKeys.some((key) => denied.has(key));
	const alive = opens.filter((open) => !isErased(open));
	const allowed = await decideAgain(
		db,
		alive.map(({ event }) => event),
	);
	const keys = new Map(
		alive.map(({ event, denylistKeys }) => [normalId(event.recipientId ?? ''), denylistKeys]),
	);
	const { recorded } = await recordEvents(db, allowed, keys);
	const kept = new Set(allowed.map(({ eventId }) => eventId));
	const erased = opens.flatMap(({ event: { eventId } }) => (kept.has(eventId) ? [] : eventId));
	return { erased: new Set(erased), recorded };
}

/**
 * An open that names somebody and says nothing of their consent came in while the registry could not
 * be asked. Its policy allowed it until somebody objects, so it is asked for objections here.
 */
async function decideAgain(db: Writer, events: readonly OpenEvent[]): Promise<OpenEvent[]> {
	const undecided = events.filter(isUndecided);
	if (undecided.length === 0) return [...events];
	const byPerson = new Map<string, ConsentState[]>();
	const ids = new Set(undecided.map(({ recipientId }) => normalId(recipientId ?? '')));
	for (const state of await listConsentsOf(db, [...ids], new Date())) {
		const person = state.record?.recipientKey ?? '';
		byPerson.set(person, [...(byPerson.get(person) ?? []), state]);
	}
	return events.flatMap((event) => {
		if (!isUndecided(event)) return [event];
		const states = byPerson.get(normalId(event.recipientId ?? '')) ?? [];
		const { status, record } =
			event.purpose === null
				? strictestConsent(states)
				: (states.find((state) => state.record?.purpose === event.purpose) ?? NOTHING_KNOWN);
		if (mayObject(event.purpose) && (status === 'withdrawn' || status === 'refused')) return [];
		// Hygiene keeps the day alone.
		if (event.trackingMode === 'hygiene') return [event];
		const { policy } = event.consent;
		return [{ ...event, consent: { status, recordId: record?.recordId ?? null, policy } }];
	});
}

const NOTHING_KNOWN: ConsentState = { status: 'unknown', record: null };

function isUndecided({ recipientId, trackingMode, consent }: OpenEvent): boolean {
	// A pseudonym leads to nobody who could be asked for; see `askForConsent`.
	return recipientId !== null && trackingMode !== 'pseudonymous' && consent.status === null;
}
