import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { LOG_FILE, openCollectorLog } from '../../../../src/collector/log/collector-log';
import type { startLogWriter as StartLogWriter } from '../../../../src/collector/log/log-writer';

// Built, because a thread starts from a JavaScript file.
const { startLogWriter } = jest.requireActual<{ startLogWriter: typeof StartLogWriter }>(
	join(__dirname, '../../../../dist/src/collector/log/log-writer'),
);

describe('the thread that writes the log', () => {
	const folder = mkdtempSync(join(tmpdir(), 'write-thread-'));
	const log = openCollectorLog({ folder, durable: false });
	const entries = () => log.peek(0, 1000).map(({ event }) => event);
	const neverEnds = (error: Error) => {
		throw error;
	};

	afterAll(() => {
		log.close();
		rmSync(folder, { recursive: true });
	});

	it('says so when entries are in the file, and keeps their order', async () => {
		const writer = startLogWriter(folder, neverEnds);
		const seen: number[] = [];
		await Promise.all(
			[['a', 'b'], [], ['c']].map(async (events) => {
				await writer.append(events);
				seen.push(entries().length);
			}),
		);
		expect(entries()).toEqual(['a', 'b', 'c']);
		expect(seen[0]).toBeGreaterThanOrEqual(2);
		void writer.append(['d']);
		await writer.close();
		expect(entries()).toEqual(['a', 'b', 'c', 'd']);
	});

	it('says why entries are not in the file, and takes the next ones', async () => {
		const writer = startLogWriter(folder, neverEnds);
		const before = entries();
		const other = new DatabaseSync(join(folder, LOG_FILE));
		other.exec('begin immediate');
		await expect(writer.append(['refused'])).rejects.toThrow('database is locked');
		other.exec('rollback');
		other.close();
		await writer.append(['taken']);
		expect(entries()).toEqual([...before, 'taken']);
		await writer.close();
	}, 20_000);

	it('tells when it ends by itself, also those who wait for it', async () => {
		const noFolder = join(folder, 'file');
		writeFileSync(noFolder, '');
		const ended = new Promise<Error>((resolve) => {
			const writer = startLogWriter(noFolder, resolve);
			void expect(writer.append(['lost'])).rejects.toThrow('ended by itself');
		});
		expect((await ended).message).toContain('The thread that writes the log ended by itself');
	});
});
