import { randomBytes } from 'node:crypto';

import { dailyKeySchedule } from '../../tracking/people/daily-ip-key-schedule';
import type { DailyKeyPlan } from '../../tracking/people/daily-ip-key-schedule';
import type { Reader, StoreDatabase } from '../database/store-database';

const KEY_BYTES = 32;

/**
 * The key that addresses are hashed with today, the same for all processes on this store. Keys of
 * other days are destroyed first.
 *
 * @returns 32 bytes, and when to ask again
 */
export async function dailyKey(
	database: StoreDatabase,
	now: Date,
): Promise<{ key: Buffer; until: Date }> {
	const plan = await readPlan(database, now);
	if (plan.create || plan.destroy.length > 0) await followPlan(database, plan);
	const { key } = await database.read((db) =>
		db.selectFrom('daily_keys').select('key').where('day', '=', plan.day).executeTakeFirstOrThrow(),
	);
	return { key: Buffer.from(key, 'base64'), until: plan.nextAt };
}

/** Destroys the keys of days that are over. Returns how many there were. */
export async function destroyOldKeys(database: StoreDatabase, now: Date): Promise<number> {
	const plan = await readPlan(database, now);
	if (plan.destroy.length > 0) await followPlan(database, { ...plan, create: false });
	return plan.destroy.length;
}

async function readPlan(database: StoreDatabase, now: Date): Promise<DailyKeyPlan> {
	return dailyKeySchedule(await database.read(heldDays), now);
}

async function heldDays(db: Reader): Promise<string[]> {
	const rows = await db.selectFrom('daily_keys').select('day').execute();
	return rows.map(({ day }) => day);
}

async function followPlan(database: StoreDatabase, plan: DailyKeyPlan): Promise<void> {
	await database.write(async (db) => {
		if (plan.destroy.length > 0) {
			await db.deleteFrom('daily_keys').where('day', 'in', plan.destroy).execute();
		}
		if (!plan.create) return;
		await db
			.insertInto('daily_keys')
			.values({ day: plan.day, key: randomBytes(KEY_BYTES).toString('base64') })
			.onConflict((conflict) => conflict.column('day').doNothing())
			.execute();
	});
	// A deleted row is not a destroyed key while an older page of the file still shows it.
	if (plan.destroy.length > 0) await database.scrub(['daily_keys']);
}
