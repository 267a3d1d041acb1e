import { sql, type RawBuilder } from 'kysely';

import { requiredId } from '../database/checked-input';
import { engineOf, type Reader, type StoreDatabase } from '../database/store-database';
import { settledNumber } from '../opens/storing-order';
import type { BatchStore, ReaderTurn } from '../port/batch-store';

type TurnStore = Pick<BatchStore, 'takeTurn' | 'keepTurn' | 'moveReader' | 'endTurn'>;

/**
 * Whose turn it is to hand opens over. Each change is one statement that is whole in itself, so none
 * needs a transaction, which would wait for writers: a turn must not run out over a long erasure.
 */
export function createTurnStore(database: StoreDatabase): TurnStore {
	const { read: ask } = database;
	const change = async (
		{ reader, holder }: ReaderTurn,
		values: (db: Reader) => { position?: number; held_until?: RawBuilder<number> },
	): Promise<boolean> => {
		const { numUpdatedRows } = await ask((db) =>
			db
				.updateTable('batch_readers')
				.set(values(db))
				.where('id', '=', reader)
				.where('holder', '=', holder)
				.executeTakeFirstOrThrow(),
		);
		return numUpdatedRows > 0n;
	};
	return {
		takeTurn: async ({ reader, holder }, forMs, begin) => {
			const id = requiredId(reader, 'reader');
			const known = await ask((db) =>
				db.selectFrom('batch_readers').select('id').where('id', '=', id).executeTakeFirst(),
			);
			const start = begin === 'oldest' || known ? 0 : await settledNumber(database);
			const taken = await ask((db) =>
				db
					.insertInto('batch_readers')
					.values({ id, position: start, holder, held_until: fromNow(db, forMs) })
					.onConflict((conflict) =>
						conflict
							.column('id')
							.doUpdateSet({ holder, held_until: fromNow(db, forMs) })
							.where((is) =>
								is.or([
									is('batch_readers.holder', '=', holder),
									is('batch_readers.held_until', '<=', fromNow(db, 0)),
								]),
							),
					)
					.returning('position')
					.executeTakeFirst(),
			);
			return taken?.position ?? null;
		},
		keepTurn: (turn, forMs) => change(turn, (db) => ({ held_until: fromNow(db, forMs) })),
		moveReader: (turn, position) => change(turn, () => ({ position })),
		endTurn: async (turn) => {
			await change(turn, (db) => ({ held_until: fromNow(db, 0) }));
		},
	};
}

/** By the clock of the database, which all hosts share; the embedded one has that of this machine. */
function fromNow(db: Reader, ms: number): RawBuilder<number> {
	return engineOf(db) === 'postgres'
		? sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint + ${ms}::bigint`
		: sql<number>`${Date.now() + ms}`;
}
