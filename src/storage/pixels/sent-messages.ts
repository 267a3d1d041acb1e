import { createHash } from 'node:crypto';
import { sql } from 'kysely';

import { addSent, EMPTY_GROUP, machineOpensOf } from '../../tracking/counters/tally';
import { MODE_STORES } from '../../tracking/minimise/minimise-mode';
import type { DenylistKeysOf } from '../../tracking/people/subject-keys';
import { CounterBook } from '../counters/counter-book';
import { isoOf } from '../counters/counts-view';
import { hourOf } from '../counters/hour-counts';
import { parentOf, pixelOfParent, pixelParent, tallyKeyOf, textOfKey } from '../counters/tally-key';
import type { Place, TallyKey } from '../counters/tally-key';
import { toRecipientTally } from '../counters/tally-rows';
import { storableId, storablePerson, timeOf } from '../database/checked-input';
import { IN_STATE } from '../answers/campaign-recipients';
import { chunks } from '../database/chunks';
import { checkLimit, readCursor, toPage } from '../database/cursor';
import type { Reader, Writer } from '../database/store-database';
import { deniedAmong } from '../people/denylist';
import { addSegments, checkedSegments } from '../people/segments';
import { findSeen, noteSeen } from '../opens/seen-events';
import { deletionStatesOf } from '../opens/tombstones';
import { StoreError } from '../port/store-error';
import type {
	NotOpened,
	NotOpenedPage,
	NotOpenedRequest,
	SentMessage,
	SentOutcome,
	SentResult,
} from '../port/tracking-store';

const WRITE_ROWS = 1000;

interface Sent {
	place: Place;
	key: TallyKey | null;
	/** A hash: message ids lead to the mail server's log, and the store only compares them */
	messageKey: string;
	at: number;
	/** Its place among the given messages */
	index: number;
}

/**
 * Counts messages as sent. As with opens, the tracking mode decides what is kept: `off` nothing,
 * `aggregate` and `hygiene` a number in the sums, anything above it the recipient's own count.
 * A message counts once per recipient; without a message id, one per recipient.
 */
export async function registerSent(
	db: Writer,
	messages: readonly SentMessage[],
	keysOf: DenylistKeysOf,
): Promise<SentResult> {
	const outcomes: SentOutcome[] = messages.map(() => 'ignored');
	const tracked = messages.flatMap((message, index) =>
		message.trackingMode === 'off' ? [] : [{ ...toSent(message), index }],
	);
	const erased = await erasedAmong(db, tracked, keysOf);
	for (const { index } of erased) outcomes[index] = 'erased';
	const allowed = tracked.filter((one) => !erased.has(one));
	const states = await deletionStatesOf(
		db,
		allowed.map(({ place }) => place),
		keysOf,
	);
	const alive = allowed.filter((_, index) => states[index] === 'alive');
	const personal = await notCountedYet(db, alive);
	const plain = await notSeenYet(db, alive);
	const book = await CounterBook.load(
		db,
		[...personal, ...plain].map(({ place }) => place),
	);
	for (const { key, at } of personal) {
		if (key !== null) book.setRecipient(key, addSent(book.recipient(key), [at]));
	}
	for (const { place, at } of plain) {
		const sentAt = hourOf(at);
		const times = { firstSentAt: sentAt, lastSentAt: sentAt };
		book.moveSums(place, EMPTY_GROUP, { ...EMPTY_GROUP, ...times, sent: 1 });
	}
	await book.save();
	await labelRecipients(db, messages, alive);
	for (const { index } of alive) outcomes[index] = 'duplicate';
	for (const { index } of [...personal, ...plain]) outcomes[index] = 'recorded';
	const recorded = personal.length + plain.length;
	const ignored = messages.length - alive.length;
	return { recorded, duplicates: messages.length - ignored - recorded, ignored, outcomes };
}

/** Gives segments to the recipients of messages whose mode keeps a recipient by id. */
async function labelRecipients(
	db: Writer,
	messages: readonly SentMessage[],
	sent: readonly Sent[],
): Promise<void> {
	for (const { index, place } of sent) {
		const { trackingMode, segments = [] } = messages[index];
		const { keeps, recipient } = MODE_STORES[trackingMode];
		if (segments.length === 0 || keeps !== 'every-open' || recipient !== 'id') continue;
		if (place.recipientId === null) continue;
		await addSegments(db, [place.recipientId], checkedSegments(segments));
	}
}

async function erasedAmong(
	db: Reader,
	sent: readonly Sent[],
	keysOf: DenylistKeysOf,
): Promise<ReadonlySet<Sent>> {
	const keys = new Map(
		sent.map((one) => [one, one.place.recipientId === null ? [] : keysOf(one.place.recipientId)]),
	);
	const denied = await deniedAmong(db, [...keys.values()].flat());
	return new Set(sent.filter((one) => keys.get(one)?.some((key) => denied.has(key))));
}

function toSent(message: SentMessage): Omit<Sent, 'index'> {
	const personal = MODE_STORES[message.trackingMode].keeps === 'every-open';
	const place = {
		pixelId: storableId(message.pixelId, 'pixel id'),
		campaignId: storableId(message.campaignId, 'campaign id'),
		recipientId: storablePerson(message.recipientId),
	};
	return {
		place: personal ? place : { ...place, recipientId: null },
		key: personal ? tallyKeyOf(place) : null,
		messageKey: message.messageId === null ? '' : hashOf(message.messageId),
		at: timeOf(message.sentAt, 'time of sending'),
	};
}

function hashOf(text: string): string {
	return createHash('sha256').update(text).digest('base64url');
}

/** Those with a recipient of their own that are new; notes them. */
async function notCountedYet(db: Writer, sent: readonly Sent[]): Promise<Sent[]> {
	const wanted = new Map<string, Sent>();
	for (const one of sent) {
		if (one.key === null) continue;
		const text = `${one.messageKey} ${textOfKey(one.key)}`;
		if (!wanted.has(text)) wanted.set(text, one);
	}
	const fresh: Sent[] = [];
	for (const part of chunks([...wanted.values()], WRITE_ROWS)) {
		const rows = part.flatMap(({ key, messageKey }) =>
			key === null
				? []
				: [{ parent: key.parent, recipient_id: key.recipientId, message_id: messageKey }],
		);
		const inserted = await db
			.insertInto('sent_messages')
			.values(rows)
			.onConflict((conflict) =>
				conflict.columns(['parent', 'recipient_id', 'message_id']).doNothing(),
			)
			.returningAll()
			.execute();
		for (const row of inserted) {
			const key = { parent: row.parent, recipientId: row.recipient_id };
			const one = wanted.get(`${row.message_id} ${textOfKey(key)}`);
			if (one !== undefined) fresh.push(one);
		}
	}
	return fresh;
}

/** Those without a recipient of their own that are new, as far as their message id tells. */
async function notSeenYet(db: Writer, sent: readonly Sent[]): Promise<Sent[]> {
	const plain = sent.filter(({ key }) => key === null);
	const ids = plain.map(({ place, messageKey }) =>
		messageKey === '' ? null : `s:${hashOf(`${parentOf(place)} ${messageKey}`)}`,
	);
	const seen = await findSeen(
		db,
		ids.filter((id) => id !== null),
	);
	const fresh: Sent[] = [];
	const noted: string[] = [];
	plain.forEach((one, index) => {
		const id = ids[index] ?? null;
		if (id !== null) {
			if (seen.has(id)) return;
			seen.add(id);
			noted.push(id);
		}
		fresh.push(one);
	});
	if (noted.length > 0) await noteSeen(db, noted);
	return fresh;
}

/**
 * One page of recipients that were sent to and have no counted open, or of those that opened and have
 * no click. A click shows a read, too.
 */
export async function listNotOpened(db: Reader, request: NotOpenedRequest): Promise<NotOpenedPage> {
	const { missing = 'open', leaveOutHidden = false } = request;
	const { limit, cursor, pixelId, campaignId, segment, sentBefore } = request;
	checkLimit(limit);
	if ((pixelId === undefined) === (campaignId === undefined)) {
		throw new StoreError('invalid', 'Give either a pixel id or a campaign id.');
	}
	let query = db
		.selectFrom('recipient_tallies as tally')
		.leftJoin('recipients', (join) =>
			join
				.on((is) => is('recipients.pixel_id', '=', sql<string>`substr(tally.parent, 3)`))
				.onRef('recipients.recipient_id', '=', 'tally.recipient_id'),
		)
		.selectAll('tally')
		.select('recipients.email')
		.where('tally.first_open_at', missing === 'open' ? 'is' : 'is not', null)
		.where('tally.clicks', '=', sql.lit(0))
		.where('tally.sent', '>', sql.lit(0))
		.where('tally.registered', '=', 1)
		.where('tally.last_sent_at', '<', timeOf(sentBefore, 'time of sending'));
	if (pixelId !== undefined) query = query.where('tally.parent', '=', pixelParent(pixelId));
	if (campaignId !== undefined) query = query.where('tally.campaign_id', '=', campaignId);
	if (leaveOutHidden) query = query.where(sql<boolean>`not ${IN_STATE.hidden}`);
	if (segment !== undefined) {
		query = query.where('tally.recipient_id', 'in', (is) =>
			is
				.selectFrom('recipient_segments as label')
				.select('label.recipient_id')
				.where('label.segment', '=', segment),
		);
	}
	if (cursor !== undefined) {
		const [parent, recipientId] = readCursor(cursor, 'string');
		query = query.where((is) =>
			is(is.refTuple('tally.parent', 'tally.recipient_id'), '>', is.tuple(parent, recipientId)),
		);
	}
	const rows = await query
		.orderBy('tally.parent')
		.orderBy('tally.recipient_id')
		.limit(limit + 1)
		.execute();
	const { page, nextCursor } = toPage(rows, limit, (row) => [row.parent, row.recipient_id]);
	const recipients = page.map(
		(row): NotOpened => ({
			pixelId: pixelOfParent(row.parent),
			campaignId: row.campaign_id,
			recipientId: row.recipient_id === '' ? null : row.recipient_id,
			email: row.email,
			lastSentAt: isoOf(row.last_sent_at ?? 0),
			sent: row.sent,
			machineOpens: machineOpensOf(toRecipientTally(row)),
		}),
	);
	return { recipients, nextCursor };
}
