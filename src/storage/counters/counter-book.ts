import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';

import {
	anonymousUniqueAt,
	EMPTY_GROUP,
	EMPTY_RECIPIENT,
	moveGroup,
	settlePixel,
	shareOf,
} from '../../tracking/counters/tally';
import type { GroupTally, PixelTally, RecipientTally } from '../../tracking/counters/tally';
import { isCounted } from '../../tracking/event/open-event';
import type { Actor } from '../../tracking/event/open-event';
import { chunks } from '../database/chunks';
import { insertRows } from '../database/insert-rows';
import { engineOf, NeedsToBeAlone, type Writer } from '../database/store-database';
import { HourCounts } from './hour-counts';
import { raiseLastOpens, refreshLastOpens } from './last-opens';
import { LinkCounts } from './link-counts';
import type { CountedLink } from './link-counts';
import { pixelOfParent, tallyKeyOf, textOfKey } from './tally-key';
import type { Place, TallyKey } from './tally-key';
import { readPixelSums, readRecipientTallies } from './read-tallies';
import { addToSums, totalPart } from './sums';
import type { SumStep } from './sums';
import { fromGroupTally, fromRecipientTally } from './tally-rows';

const WRITE_ROWS = 500;

const RECIPIENT_COLUMNS = keysOf(fromRecipientTally(EMPTY_RECIPIENT));
const GROUP_COLUMNS = keysOf(fromGroupTally(EMPTY_GROUP));

interface Entry<T> {
	before: T | null;
	now: T;
}

/**
 * The counters that one transaction touches. Recipients and pixels are loaded once, changed in
 * memory by the functions of `src/tracking/counters/tally`, and written back once. Changing a
 * recipient moves the sums above it when the book is saved, so no caller can forget one. Nobody else
 * may change the recipients meanwhile. Of a pixel others may: it is read again, and held, when the
 * book is saved, and gets the difference. Campaigns and the total are never read: they get the
 * difference, last, so that transactions which share them wait for each other only while they end.
 */
export class CounterBook {
	readonly #recipients = new Map<string, Entry<RecipientTally> & { key: TallyKey }>();
	readonly #pixels = new Map<string, Entry<PixelTally>>();
	/** What the sums are to move by */
	readonly #campaigns = new Map<string, GroupTally>();
	#total: GroupTally | null = null;
	readonly #totalPart = totalPart();
	readonly #hours = new HourCounts();
	readonly #links = new LinkCounts();

	private constructor(private readonly db: Writer) {}

	/**
	 * Loads the counters of these places. A pixel that is new to the store takes the campaign of
	 * the first place that names it, and keeps it.
	 */
	static async load(db: Writer, places: readonly Place[]): Promise<CounterBook> {
		const book = new CounterBook(db);
		await book.#loadPixels(places);
		await book.#loadRecipients(places);
		return book;
	}

	/** The campaign a place is counted in. */
	campaignOf(place: Pick<Place, 'pixelId' | 'campaignId'>): string | null {
		if (place.pixelId === null) return place.campaignId;
		return this.#pixel(place.pixelId).now.campaignId;
	}

	recipient(key: TallyKey): RecipientTally {
		return this.#recipient(key).now;
	}

	setRecipient(key: TallyKey, tally: RecipientTally): void {
		this.#recipient(key).now = tally;
	}

	pixel(pixelId: string): PixelTally {
		return this.#pixel(pixelId).now;
	}

	/** Changes what a pixel itself brings: its own existence, or its times. */
	setPixel(pixelId: string, tally: PixelTally): void {
		this.#pixel(pixelId).now = tally;
	}

	/** Counts one load in its hour, at every height. */
	countHour(place: Place, at: number, actor: Actor, step = 1): void {
		const counts = isCounted(actor) ? { opens: step } : { machine_opens: step };
		this.#addHour(place.pixelId, this.campaignOf(place), at, counts);
	}

	/** Counts one click of a link, for its pixel and its campaign. */
	countLink(place: Place, link: CountedLink, actor: Actor, step = 1): void {
		const campaignId = this.campaignOf(place);
		if (place.pixelId !== null) this.#links.add('pixel', place.pixelId, link, actor, step);
		if (campaignId !== null) this.#links.add('campaign', campaignId, link, actor, step);
	}

	/** Moves the sums of a place by a difference that belongs to no recipient. */
	moveSums(
		place: Pick<Place, 'pixelId' | 'campaignId'>,
		before: GroupTally,
		after: GroupTally,
	): void {
		if (place.pixelId !== null) {
			const entry = this.#pixel(place.pixelId);
			entry.now = moveGroup(entry.now, before, after);
		} else {
			this.#moveAbove(place.campaignId, before, after);
		}
	}

	/** Writes every counter that changed. */
	async save(): Promise<void> {
		for (const entry of this.#recipients.values()) this.#settleRecipient(entry);
		await this.#saveRecipients();
		await this.#saveLastOpens();
		await this.#catchUpPixels();
		for (const [pixelId, entry] of this.#pixels) this.#settlePixel(pixelId, entry);
		await this.#savePixels();
		await this.#addAbove();
		await this.#hours.save(this.db);
		await this.#links.save(this.db);
	}

	/** Moves the campaign, where there is one, and the total. */
	#moveAbove(campaignId: string | null, before: GroupTally, after: GroupTally): void {
		if (campaignId !== null) {
			const step = this.#campaigns.get(campaignId) ?? EMPTY_GROUP;
			this.#campaigns.set(campaignId, moveGroup(step, before, after));
		}
		this.#total = moveGroup(this.#total ?? EMPTY_GROUP, before, after);
	}

	#settleRecipient({ key, before, now }: Entry<RecipientTally> & { key: TallyKey }): void {
		if (before === now) return;
		const anonymous = key.recipientId === '';
		const pixelId = pixelOfParent(key.parent);
		const campaignId = key.parent.startsWith('c:') ? key.parent.slice(2) : null;
		const was = shareOf(before ?? EMPTY_RECIPIENT, anonymous);
		this.moveSums({ pixelId, campaignId }, was, shareOf(now, anonymous));
		if (!anonymous) {
			const counted = pixelId === null ? campaignId : this.#pixel(pixelId).now.campaignId;
			this.#moveUnique(pixelId, counted, before?.firstOpenAt ?? null, now.firstOpenAt);
		} else if (pixelId !== null) {
			const entry = this.#pixel(pixelId);
			entry.now = { ...entry.now, anonymousFirstOpenAt: now.firstOpenAt };
		}
	}

	#settlePixel(pixelId: string, entry: Entry<PixelTally>): void {
		if (entry.before === entry.now) return;
		entry.now = settlePixel(entry.now);
		const { before, now } = entry;
		this.#moveAbove(now.campaignId, before ?? EMPTY_GROUP, now);
		const wasUniqueAt = before === null ? null : anonymousUniqueAt(before);
		this.#moveUnique(pixelId, now.campaignId, wasUniqueAt, anonymousUniqueAt(now));
	}

	#moveUnique(
		pixelId: string | null,
		campaignId: string | null,
		was: number | null,
		is: number | null,
	): void {
		if (was === is) return;
		if (was !== null) this.#addHour(pixelId, campaignId, was, { unique_opens: -1 });
		if (is !== null) this.#addHour(pixelId, campaignId, is, { unique_opens: 1 });
	}

	#addHour(
		pixelId: string | null,
		campaignId: string | null,
		at: number,
		counts: Parameters<HourCounts['add']>[3],
	): void {
		if (pixelId !== null) this.#hours.add('pixel', pixelId, at, counts);
		if (campaignId !== null) this.#hours.add('campaign', campaignId, at, counts);
		this.#hours.add('total', this.#totalPart, at, counts);
	}

	#recipient(key: TallyKey): Entry<RecipientTally> & { key: TallyKey } {
		return loaded(this.#recipients.get(textOfKey(key)));
	}

	#pixel(pixelId: string): Entry<PixelTally> {
		return loaded(this.#pixels.get(pixelId));
	}

	async #loadPixels(places: readonly Place[]): Promise<void> {
		const known = await readPixelSums(
			this.db,
			places.flatMap((place) => place.pixelId ?? []),
		);
		for (const [id, before] of known) this.#pixels.set(id, { before, now: before });
		for (const { pixelId, campaignId } of places) {
			if (pixelId === null || this.#pixels.has(pixelId)) continue;
			const now = { ...EMPTY_GROUP, campaignId, anonymousFirstOpenAt: null };
			this.#pixels.set(pixelId, { before: null, now });
		}
	}

	async #loadRecipients(places: readonly Place[]): Promise<void> {
		const keys = new Map<string, TallyKey>();
		for (const place of places) {
			const key = tallyKeyOf(place);
			if (key !== null) keys.set(textOfKey(key), key);
		}
		const known = await readRecipientTallies(this.db, [...keys.values()], { held: true });
		for (const [text, key] of keys) {
			const before = known.get(text) ?? null;
			this.#recipients.set(text, { key, before, now: before ?? EMPTY_RECIPIENT });
		}
	}

	/** Applies to the pixels what others have changed in them since they were loaded. */
	async #catchUpPixels(): Promise<void> {
		if (engineOf(this.db) === 'sqlite') return;
		const changed = [...this.#pixels].filter(([, { before, now }]) => before !== now);
		const ids = changed.map(([pixelId]) => pixelId);
		const known = await readPixelSums(this.db, ids, { held: true });
		for (const [pixelId, entry] of changed) {
			const is = known.get(pixelId);
			if (is === undefined) continue;
			const { before, now } = entry;
			// Two made the pixel at once, each in its own campaign, and the rows of this one say so.
			if (is.campaignId !== now.campaignId) throw new NeedsToBeAlone();
			const anonymousFirstOpenAt =
				now.anonymousFirstOpenAt === (before?.anonymousFirstOpenAt ?? null)
					? is.anonymousFirstOpenAt
					: now.anonymousFirstOpenAt;
			entry.before = is;
			entry.now = { ...moveGroup(is, before ?? EMPTY_GROUP, now), anonymousFirstOpenAt };
		}
	}

	async #saveRecipients(): Promise<void> {
		const changed = [...this.#recipients.values()].filter(({ before, now }) => before !== now);
		for (const { isKnown, part } of inWritingOrder(changed, ({ key }) => textOfKey(key))) {
			const rows = part.map(({ key, now }) => ({
				parent: key.parent,
				recipient_id: key.recipientId,
				campaign_id: this.#campaignOfKey(key),
				...fromRecipientTally(now),
			}));
			await insertRows(this.db, 'recipient_tallies', rows)
				.$if(isKnown, (query) =>
					query.onConflict((conflict) =>
						conflict.columns(['parent', 'recipient_id']).doUpdateSet(excluded(RECIPIENT_COLUMNS)),
					),
				)
				.execute();
		}
	}

	async #saveLastOpens(): Promise<void> {
		const raised = new Map<string, number>();
		const fallen = new Set<string>();
		for (const { key, before, now } of this.#recipients.values()) {
			const { recipientId } = key;
			const [was, is] = [before?.lastOpenAt ?? null, now.lastOpenAt];
			if (recipientId === '' || was === is) continue;
			if (is === null || (was !== null && is < was)) fallen.add(recipientId);
			else raised.set(recipientId, Math.max(is, raised.get(recipientId) ?? is));
		}
		await raiseLastOpens(this.db, raised);
		await refreshLastOpens(this.db, fallen);
	}

	#campaignOfKey({ parent }: TallyKey): string | null {
		const pixelId = pixelOfParent(parent);
		if (pixelId !== null) return this.#pixel(pixelId).now.campaignId;
		return parent === '' ? null : parent.slice(2);
	}

	async #savePixels(): Promise<void> {
		const changed = [...this.#pixels]
			.map(([id, entry]) => ({ id, ...entry }))
			.filter(({ before, now }) => before !== now);
		for (const { isKnown, part } of inWritingOrder(changed, ({ id }) => id)) {
			const rows = part.map(({ id, now }) => ({
				scope: 'pixel' as const,
				scope_id: id,
				...fromGroupTally(now),
			}));
			await insertRows(this.db, 'tallies', rows)
				.$if(isKnown, (query) =>
					query.onConflict((conflict) =>
						conflict.columns(['scope', 'scope_id']).doUpdateSet(excluded(GROUP_COLUMNS)),
					),
				)
				.execute();
		}
	}

	async #addAbove(): Promise<void> {
		const steps: SumStep[] = [];
		for (const [id, step] of this.#campaigns) steps.push({ scope: 'campaign', id, step });
		if (this.#total !== null)
			steps.push({ scope: 'total', id: this.#totalPart, step: this.#total });
		await addToSums(this.db, steps);
	}
}

function loaded<T>(entry: T | undefined): T {
	if (entry === undefined) throw new Error('This counter was not loaded into the book.');
	return entry;
}

/**
 * Entries as they are written: those that are known, whose rows this transaction holds, and those that
 * are new, which fail where another transaction has made the same row meanwhile.
 */
function inWritingOrder<T extends Entry<unknown>>(
	entries: readonly T[],
	nameOf: (entry: T) => string,
): Array<{ isKnown: boolean; part: T[] }> {
	// In one order, so that no two transactions wait for each other in a circle.
	const sorted = [...entries].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
	return [true, false].flatMap((isKnown) => {
		const same = sorted.filter(({ before }) => (before !== null) === isKnown);
		return chunks(same, WRITE_ROWS).map((part) => ({ isKnown, part }));
	});
}

function keysOf<T extends object>(row: T): Array<keyof T & string> {
	return Object.keys(row) as Array<keyof T & string>;
}

/** The SET part of an upsert: each column takes the value that was to be inserted. */
function excluded<Name extends string>(names: readonly Name[]): Record<Name, RawBuilder<never>> {
	const entries = names.map((name) => [name, sql.ref(`excluded.${name}`)]);
	return Object.fromEntries(entries) as Record<Name, RawBuilder<never>>;
}
