import { MAX_PAGE, readCursor, writeCursor } from '../../storage/database/cursor';
import { isDeletedName } from '../../storage/opens/tombstones';
import type { TrackingStore } from '../../storage/port/tracking-store';
import type { OpenEvent } from '../../tracking/event/open-event';
import { archiveRow, qualified, type ArchiveTable } from './archive-table';
import type { ClickHouse } from './click-house';
import { deleteRows } from './delete-rows';

/** Rows of one insert: ClickHouse writes a file for each. */
const INSERT_ROWS = 10_000;
const DAY_MS = 86_400_000;

export interface CopyOptions {
	store: Pick<TrackingStore, 'listStoredOpens'>;
	clickHouse: ClickHouse;
	table: ArchiveTable;
	/** The number in the order of storing up to which everything is copied */
	after: number;
	signal: AbortSignal;
	/** Called when so many more are in the archive, and it has everything up to a number */
	onCopied(opens: number, upTo: number): void;
}

/**
 * Copies what the store has beyond a number, in the order of storing: new opens, and those that
 * changed. Ends when there is nothing more, or `signal` aborts. What is copied a second time replaces
 * itself.
 */
export async function copyOpens(options: CopyOptions): Promise<void> {
	const { store, clickHouse, table, signal, onCopied } = options;
	let { after } = options;
	for (let hasMore = true; hasMore && !signal.aborted; ) {
		const part = await readPart(store, after, signal);
		const youngest = Date.now() - table.keepDays * DAY_MS;
		const kept = part.opens.filter(({ occurredAt }) => Date.parse(occurredAt) >= youngest);
		// What is replaced stays on disk until ClickHouse merges it, and these rows may name somebody.
		const renamed = after > 0 ? kept.filter(isOfDeleted).map(({ eventId }) => eventId) : [];
		if (renamed.length > 0) await deleteRows(clickHouse, table, 'event_id', renamed, signal);
		if (kept.length > 0) {
			const rows = kept.map((open) => archiveRow(open, part.upTo));
			// Opens that come in late are of many months.
			await clickHouse.insert(qualified(table), rows, { max_partitions_per_insert_block: '0' });
		}
		({ upTo: after, hasMore } = part);
		onCopied(kept.length, after);
	}
}

async function readPart(
	store: CopyOptions['store'],
	after: number,
	signal: AbortSignal,
): Promise<{ opens: OpenEvent[]; upTo: number; hasMore: boolean }> {
	const opens: OpenEvent[] = [];
	let [upTo, hasMore] = [after, true];
	while (hasMore && opens.length < INSERT_ROWS && !signal.aborted) {
		const cursor = writeCursor([upTo, 'stored']);
		const page = await store.listStoredOpens({ limit: MAX_PAGE, cursor });
		opens.push(...page.opens);
		hasMore = page.hasMore;
		if (page.cursor !== null) [upTo] = readCursor(page.cursor, 'number');
	}
	return { opens, upTo, hasMore };
}

function isOfDeleted({ recipientId }: OpenEvent): boolean {
	return recipientId !== null && isDeletedName(recipientId);
}
