import type { PrivacyStore } from '../storage/port/privacy-store';
import { strictestConsent } from '../storage/people/consent-records';
import type { ConsentState } from '../tracking/consent/consent-record';
import type { Purpose } from '../tracking/event/purpose';
import { normalId } from '../tracking/people/normal-id';
import type { DenylistKeysOf } from '../tracking/people/subject-keys';

/** People that one read asks for. */
const AT_ONCE = 500;

/** A person by every id that a link could name them with. */
export interface Addressee {
	names: readonly string[];
	purpose: Purpose | null;
	/** Whether no answer means no */
	needsConsent?: boolean;
}

/**
 * Why an email to a person must go out without a tracking link, in a sentence; `null` where it may
 * carry one. All places that make links ask here.
 *
 * @returns one per addressee, in their order
 */
export async function whyUntracked(
	store: Pick<PrivacyStore, 'deniedAmong' | 'listConsentsOf'>,
	people: readonly Addressee[],
	keysOf: DenylistKeysOf,
): Promise<Array<string | null>> {
	const reasons: Array<string | null> = [];
	for (let start = 0; start < people.length; start += AT_ONCE) {
		const part = people.slice(start, start + AT_ONCE);
		const names = [...new Set(part.flatMap((person) => person.names.map(normalId)))];
		if (names.length === 0) {
			reasons.push(...part.map(() => null));
			continue;
		}
		const [denied, states] = await Promise.all([
			store.deniedAmong(names.flatMap(keysOf)),
			store.listConsentsOf(names, new Date()),
		]);
		const byName = new Map<string, ConsentState[]>();
		for (const state of states) {
			const name = state.record?.recipientKey ?? '';
			byName.set(name, [...(byName.get(name) ?? []), state]);
		}
		reasons.push(
			...part.map(({ names: own, purpose, needsConsent }) => {
				const isErased = (name: string) => keysOf(name).some((key) => denied.has(key));
				if (denied.size > 0 && own.some(isErased)) {
					return 'The person was erased and is not tracked again';
				}
				const known = own.flatMap((name) => byName.get(normalId(name)) ?? []);
				const { status } = strictestConsent(known, purpose);
				if (status === 'refused') return 'The person refused to be tracked';
				if (status === 'withdrawn') return 'The person withdrew consent to be tracked';
				if (needsConsent && status !== 'given' && status !== 'renewed') {
					return 'The person has not consented to be tracked';
				}
				return null;
			}),
		);
	}
	return reasons;
}
