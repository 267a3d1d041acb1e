import { isCounted, type Actor } from '../../tracking/event/open-event';
import { reduceLink } from '../../tracking/minimise/minimise-link';
import { chunks } from '../database/chunks';
import type { Writer } from '../database/store-database';
import type { LinkClicksTable, OpenRow } from '../database/store-schema';

const WRITE_ROWS = 500;
/** Position of a link that is not known by one, as of a reported click. */
export const NO_POSITION = 0;

type LinkScope = LinkClicksTable['scope'];

/** What names a link; of the address the site alone, since the rest can be one person's. */
export interface CountedLink {
	position: number;
	label: string;
	site: string;
}

/** The link that a row of the log is about. */
export function linkOf(
	row: Pick<OpenRow, 'link_url' | 'link_position' | 'link_label'>,
): CountedLink {
	return {
		position: row.link_position ?? NO_POSITION,
		label: row.link_label ?? '',
		site: reduceLink(row.link_url, 'site') ?? '',
	};
}

/** Steps of the counters per link, gathered in memory and added to the table in one go. */
export class LinkCounts {
	readonly #rows = new Map<string, LinkClicksTable>();

	/** Adds one click of this actor to a link; a step of -1 takes it away. */
	add(scope: LinkScope, scopeId: string, link: CountedLink, actor: Actor, step = 1): void {
		const counts = isCounted(actor)
			? { clicks: step, machine_clicks: 0 }
			: { clicks: 0, machine_clicks: step };
		this.addCounts({ scope, scope_id: scopeId, ...link, ...counts });
	}

	addCounts(step: LinkClicksTable): void {
		const { scope, scope_id, position, label, site, clicks, machine_clicks } = step;
		const key = JSON.stringify([scope, scope_id, position, label, site]);
		const known = this.#rows.get(key);
		this.#rows.set(key, {
			...step,
			clicks: clicks + (known?.clicks ?? 0),
			machine_clicks: machine_clicks + (known?.machine_clicks ?? 0),
		});
	}

	/**
	 * Adds all steps to the table, in one order, so that no two transactions wait for each other in
	 * a circle. Links that nobody clicked any more are removed.
	 */
	async save(db: Writer): Promise<void> {
		const steps = [...this.#rows]
			.sort(([a], [b]) => (a < b ? -1 : 1))
			.map(([, row]) => row)
			.filter((row) => row.clicks !== 0 || row.machine_clicks !== 0);
		for (const rows of chunks(steps, WRITE_ROWS)) {
			await db
				.insertInto('link_clicks')
				.values(rows)
				.onConflict((conflict) =>
					conflict
						.columns(['scope', 'scope_id', 'position', 'label', 'site'])
						.doUpdateSet((is) => ({
							clicks: is('link_clicks.clicks', '+', is.ref('excluded.clicks')),
							machine_clicks: is(
								'link_clicks.machine_clicks',
								'+',
								is.ref('excluded.machine_clicks'),
							),
						})),
				)
				.execute();
		}
		for (const { scope, scope_id } of steps.filter((row) => row.clicks + row.machine_clicks < 0)) {
			await db
				.deleteFrom('link_clicks')
				.where('scope', '=', scope)
				.where('scope_id', '=', scope_id)
				.where('clicks', '=', 0)
				.where('machine_clicks', '=', 0)
				.execute();
		}
	}
}
