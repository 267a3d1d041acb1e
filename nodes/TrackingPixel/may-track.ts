import { batchCalls } from '../../src/async/batch-calls';
import { whyUntracked } from '../../src/intake/objections';
import type { InstalledPart } from '../../src/storage/port/privacy-store';
import type { Pixel } from '../../src/storage/port/counts';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import type { Purpose } from '../../src/tracking/event/purpose';
import {
	assertWithinCeiling,
	lowestMode,
	TRACKING_MODES,
	type TrackingMode,
} from '../../src/tracking/event/tracking-mode';
import { MODE_STORES } from '../../src/tracking/minimise/minimise-mode';
import type { KeyRing } from '../../src/tracking/links/key-ring';
import { denylistKeysIn } from '../../src/tracking/people/subject-keys';

/** What is asked of the store about each link; links made side by side share the questions. */
export interface LinkLookups {
	/** Why an email to a person must go out without a pixel; `null` when it may carry one */
	objection(link: Addressed): Promise<string | null>;
	parts(): Promise<InstalledPart[]>;
	/** `null` for an id that no pixel has */
	pixel(id: string): Promise<Pixel | null>;
	/** Gives labels to a recipient */
	label(labeled: Labeled): Promise<boolean>;
}

/** Somebody who gets labels. */
interface Labeled {
	recipientId: string;
	segments: readonly string[];
	keyRing: KeyRing;
}

/** Somebody that a link is made for. */
interface Addressed {
	recipientId: string;
	purpose: Purpose | null;
	/** Whether no answer means no */
	needsConsent?: boolean;
	keyRing: KeyRing;
}

/** @param openStore called for each question */
export function createLinkLookups(openStore: () => Promise<TrackingStore>): LinkLookups {
	const parts = batchCalls<null, InstalledPart[]>(async (asked) => {
		const all = await (await openStore()).listParts();
		return asked.map(() => all);
	});
	const pixel = batchCalls<string, Pixel | null>(async (ids) => {
		const found = await (await openStore()).findPixels(ids);
		return ids.map((id) => found.get(id) ?? null);
	});
	const objection = batchCalls<Addressed, string | null>(async (links) => {
		const people = links.map(({ recipientId, ...asked }) => ({ names: [recipientId], ...asked }));
		return await whyUntracked(await openStore(), people, denylistKeysIn(links[0].keyRing));
	});
	const label = batchCalls<Labeled, boolean>(async (labeled) => {
		const changes = labeled.map(({ recipientId, segments }) => ({
			recipientId,
			segments,
			how: 'add' as const,
		}));
		return await (await openStore()).changeSegments(changes, denylistKeysIn(labeled[0].keyRing));
	});
	return { objection, parts: () => parts(null), pixel, label };
}

/**
 * Why an email to this person must go out without a pixel; `null` when it may carry one. A store that
 * is away means no pixel: nobody can say then whether the person objected.
 */
export async function objectionTo(
	lookups: Pick<LinkLookups, 'objection'>,
	link: Omit<Addressed, 'recipientId'> & { recipientId: string | null },
): Promise<string | null> {
	const { recipientId, ...asked } = link;
	if (recipientId === null) return null;
	try {
		return await lookups.objection({ recipientId, ...asked });
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
	lookups: Pick<LinkLookups, 'parts' | 'pixel'>,
	link: { requested: TrackingMode; path: string; pixelId: string | null },
): Promise<void> {
	const { operator, pixel } = await ceilings(lookups, link);
	assertWithinCeiling(link.requested, {
		[`the Email Open Trigger at "${link.path}"`]: operator,
		'the pixel': pixel,
	});
}

/**
 * Refuses labels where the opens of the link may not name the recipient: the store would know
 * somebody then whom it is not to know.
 *
 * @throws Error that names the mode
 */
export async function assertNamed(
	lookups: Pick<LinkLookups, 'parts' | 'pixel'>,
	link: { requested: TrackingMode | null; path: string; pixelId: string | null },
): Promise<void> {
	const { operator, pixel } = await ceilings(lookups, link);
	const mode = lowestMode([link.requested, operator, pixel]);
	const { keeps, recipient } = MODE_STORES[mode];
	if (keeps === 'every-open' && recipient === 'id') return;
	throw new Error(
		`Segments are not kept in the tracking mode ${mode}, whose opens do not name the recipient. Remove them, or use Identified or Full.`,
	);
}

/** What the trigger and the pixel of a link allow. */
async function ceilings(
	lookups: Pick<LinkLookups, 'parts' | 'pixel'>,
	link: { path: string; pixelId: string | null },
): Promise<{ operator: TrackingMode | undefined; pixel: TrackingMode | null | undefined }> {
	const trackers = (await lookups.parts()).filter(
		({ kind, settings }) =>
			kind === 'tracker' && [settings.path, settings.linkPath].includes(link.path),
	);
	const pixel = link.pixelId === null ? null : await lookups.pixel(link.pixelId);
	const operator = TRACKING_MODES.find((mode) => trackers.some((t) => t.settings.mode === mode));
	return { operator, pixel: pixel?.trackingMode };
}
