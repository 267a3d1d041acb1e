import { gather } from '../async/batch-calls';
import type { PrivacyStore } from '../storage/port/privacy-store';
import { strictestConsent } from '../storage/privacy/consent-records';
import type { ConsentState } from '../tracking/consent/consent-record';
import type { Purpose } from '../tracking/event/purpose';
import type { LookupStore } from './receive-deps';

const NOTHING_KNOWN: ConsentState = { status: 'unknown', record: null };

/**
 * Asks the store for many loads at once: what comes in one turn of the event loop shares two
 * reads. Every load is looked up anew and nothing is remembered, so a withdrawal or an erasure
 * acts on the next load.
 */
export function batchLookups(
	openStore: () => Promise<Pick<PrivacyStore, 'isDenied' | 'listConsentsOf'>>,
): LookupStore {
	const denied = gather<readonly string[], boolean>(async (keys) => {
		const store = await openStore();
		// Hardly anybody is on the list, so one question answers for nearly all groups.
		if (!(await store.isDenied(keys.flat()))) return keys.map(() => false);
		return await Promise.all(keys.map((some) => store.isDenied(some)));
	});
	const consents = gather<{ id: string; purpose: Purpose | null }, ConsentState>(async (asked) => {
		const store = await openStore();
		const ids = [...new Set(asked.map(({ id }) => id))];
		const byPerson = new Map<string, ConsentState[]>();
		for (const state of await store.listConsentsOf(ids, new Date())) {
			const person = state.record?.recipientKey ?? '';
			byPerson.set(person, [...(byPerson.get(person) ?? []), state]);
		}
		return asked.map(({ id, purpose }) => {
			const states = byPerson.get(id) ?? [];
			if (purpose === null) return strictestConsent(states);
			return states.find(({ record }) => record?.purpose === purpose) ?? NOTHING_KNOWN;
		});
	});
	return {
		isDenied: (keys) => denied(keys),
		getConsent: (id, purpose) => consents({ id, purpose }),
	};
}
