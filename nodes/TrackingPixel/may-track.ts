import type { IExecuteFunctions } from 'n8n-workflow';

import { whyUntracked } from '../../src/intake/objections';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import type { Purpose } from '../../src/tracking/event/purpose';
import {
	assertWithinCeiling,
	TRACKING_MODES,
	type TrackingMode,
} from '../../src/tracking/event/tracking-mode';
import type { KeyRing } from '../../src/tracking/links/key-ring';
import { denylistKeysIn } from '../../src/tracking/people/subject-keys';
import { openTrackingStore } from '../shared/installation/store';

/**
 * Why a mail to this person must go out without a pixel; `null` when it may carry one. A store that
 * is away means no pixel: nobody can say then whether the person objected.
 */
export async function objectionTo(
	context: IExecuteFunctions,
	link: { recipientId: string | null; purpose: Purpose | null; keyRing: KeyRing },
): Promise<string | null> {
	const { recipientId, purpose, keyRing } = link;
	if (recipientId === null) return null;
	try {
		const store = await openTrackingStore(context);
		const addressee = { names: [recipientId], purpose };
		const [reason] = await whyUntracked(store, [addressee], denylistKeysIn(keyRing));
		return reason ?? null;
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		return `Whether the person objected could not be looked up: ${reason}`;
	}
}

/**
 * Holds a link to what the operator allows at the trigger that will serve it, and to what the pixel
 * was made for. Asking for more is an error now and not a silent cut later.
 *
 * @throws ModeAboveCeilingError
 */
export async function assertAllowed(
	store: Pick<TrackingStore, 'listParts' | 'getPixel'>,
	link: { requested: TrackingMode; path: string; pixelId: string | null },
): Promise<void> {
	const trackers = (await store.listParts()).filter(
		({ kind, settings }) => kind === 'tracker' && settings.path === link.path,
	);
	const pixel = link.pixelId === null ? null : await store.getPixel(link.pixelId);
	const operator = TRACKING_MODES.find((mode) => trackers.some((t) => t.settings.mode === mode));
	assertWithinCeiling(link.requested, {
		[`the Email Open Trigger at "${link.path}"`]: operator,
		'the pixel': pixel?.trackingMode,
	});
}
