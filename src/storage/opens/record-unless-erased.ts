import type { Writer } from '../database/store-database';
import type { CheckedOpen, CheckedRecord } from '../port/tracking-store';
import { deniedAmong } from './denylist';
import { recordEvents } from './record-opens';

/**
 * Records opens that waited on their way to the store, but those of people who were erased
 * meanwhile, who must not come back. The check and the record are one transaction, so no erasure
 * can fall between them.
 */
export async function recordUnlessErased(
	db: Writer,
	opens: readonly CheckedOpen[],
): Promise<CheckedRecord> {
	const denied = await deniedAmong(
		db,
		opens.flatMap(({ denylistKeys }) => denylistKeys),
	);
	const isErased = ({ denylistKeys }: CheckedOpen) => denylistKeys.some((key) => denied.has(key));
	const { recorded } = await recordEvents(
		db,
		opens.filter((open) => !isErased(open)).map(({ event }) => event),
	);
	return { erased: new Set(opens.filter(isErased).map(({ event }) => event.eventId)), recorded };
}
