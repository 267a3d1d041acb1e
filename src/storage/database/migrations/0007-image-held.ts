import type { Kysely } from 'kysely';

const WITH_PURPOSE = ['opens', 'consent_records', 'consent_states'] as const;

/**
 * How long the image of one open was held gets a name of its own, and so does the purpose that is
 * asked for it: view time is the sum of the gaps between loads.
 */
export async function up(
	db: Kysely<Record<(typeof WITH_PURPOSE)[number], { purpose: string | null }>>,
): Promise<void> {
	for (const part of ['ms', 'measurable']) {
		await db.schema
			.alterTable('opens')
			.renameColumn(`view_time_${part}`, `image_held_${part}`)
			.execute();
	}
	for (const table of WITH_PURPOSE) {
		await db
			.updateTable(table)
			.set({ purpose: 'image-held' })
			.where('purpose', '=', 'view-time')
			.execute();
	}
}
