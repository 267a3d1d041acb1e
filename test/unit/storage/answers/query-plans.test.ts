import type { CompiledQuery, KyselyPlugin } from 'kysely';

import { createStore } from '../../../../src/storage/store';
import type {
	Reader,
	StoreDatabase,
	Writer,
} from '../../../../src/storage/database/store-database';
import { openSqliteDatabase } from '../../../../src/storage/database/sqlite/sqlite-database';
import { startStore } from '../../../../src/storage/start-store';
import { RECIPIENT_STATES } from '../../../../src/storage/port/answers-store';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { campaignName, makeCampaigns, personName, recordLoads } from '../../../support/many-opens';
import { openEvent } from '../../../support/open-events';
import { newUserFolder, type UserFolder } from '../../../support/user-folder';

/** The tables that grow with people and opens. */
const LARGE = ['opens', 'recipients', 'recipient_tallies', 'sent_messages'];
/** What the queries call these tables. */
const ALIASES = ['tally', 'entry', 'own', 'other', 'load'];
const [CAMPAIGN, PERSON, PIXEL] = [campaignName(0), personName(0, 0), 'pixel-0'];
const PAGE = { limit: 50 };
/** These begin at one end of an index, and stop when the page is full. */
const LISTS = /^(people|opens|dashboard|person)/;
const NOW = new Date('2026-11-20T10:00:00.000Z');

type Ask = (store: TrackingStore) => Promise<unknown>;
const QUESTIONS: Record<string, Ask> = {
	report: (store) => store.campaignReport({ campaignId: CAMPAIGN }),
	compare: (store) => store.compareCampaigns([CAMPAIGN, 'other'], NOW),
	person: (store) => store.personReport({ recipientId: PERSON, now: NOW }),
	'rates by segment': (store) => store.segmentRates(CAMPAIGN),
	dashboard: (store) => store.getDashboard(),
	status: (store) => store.getStatus({ pixelId: PIXEL, recipientId: PERSON }),
	'not opened': (store) =>
		store.listNotOpened({ ...PAGE, campaignId: CAMPAIGN, segment: 'even', sentBefore: NOW }),
	'recipients of a pixel': (store) => store.listRecipients({ ...PAGE, pixelId: PIXEL }),
	...Object.fromEntries(
		RECIPIENT_STATES.map((state) => [
			`recipients ${state}`,
			(store: TrackingStore) => store.campaignRecipients({ ...PAGE, campaignId: CAMPAIGN, state }),
		]),
	),
	...Object.fromEntries(
		[{ sort: 'lastOpen' as const }, { search: 'ada' }, { segment: 'even' }, { offset: 500 }].map(
			(more) => [
				`recipients ${JSON.stringify(more)}`,
				(store: TrackingStore) =>
					store.campaignRecipients({ ...PAGE, campaignId: CAMPAIGN, ...more }),
			],
		),
	),
	...Object.fromEntries(
		[{}, { search: 'ada' }, { segment: 'even' }, { search: 'a', segment: 'even' }].map((more) => [
			`people ${JSON.stringify(more)}`,
			(store: TrackingStore) => store.searchRecipients({ ...PAGE, ...more }),
		]),
	),
	'people to choose': (store) => store.listChoices({ ...PAGE, of: 'recipient' }),
	...Object.fromEntries(
		[{}, { pixelId: PIXEL }, { campaignId: CAMPAIGN }, { recipientId: PERSON }].map((more) => [
			`opens ${JSON.stringify(more)}`,
			(store: TrackingStore) => store.listOpens({ ...PAGE, ...more }),
		]),
	),
	'opens as stored': (store) => store.listStoredOpens(PAGE),
	'opens as they came in': (store) => store.listArrived({ after: 0, upTo: 9, ...PAGE }),
	'opens to hand over': (store) => store.newestNumber(),
};

/** SQLite alone: without statistics its plans are the same whatever is in the tables. */
describe('questions of pages', () => {
	let folder: UserFolder;
	let database: StoreDatabase;
	beforeAll(async () => {
		folder = newUserFolder();
		database = await openSqliteDatabase({ path: `${folder.path}/tracking.sqlite` });
		const store = await startStore(database);
		const one = { campaigns: 1, large: 0, people: 12, peopleOfLarge: 0, until: NOW };
		await makeCampaigns(store, one);
		await recordLoads(store, one, 1, 3);
	});
	afterAll(async () => {
		await database.close();
		await folder.remove();
	});

	it.each(Object.keys(QUESTIONS))('read no large table from end to end: %s', async (what) => {
		const queries: CompiledQuery[] = [];
		await QUESTIONS[what](createStore(noting(database, queries)));
		expect(queries).not.toHaveLength(0);
		for (const query of queries) {
			expect({
				sql: query.sql,
				scans: await scansOf(database, query, LISTS.test(what)),
			}).toMatchObject({
				scans: [],
			});
		}
	});

	it('recording reads one row to know when a person opened last, however many emails they got', async () => {
		const queries: CompiledQuery[] = [];
		const open = openEvent({ recipientId: PERSON, occurredAt: NOW.toISOString() });
		await createStore(noting(database, queries)).recordOpens([open]);
		const asked = queries.filter(({ sql }) => sql.includes('from "last_opens"'));
		expect(asked).toHaveLength(1);
		expect(await planOf(database, asked[0])).toEqual([
			'SEARCH last_opens USING INDEX sqlite_autoindex_last_opens_1 (recipient_id=?)',
		]);
	});
});

/** The same database, which also notes what is asked. */
function noting(database: StoreDatabase, queries: CompiledQuery[]): StoreDatabase {
	const noteOf = (db: Reader): KyselyPlugin => ({
		transformQuery: ({ node, queryId }) => {
			queries.push(db.getExecutor().compileQuery(node, queryId));
			return node;
		},
		transformResult: async ({ result }) => result,
	});
	return {
		...database,
		read: async (query) => await database.read((db) => query(db.withPlugin(noteOf(db)))),
		write: async (change, options) =>
			await database.write(
				(trx, again) => change(trx.withPlugin(noteOf(trx)) as Writer, again),
				options,
			),
		close: async () => await database.close(),
	};
}

/** Large tables that a query reads from end to end; in a list that may be in the order of an index. */
async function scansOf(
	database: StoreDatabase,
	query: CompiledQuery,
	isList: boolean,
): Promise<string[]> {
	const lines = await planOf(database, query);
	const scan = isList ? /^SCAN (\S+)$/ : /^SCAN (\S+)/;
	const named = (line: string) => scan.exec(line)?.[1] ?? '';
	// A part of the query that is called like a table is read once, and is none.
	const parts = lines.flatMap((line) => /^(?:CO-ROUTINE|MATERIALIZE) (\S+)$/.exec(line)?.[1] ?? []);
	return lines.map(named).filter((name) => {
		const at = parts.indexOf(name);
		if (at >= 0) parts.splice(at, 1);
		return at < 0 && [...LARGE, ...ALIASES].includes(name);
	});
}

async function planOf(database: StoreDatabase, query: CompiledQuery): Promise<string[]> {
	const { rows } = await database.read(
		async (db) =>
			await db.executeQuery<{ detail: string }>({
				...query,
				sql: `explain query plan ${query.sql}`,
			}),
	);
	return rows.map(({ detail }) => detail);
}
