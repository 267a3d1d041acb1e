import { batchCalls } from '../async/batch-calls';
import { within } from '../async/time-limit';
import { storable } from '../storage/database/checked-input';
import type { PrivacyStore } from '../storage/port/privacy-store';
import { StoreError } from '../storage/port/store-error';
import { strictestConsent } from '../storage/people/consent-records';
import type { ConsentState } from '../tracking/consent/consent-record';
import type { Purpose } from '../tracking/event/purpose';
import type { ProbeLoad } from '../tracking/links/probe-link';
import { normalId } from '../tracking/people/normal-id';
import { dailyIpKey } from './daily-ip-key';

/** How long a load waits for a store that hangs; then the policy decides without an answer. */
const LIMIT_MS = 750;
/** How long a store that did not answer in time is left alone. */
const REST_MS = 2000;

const NOTHING_KNOWN: ConsentState = { status: 'unknown', record: null };

/** The part of the store that is asked about each load. */
export type LookupStore = Pick<
	PrivacyStore,
	'deniedAmong' | 'listConsentsOf' | 'dailyKey' | 'destroyOldKeys' | 'noteProbeLoad'
>;

/** What is asked of the store about each load. Nothing about people is remembered. */
export interface Lookups {
	/** Whether one of these keys is on the list of erased people */
	isErased(denylistKeys: readonly string[]): Promise<boolean>;
	/** Where a person stands; without a purpose, the strictest answer to any */
	consentOf(recipientId: string, purpose: Purpose | null): Promise<ConsentState>;
	/** The key that addresses are hashed with today */
	ipKey(): Promise<Buffer>;
	/** Notes what loaded a probe email */
	noteProbe(load: ProbeLoad): Promise<void>;
	/** Anything else in the same store that an answer waits for, held to the same limit and rest */
	inTime<T>(ask: () => Promise<T>): Promise<T>;
}

/** What is asked of the store about people. */
export type PeopleLookups = Pick<Lookups, 'isErased' | 'consentOf'>;

/**
 * Asks the store about people: what comes in one turn of the event loop shares two reads, and
 * everybody is looked up anew. Waits as long as the store takes, for work that nobody waits for at
 * the other end of a request.
 *
 * @param openStore called for each read, so that a store that is back is used
 * @param inTime what each read is held to where somebody waits
 */
export function createPeopleLookups(
	openStore: () => Promise<Pick<LookupStore, 'deniedAmong' | 'listConsentsOf'>>,
	inTime: Lookups['inTime'] = async (ask) => await ask(),
): PeopleLookups {
	const erased = batchCalls<readonly string[], boolean>(async (keys) => {
		// One question for all, whatever the answer: its time must not tell that somebody was erased.
		const denied = await inTime(async () => (await openStore()).deniedAmong(keys.flat()));
		return keys.map((some) => some.some((key) => denied.has(key)));
	});
	const consents = batchCalls<{ id: string; purpose: Purpose | null }, ConsentState>(
		async (asked) => {
			const ids = [...new Set(asked.map(({ id }) => id))];
			const byPerson = new Map<string, ConsentState[]>();
			const listed = await inTime(async () => (await openStore()).listConsentsOf(ids, new Date()));
			for (const state of listed) {
				const person = state.record?.recipientKey ?? '';
				byPerson.set(person, [...(byPerson.get(person) ?? []), state]);
			}
			return asked.map(({ id, purpose }) => {
				const states = byPerson.get(storable(normalId(id))) ?? [];
				if (purpose === null) return strictestConsent(states, null);
				return states.find(({ record }) => record?.purpose === purpose) ?? NOTHING_KNOWN;
			});
		},
	);
	return { isErased: erased, consentOf: (id, purpose) => consents({ id, purpose }) };
}

/**
 * The lookups in one store, for all doors of this process: make them once per store. What comes in
 * one turn of the event loop shares two reads, and every load is looked up anew, so a withdrawal or
 * an erasure acts on the next load.
 *
 * After an answer that took too long all lookups fail at once for a while. Otherwise a store that
 * hangs would delay every load, and more loads would wait the longer it hangs. What a failed lookup
 * means is up to the consent policy.
 *
 * @param openStore called for each read, so that a store that is back is used
 */
export function createLookups(
	openStore: () => Promise<LookupStore>,
	{ limitMs = LIMIT_MS, restMs = REST_MS } = {},
): Lookups {
	const inTime = createGuard(limitMs, restMs);
	return {
		// Held to it by the reads that they share: a timer for each load would take as long as the reads.
		...createPeopleLookups(openStore, inTime),
		ipKey: () => inTime(async () => await dailyIpKey(await openStore(), new Date())),
		noteProbe: (load) => inTime(async () => await (await openStore()).noteProbeLoad(load)),
		inTime,
	};
}

function createGuard(limitMs: number, restMs: number): <T>(ask: () => Promise<T>) => Promise<T> {
	// On a clock that nobody sets.
	let restUntil = -Infinity;
	const tooLong = () =>
		new StoreError(
			'busy',
			`The tracking store took longer than ${limitMs} ms to answer a lookup, and is left alone for ${restMs / 1000} s. Check how busy the store is, and the network to it.`,
		);
	return async (ask) => {
		if (performance.now() < restUntil) throw tooLong();
		return await within(limitMs, ask(), () => {
			restUntil = performance.now() + restMs;
			throw tooLong();
		});
	};
}
