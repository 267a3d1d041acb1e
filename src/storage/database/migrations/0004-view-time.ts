import type { Kysely } from 'kysely';

/** View time of single opens: milliseconds, and whether it could be measured at all (0 or 1). */
export async function up(db: Kysely<unknown>): Promise<void> {
	// One column per statement: SQLite adds no more at once.
	for (const name of ['view_time_ms', 'view_time_measurable']) {
		await db.schema.alterTable('opens').addColumn(name, 'integer').execute();
	}
}
