import type { StoreSchema } from '../../src/storage/database/store-schema';
import type { StorePlace } from './stores';

const TABLES: Array<keyof StoreSchema> = [
	'opens',
	'label_history',
	'seen_events',
	'last_open_days',
	'pixels',
	'pixel_images',
	'recipients',
	'recipient_segments',
	'sent_messages',
	'tombstones',
	'recipient_tallies',
	'last_opens',
	'tallies',
	'hourly',
	'burst_windows',
];

/** Every value in the store's tables as one text, to search it for what must not be there. */
export async function wholeStore(
	place: StorePlace,
	except: Array<keyof StoreSchema> = [],
): Promise<string> {
	const database = await place.openDatabase();
	const texts: string[] = [];
	for (const table of TABLES.filter((name) => !except.includes(name))) {
		const rows = await database.read((db) => db.selectFrom(table).selectAll().execute());
		texts.push(`${table} ${JSON.stringify(rows)}`);
	}
	return texts.join('\n');
}
