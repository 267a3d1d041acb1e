import { EVENT_LEAVES, type EventField, type Leaf } from '../../tracking/event/event-fields';
import { COUNTED_ACTORS, valueOf, type OpenEvent } from '../../tracking/event/open-event';
import { CollectorError } from '../config/collector-error';
import { identifier, literal, only, type ClickHouse } from './click-house';

/** Where opens are archived. */
export interface ArchiveTable {
	database: string;
	name: string;
	/** Days after an open at which ClickHouse deletes its row */
	keepDays: number;
}

/** The oldest version of ClickHouse that the table is made for. */
const OLDEST = { year: 22, month: 8 };
/** What a request itself said stays in the store: an archive of years has no use for it. */
const LEAVES = EVENT_LEAVES.filter(({ group }) => group !== 'request');

/** The fields of an event that the archive has. */
export const ARCHIVED_FIELDS: readonly EventField[] = LEAVES.map(({ path }) => path);

/** By which rows of one event replace each other: how far the store was read when it was. */
const VERSION = 'stored_seq';
const COUNTED = COUNTED_ACTORS.map(literal).join(', ');

/** Every column with its type. */
const COLUMNS: ReadonlyMap<string, string> = new Map([
	...LEAVES.map((leaf) => [leaf.column, typeOf(leaf)] as const),
	[VERSION, 'UInt64'],
	['counted', `Bool ALIAS actor IN (${COUNTED})`],
]);

/** The table in a statement. */
export function qualified({ database, name }: Pick<ArchiveTable, 'database' | 'name'>): string {
	return `${identifier(database)}.${identifier(name)}`;
}

/** The statement that makes the table. */
export function createStatement(table: ArchiveTable): string {
	const columns = [...COLUMNS].map(([name, type]) => `\t${name} ${type}`).join(',\n');
	return `CREATE TABLE IF NOT EXISTS ${qualified(table)}
(
${columns}
)
ENGINE = ReplacingMergeTree(${VERSION})
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (campaign_id, occurred_at, event_id)
TTL ${ttlOf(table)}`;
}

/**
 * Makes the table, or brings the one that is there to this version's columns and to these days.
 *
 * @throws CollectorError where the server or the table is none that can be used
 */
export async function prepareTable(clickHouse: ClickHouse, table: ArchiveTable): Promise<void> {
	const { version } = await only<{ version: string }>(
		clickHouse.rows('SELECT version() AS version'),
	);
	const [year = 0, month = 0] = version.split('.').map(Number);
	if (year < OLDEST.year || (year === OLDEST.year && month < OLDEST.month)) {
		throw new CollectorError(
			`This server is ClickHouse ${version}. The archive needs ${OLDEST.year}.${OLDEST.month} or newer: servers as old as this one may not be able to delete rows when their time is over (TTL).`,
		);
	}
	// Asked first: who has a table may lack the right to make one.
	if ((await engineOf(clickHouse, table)) === null) await clickHouse.run(createStatement(table));
	const engine = (await engineOf(clickHouse, table)) ?? '';
	if (!/^\w*ReplacingMergeTree\b/.test(engine)) {
		throw new CollectorError(
			`The table ${table.name} in ClickHouse is not of the engine ReplacingMergeTree. Name another --table, or drop this one.`,
		);
	}
	const known = new Set<string>();
	const columns = `SELECT name FROM system.columns WHERE database = ${literal(table.database)} AND table = ${literal(table.name)}`;
	for await (const { name } of clickHouse.rows<{ name: string }>(columns)) known.add(name);
	const missing = [...COLUMNS].filter(([name]) => !known.has(name));
	const changes = missing.map(([name, type]) => `ADD COLUMN IF NOT EXISTS ${name} ${type}`);
	if (!engine.includes(`TTL ${ttlOf(table)}`)) changes.push(`MODIFY TTL ${ttlOf(table)}`);
	if (changes.length > 0) {
		await clickHouse.run(`ALTER TABLE ${qualified(table)} ${changes.join(', ')}`);
	}
}

async function engineOf(clickHouse: ClickHouse, table: ArchiveTable): Promise<string | null> {
	const query = `SELECT engine_full AS engine FROM system.tables
		WHERE database = ${literal(table.database)} AND name = ${literal(table.name)}`;
	for await (const { engine } of clickHouse.rows<{ engine: string }>(query)) return engine;
	return null;
}

/** How far the store was read for what is in the archive; 0 for nothing. */
export async function archivedUpTo(clickHouse: ClickHouse, table: ArchiveTable): Promise<number> {
	const query = `SELECT toString(max(${VERSION})) AS last FROM ${qualified(table)}`;
	return Number((await only<{ last: string }>(clickHouse.rows(query))).last);
}

/** The row of an event; `upTo` is how far the store is read with it. */
export function archiveRow(event: OpenEvent, upTo: number): Record<string, unknown> {
	const row: Record<string, unknown> = { [VERSION]: upTo };
	for (const leaf of LEAVES) row[leaf.column] = valueIn(leaf, valueOf(event, leaf));
	return row;
}

/** As ClickHouse writes it, so that a table is recognized that has it. */
function ttlOf({ keepDays }: ArchiveTable): string {
	return `toDateTime(occurred_at) + toIntervalDay(${keepDays})`;
}

/** An id that is not there is the empty text, because the table is ordered by some of them. */
function typeOf({ stored, group, empty }: Leaf): string {
	switch (stored) {
		case 'id':
			return 'String';
		case 'time':
			return "DateTime64(3, 'UTC')";
		case 'number':
			return 'Nullable(UInt64)';
		case 'flag':
			return 'Nullable(Bool)';
		case 'json':
			return 'Array(LowCardinality(String))';
		default: {
			const text = empty === undefined ? 'String' : 'Nullable(String)';
			// Words of a fixed vocabulary; those of a person or a link are many.
			return group === 'envelope' || group === 'verdict' ? `LowCardinality(${text})` : text;
		}
	}
}

function valueIn({ stored }: Leaf, value: unknown): unknown {
	if (stored === 'id') return value ?? '';
	return stored === 'time' ? (value as string).replace('T', ' ').replace('Z', '') : value;
}
