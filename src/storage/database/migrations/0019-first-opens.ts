import type { Kysely } from 'kysely';

/**
 * An open says whether it was the first one of its recipient and message, and how long the recipient
 * was quiet before. Of older opens that stays unknown: the counters know who opened already.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
	for (const name of ['first_open', 'quiet_days'] as const) {
		await db.schema.alterTable('opens').addColumn(name, 'bigint').execute();
	}
}
