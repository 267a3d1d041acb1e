import { sql } from 'kysely';

import type { OpenEvent } from '../../tracking/event/open-event';
import { pixelOfParent } from '../counters/tally-key';
import type { Place, TallyKey } from '../counters/tally-key';
import { MAX_PAGE } from '../database/cursor';
import type { Reader } from '../database/store-database';
import { toOpenEvent } from '../opens/open-row';
import { getRecipient } from '../pixels/recipients';
import type { Subject, SubjectData } from '../port/privacy-store';
import { listConsentRecords } from './consent-records';
import { listPrivacyRequests } from './privacy-requests';

/** Where one person has left something. */
export interface SubjectTraces {
	/** The id and every pseudonym found */
	names: string[];
	keys: TallyKey[];
}

/**
 * Finds a person under their id and under their pseudonyms, which differ from campaign to campaign:
 * only whoever has the key can find them again.
 */
export async function findTraces(db: Reader, subject: Subject): Promise<SubjectTraces> {
	const { recipientId } = subject;
	const own = await db
		.selectFrom('recipient_tallies')
		.select('parent')
		.where('recipient_id', '=', recipientId)
		.execute();
	const keys: TallyKey[] = own.map(({ parent }) => ({ parent, recipientId }));

	const places = await db
		.selectFrom('recipient_tallies')
		.select(['parent', 'campaign_id'])
		.distinct()
		.where(sql`substr(recipient_id, 1, 2)`, '=', 'p_')
		.execute();
	const names = new Set([recipientId]);
	for (const { parent, campaign_id: campaignId } of places) {
		const scopes = new Set([campaignId ?? '', pixelOfParent(parent) ?? '', '']);
		const pseudonyms = [...scopes].flatMap((scope) => subject.pseudonymsIn(scope));
		const found = await db
			.selectFrom('recipient_tallies')
			.select('recipient_id')
			.where('parent', '=', parent)
			.where('recipient_id', 'in', pseudonyms)
			.execute();
		for (const row of found) {
			names.add(row.recipient_id);
			keys.push({ parent, recipientId: row.recipient_id });
		}
	}
	return { names: [...names], keys };
}

/** The place that a tally key stands for. */
export function placeOfKey({ parent, recipientId }: TallyKey): Place {
	const campaignId = parent.startsWith('c:') ? parent.slice(2) : null;
	return { pixelId: pixelOfParent(parent), campaignId, recipientId };
}

/** Whether an open that is not in the store is one person's, under their id or a pseudonym. */
export function isOpenOf(
	{ recipientId, campaignId, pixelId, trackingMode }: OpenEvent,
	subject: Subject,
): boolean {
	if (recipientId === null) return false;
	if (trackingMode !== 'pseudonymous') return recipientId === subject.recipientId;
	const scopes = new Set([campaignId ?? '', pixelId ?? '', '']);
	return [...scopes].some((scope) => subject.pseudonymsIn(scope).includes(recipientId));
}

/** Everything held about one person (GDPR Art. 15). */
export async function exportSubject(db: Reader, subject: Subject): Promise<SubjectData> {
	const { names, keys } = await findTraces(db, subject);
	const { recipientId } = subject;
	const rows = await db
		.selectFrom('recipients')
		.select('id')
		.where('recipient_id', '=', recipientId)
		.execute();
	const recipients = [];
	for (const { id } of rows) {
		const recipient = await getRecipient(db, id);
		if (recipient !== null) recipients.push(recipient);
	}
	const day = await db
		.selectFrom('last_open_days')
		.select('day')
		.where('recipient_id', '=', recipientId)
		.executeTakeFirst();
	return {
		recipients,
		opens: await opensOf(db, names),
		lastOpenDay: day?.day ?? null,
		sent: await sentTo(db, keys),
		consent: await listConsentRecords(db, recipientId),
		requests: (await listPrivacyRequests(db, recipientId)).map(({ kind, askedAt }) => ({
			kind,
			askedAt,
		})),
	};
}

async function opensOf(db: Reader, names: readonly string[]): Promise<SubjectData['opens']> {
	const opens: SubjectData['opens'] = [];
	for (const name of names) {
		for (let offset = 0; ; offset += MAX_PAGE) {
			const rows = await db
				.selectFrom('opens')
				.selectAll()
				.where('recipient_id', '=', name)
				.orderBy('occurred_at', 'desc')
				.orderBy('event_id', 'desc')
				.limit(MAX_PAGE)
				.offset(offset)
				.execute();
			opens.push(...rows.map(toOpenEvent));
			if (rows.length < MAX_PAGE) break;
		}
	}
	return opens;
}

async function sentTo(db: Reader, keys: readonly TallyKey[]): Promise<SubjectData['sent']> {
	const sent: SubjectData['sent'] = [];
	for (const key of keys) {
		const row = await db
			.selectFrom('recipient_tallies')
			.select(['sent', 'campaign_id'])
			.where('parent', '=', key.parent)
			.where('recipient_id', '=', key.recipientId)
			.executeTakeFirst();
		if (!row?.sent) continue;
		const pixelId = pixelOfParent(key.parent);
		sent.push({ pixelId, campaignId: row.campaign_id, messages: row.sent });
	}
	return sent;
}
