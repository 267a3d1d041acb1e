import { isoOf } from '../counters/counts-view';
import type { Reader, Writer } from '../database/store-database';
import type { ReportFacts, ReportVersion } from '../port/privacy-store';

/** Keeps what a privacy report said; the same month again replaces it. */
export async function savePrivacyReport(
	db: Writer,
	{ month, madeAt, facts }: ReportVersion,
): Promise<void> {
	const said = { made_at: Date.parse(madeAt), facts: JSON.stringify(facts) };
	await db
		.insertInto('privacy_reports')
		.values({ month, ...said })
		.onConflict((conflict) => conflict.column('month').doUpdateSet(said))
		.execute();
}

/** The last privacy report of an earlier month than this one. */
export async function getPrivacyReportBefore(
	db: Reader,
	month: string,
): Promise<ReportVersion | null> {
	const row = await db
		.selectFrom('privacy_reports')
		.selectAll()
		.where('month', '<', month)
		.orderBy('month', 'desc')
		.limit(1)
		.executeTakeFirst();
	if (row === undefined) return null;
	return {
		month: row.month,
		madeAt: isoOf(row.made_at),
		facts: JSON.parse(row.facts) as ReportFacts,
	};
}
