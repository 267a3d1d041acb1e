import { openSqliteDatabase } from '../../src/storage/database/sqlite/sqlite-database';
import { startStore } from '../../src/storage/start-store';
import { sampleOpen, START } from './sample-opens';

/**
 * A process that records batches until it is killed, and prints a line after each one that the
 * store confirmed. Run with the path of the file and the size of a batch.
 */
async function main(): Promise<void> {
	const [path = '', size = '1'] = process.argv.slice(2);
	const store = await startStore(await openSqliteDatabase({ path }));
	for (let batch = 0; ; batch++) {
		const events = Array.from({ length: Number(size) }, (_, index) =>
			sampleOpen({
				pixelId: 'p',
				recipientId: `r${index % 7}`,
				at: START + (batch * Number(size) + index) * 1000,
			}),
		);
		await store.recordOpens(events);
		process.stdout.write(`${batch}\n`);
	}
}

void main();
