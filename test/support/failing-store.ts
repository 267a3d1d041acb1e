import { StoreError } from '../../src/storage/port/store-error';
import type { CheckedOpen } from '../../src/storage/port/tracking-store';

/** A store in memory that can be away, hang, or know people who were erased. */
export function failingStore() {
	const state = {
		/** What every write throws */
		failure: null as Error | null,
		hangs: false,
		erased: new Set<string>(),
		tries: 0,
		/** The ids of the events that it was given and took, each as often as it was */
		taken: [] as string[],
	};
	const store = {
		recordUnlessErased: async (opens: readonly CheckedOpen[]) => {
			state.tries += 1;
			if (state.hangs) await new Promise(() => undefined);
			if (state.failure) throw state.failure;
			if (opens.some(({ event }) => (event.pixelId ?? '').length > 256)) {
				throw new StoreError('invalid', 'The pixel id is longer than 256 characters. Shorten it.');
			}
			const left = opens.filter(({ denylistKeys }) =>
				denylistKeys.some((key) => state.erased.has(key)),
			);
			const ids = new Set(left.map(({ event }) => event.eventId));
			const taken = opens.map(({ event }) => event.eventId).filter((eventId) => !ids.has(eventId));
			const recorded = new Set(taken.filter((eventId) => !state.taken.includes(eventId)));
			state.taken.push(...taken);
			return { erased: ids, recorded, knowledge: new Map() };
		},
		recordImageHeld: async () => 0,
	};
	return { state, store };
}

export const AWAY = new StoreError(
	'unavailable',
	'PostgreSQL could not be reached (ECONNREFUSED). Check host, port and TLS setting of the credential, and that the server runs.',
);
