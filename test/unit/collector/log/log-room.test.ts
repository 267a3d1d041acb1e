import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openCollectorLog } from '../../../../src/collector/log/collector-log';
import { canMountDisks, mountSmallDisk } from '../../../support/small-disk';

const ROOM = 4_000_000;
const EVENT = 'x'.repeat(900);

describe('a log with room of its own', () => {
	let folder: string;
	beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'log-room-'))));
	afterEach(() => rmSync(folder, { recursive: true, force: true }));
	const open = () => {
		const log = openCollectorLog({ folder, durable: true, roomBytes: ROOM });
		log.setConsumers(['store']);
		return log;
	};
	const onFullDisk = canMountDisks ? it : it.skip;

	/** Appends in another process, which is killed behind the last one. Returns how many there were. */
	function appendAndKill(count: number): void {
		const script = `
			require('tsx/cjs');
			const { openCollectorLog } = require(${JSON.stringify(join(__dirname, '../../../../src/collector/log/collector-log'))});
			const log = openCollectorLog({ folder: ${JSON.stringify(folder)}, durable: true, roomBytes: ${ROOM} });
			for (let n = 0; n < ${count}; n += 1) log.append([${JSON.stringify(EVENT)}]);
			process.kill(process.pid, 'SIGKILL');`;
		const { signal, stderr } = spawnSync(process.execPath, ['-e', script], {
			cwd: __dirname,
			encoding: 'utf8',
		});
		expect([signal, stderr]).toEqual(['SIGKILL', '']);
	}

	onFullDisk('takes thousands of events on a full disk, across kill -9 and restarts', () => {
		const disk = mountSmallDisk(folder, 8);
		try {
			open().close();
			disk.fill();
			appendAndKill(1000);
			appendAndKill(1000);
			const log = open();
			for (let n = 0; n < 1000; n += 1) log.append([EVENT]);
			expect(log.backlog('store', 9999)).toBe(3000);
			// What is carried into the store makes room again, with the disk as full as before.
			while (log.backlog('store', 1) > 0) log.advance('store', log.read('store', 500).at(-1)!.seq);
			for (let n = 0; n < 3000; n += 1) log.append([EVENT]);
			expect(() => {
				for (let n = 0; n < 3000; n += 1) log.append([EVENT]);
			}).toThrow('full');
			log.close();
		} finally {
			disk.remove();
		}
	});

	onFullDisk('opens all the same where the disk has less room than it wants', () => {
		const disk = mountSmallDisk(folder, 2);
		try {
			const log = open();
			log.append([EVENT]);
			expect(log.read('store', 9)).toHaveLength(1);
			log.close();
		} finally {
			disk.remove();
		}
	});

	it('is as large from the start as it says, and does not count the room as used', () => {
		const log = open();
		expect(statSync(join(folder, 'collector.sqlite')).size).toBeGreaterThan(ROOM);
		expect(log.usedBytes()).toBeLessThan(200_000);
		log.close();
	});

	it('keeps no trace of erased events in its files', () => {
		const log = open();
		log.append(Array.from({ length: 500 }, () => `person ${EVENT}`));
		const [first, second] = log.read('store', 2);
		log.setAside('store', [{ ...first, reason: 'broken' }], second.seq, new Date());
		const text = () =>
			['collector.sqlite', 'collector.sqlite-journal']
				.map((name) => readFileSync(join(folder, name), 'latin1'))
				.join('');
		expect(text().includes('person')).toBe(true);
		const entries = log.read('store', 999).map(({ seq }) => seq);
		log.erase(
			entries,
			log.deadLetters(9).map(({ seq }) => seq),
		);
		expect(text().includes('person')).toBe(false);
		expect([log.backlog('store', 9), log.deadLetterCount()]).toEqual([0, 0]);
		log.close();
	});

	it('can be put back from a copy, which has no journal', () => {
		open().close();
		rmSync(join(folder, 'collector.sqlite-journal'));
		const log = open();
		// What a nightly run does, also before anything was written.
		log.scrub();
		log.append([EVENT]);
		expect(log.backlog('store', 9)).toBe(1);
		log.close();
	});
});
