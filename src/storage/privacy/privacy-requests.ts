import type { PrivacyRequestKind } from '../../tracking/people/erasure';
import { normalId } from '../../tracking/people/normal-id';
import { isoOf } from '../counters/counts-view';
import { requiredPerson, timeOf } from '../database/checked-input';
import type { Reader, Writer } from '../database/store-database';
import type { PrivacyRequest } from '../port/privacy-store';

/** Opens a request; one that is open already keeps the time at which it was asked first. */
export async function openPrivacyRequest(
	db: Writer,
	request: { recipientId: string; kind: PrivacyRequestKind },
	now: Date,
): Promise<void> {
	await db
		.insertInto('privacy_requests')
		.values({
			recipient_id: requiredPerson(request.recipientId),
			kind: request.kind,
			asked_at: timeOf(now, 'time of the request'),
		})
		.onConflict((conflict) => conflict.columns(['recipient_id', 'kind']).doNothing())
		.execute();
}

/** Every open request, the oldest first; of one person, where their names are given. */
export async function listPrivacyRequests(
	db: Reader,
	names?: readonly string[],
): Promise<PrivacyRequest[]> {
	let query = db.selectFrom('privacy_requests').selectAll();
	if (names !== undefined) query = query.where('recipient_id', 'in', names);
	const rows = await query.orderBy('asked_at').orderBy('recipient_id').orderBy('kind').execute();
	return rows.map((row) => ({
		recipientId: row.recipient_id,
		kind: row.kind as PrivacyRequestKind,
		askedAt: isoOf(row.asked_at),
	}));
}

/** Closes a request that was answered. Returns whether it was open. */
export async function closePrivacyRequest(
	db: Writer,
	request: { recipientId: string; kind: PrivacyRequestKind },
): Promise<boolean> {
	const { numDeletedRows } = await db
		.deleteFrom('privacy_requests')
		.where('recipient_id', 'in', [request.recipientId, normalId(request.recipientId)])
		.where('kind', '=', request.kind)
		.executeTakeFirst();
	return numDeletedRows > 0n;
}
