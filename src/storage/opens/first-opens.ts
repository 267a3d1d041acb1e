import type { Load } from '../../tracking/counters/tally';
import { COUNTED_ACTORS, isCounted } from '../../tracking/event/open-event';
import type { TrackingMode } from '../../tracking/event/tracking-mode';
import { MODE_STORES } from '../../tracking/minimise/minimise-mode';
import type { ModeRule } from '../../tracking/minimise/minimise-mode';
import type { CounterBook } from '../counters/counter-book';
import { readLastOpens } from '../counters/last-opens';
import { parentOf, tallyKeyOf, textOfKey } from '../counters/tally-key';
import type { Place, TallyKey } from '../counters/tally-key';
import { chunks } from '../database/chunks';
import type { Reader } from '../database/store-database';
import type { OpenRow } from '../database/store-schema';

const READ_ROWS = 500;
const DAY_MS = 86_400_000;

/** An open on its way into the store. */
export interface Incoming {
	row: OpenRow;
	place: Place;
	load: Load;
	/** Whether a link was followed, and not an image loaded */
	isClick: boolean;
	keeps: ModeRule['keeps'];
}

/** The columns that say what came before an open. */
export type FirstOpen = Pick<OpenRow, 'first_open' | 'quiet_days'>;

/** Of clicks, and of opens of which nobody can know. */
export const UNKNOWN: FirstOpen = { first_open: null, quiet_days: null };

/** An open by somebody who can be told from others. */
interface Named extends Incoming {
	key: TallyKey;
}

/** What recipients have opened. */
interface Opened {
	/** Recipients with a counted open, of whatever message */
	recipients: Set<string>;
	messages: Set<string>;
	/**
	 * Recipients whose first open has left the log, so that their messages are not all known, and when
	 * that was
	 */
	inParts: Map<string, number>;
}

/**
 * Says of each open that is about to enter the log whether it is the first counted one of its
 * recipient and message, and for how many days its recipient was quiet. The caller holds the counters
 * of these recipients, so of all opens that come at the same time one is the first.
 * An open whose earlier one turned out to be a machine's is the first again.
 *
 * @param book holds the recipients as they were before these opens
 * @returns nothing of clicks, and of opens of which nobody can know
 */
export async function findFirstOpens(
	db: Reader,
	book: CounterBook,
	incoming: readonly Incoming[],
): Promise<Map<string, FirstOpen>> {
	const found = new Map<string, FirstOpen>();
	const counted: Named[] = [];
	for (const one of incoming) {
		const key = keyOf(book, one);
		if (key === null) continue;
		if (isCounted(one.load.actor)) counted.push({ ...one, key });
		else found.set(one.row.event_id, { first_open: 0, quiet_days: null });
	}
	const named = new Set(counted.map(({ key }) => key.recipientId));
	named.delete('');
	const lastOpenOf = await readLastOpens(db, [...named]);
	const opened = await openedBefore(db, book, counted);
	for (const { key, row, load } of counted) {
		const recipient = textOfKey(key);
		const message = textOfMessage(recipient, row.message_id);
		const isFirst =
			!opened.recipients.has(recipient) ||
			(row.message_id !== null && !opened.messages.has(message) && !opened.inParts.has(recipient));
		opened.recipients.add(recipient);
		opened.messages.add(message);
		const last = lastOpenOf.get(key.recipientId);
		const keepsDays = MODE_STORES[row.tracking_mode as TrackingMode].fields.includes('quietDays');
		const quiet =
			last === undefined || !keepsDays ? null : Math.max(0, Math.floor((load.at - last) / DAY_MS));
		found.set(row.event_id, { first_open: Number(isFirst), quiet_days: quiet });
		if (key.recipientId !== '') lastOpenOf.set(key.recipientId, Math.max(last ?? 0, load.at));
	}
	return found;
}

/**
 * Whose open it is: a recipient's, or that of a pixel without recipients, which stands for one email.
 * Who loads the pixel of many without saying a name cannot be known.
 */
function keyOf(book: CounterBook, { isClick, place, row }: Incoming): TallyKey | null {
	if (isClick || row.recipient_reason === 'invalid-token') return null;
	if (place.recipientId !== null) return tallyKeyOf(place);
	if (place.pixelId === null) return null;
	const { recipients, uniqueRecipients } = book.pixel(place.pixelId);
	return recipients > 0 || uniqueRecipients > 0 ? null : tallyKeyOf(place);
}

/**
 * What the recipients of these opens have opened by now. The counters say who opened; which of
 * several messages it was, only the log does, from which old opens are deleted.
 */
async function openedBefore(
	db: Reader,
	book: CounterBook,
	opens: readonly Named[],
): Promise<Opened> {
	const opened: Opened = { recipients: new Set(), messages: new Set(), inParts: new Map() };
	const asked: Named[] = [];
	for (const open of opens) {
		const text = textOfKey(open.key);
		const { firstOpenAt } = book.recipient(open.key);
		if (firstOpenAt === null) continue;
		opened.recipients.add(text);
		if (open.row.message_id === null) continue;
		asked.push(open);
		opened.inParts.set(text, firstOpenAt);
	}
	const firstAtOf = new Map(opened.inParts);
	for (const part of chunks(asked, READ_ROWS)) {
		const firstAt = part.flatMap(({ key }) => firstAtOf.get(textOfKey(key)) ?? []);
		let query = db
			.selectFrom('opens')
			.select(['pixel_id', 'campaign_id', 'recipient_id', 'message_id', 'occurred_at'])
			.where('event', '=', 'open')
			.where('actor', 'in', COUNTED_ACTORS)
			.where('occurred_at', '>=', Math.min(...firstAt))
			.where((is) =>
				is.or([
					is('message_id', 'in', [...new Set(part.flatMap(({ row }) => row.message_id ?? []))]),
					is('occurred_at', 'in', firstAt),
				]),
			);
		const names = new Set(part.flatMap(({ place }) => place.recipientId ?? []));
		const pixels = new Set(
			part.flatMap(({ place }) => (place.recipientId === null ? (place.pixelId ?? []) : [])),
		);
		query = query.where((is) =>
			is.or([
				...(names.size > 0 ? [is('recipient_id', 'in', [...names])] : []),
				...(pixels.size > 0
					? [is.and([is('recipient_id', 'is', null), is('pixel_id', 'in', [...pixels])])]
					: []),
			]),
		);
		for (const row of await query.execute()) {
			const parent = parentOf({ pixelId: row.pixel_id, campaignId: row.campaign_id });
			const key = { parent, recipientId: row.recipient_id ?? '' };
			const text = textOfKey(key);
			if (!opened.recipients.has(text)) continue;
			opened.messages.add(textOfMessage(text, row.message_id));
			if (row.occurred_at === firstAtOf.get(text)) opened.inParts.delete(text);
		}
	}
	return opened;
}

function textOfMessage(recipient: string, messageId: string | null): string {
	return JSON.stringify([recipient, messageId]);
}
