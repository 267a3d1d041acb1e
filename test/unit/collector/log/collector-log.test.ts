import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import {
	lockFolder,
	openCollectorLog,
	type CollectorLog,
} from '../../../../src/collector/log/collector-log';

const range = (from: number, to: number) =>
	Array.from({ length: to - from + 1 }, (_, index) => `event ${from + index}`);

describe('the log of the collector', () => {
	let folder: string;
	let log: CollectorLog;
	const reopen = () => {
		log.close();
		log = openCollectorLog({ folder, durable: true });
	};
	const rows = () => {
		const database = new DatabaseSync(join(folder, 'collector.sqlite'), { readOnly: true });
		const count = database.prepare('select count(*) as n from log').get()?.n;
		database.close();
		return count;
	};
	beforeEach(() => {
		folder = join(mkdtempSync(join(tmpdir(), 'open-log-')), 'data');
		log = openCollectorLog({ folder, durable: true });
		log.setConsumers(['store', 'n8n']);
	});
	afterEach(() => {
		log.close();
		rmSync(join(folder, '..'), { recursive: true });
	});

	it('gives each consumer every event once, in order, also after a restart', () => {
		log.append(range(1, 3));
		const first = log.read('store', 2);
		expect(first.map(({ event }) => event)).toEqual(['event 1', 'event 2']);
		log.advance('store', first[1].seq);
		reopen();
		log.append(range(4, 4));
		expect(log.read('store', 9).map(({ event }) => event)).toEqual(['event 3', 'event 4']);
		expect(log.read('n8n', 9)).toHaveLength(4);
		expect(log.backlog('store', 9)).toBe(2);
		expect(log.backlog('n8n', 3)).toBe(3);
	});

	it('deletes what all consumers have passed, and nothing before', () => {
		log.append(range(1, 10));
		log.advance('store', 10);
		expect(rows()).toBe(10);
		log.advance('n8n', 4);
		expect(rows()).toBe(6);
		log.advance('n8n', 10);
		expect(rows()).toBe(0);
	});

	it('never gives a number twice, also when the log was emptied before a restart', () => {
		log.append(range(1, 3));
		log.advance('store', 3);
		log.advance('n8n', 3);
		reopen();
		log.append(range(4, 4));
		expect(log.read('store', 9)).toEqual([{ seq: 4, event: 'event 4' }]);
	});

	it('never moves a cursor back', () => {
		log.append(range(1, 3));
		log.advance('store', 3);
		log.advance('store', 1);
		expect(log.read('store', 9)).toEqual([]);
	});

	it('forgets consumers that left, and keeps those that stay where they are', () => {
		log.append(range(1, 3));
		log.advance('store', 2);
		log.setConsumers(['store', 'new']);
		expect(log.read('store', 9)).toHaveLength(1);
		expect(log.read('new', 9)).toHaveLength(3);
		expect(() => log.read('n8n', 9)).toThrow('no consumer "n8n"');
	});

	it('keeps refused events for 30 days, and moves on', () => {
		log.append(range(1, 3));
		const [, second, third] = log.read('n8n', 3);
		const at = new Date('2026-11-01T00:00:00Z');
		log.setAside('n8n', [{ ...second, reason: 'broken' }], 2, at);
		expect(log.read('n8n', 9)).toEqual([third]);
		expect(log.deadLetters(9)).toEqual([
			{ ...second, consumer: 'n8n', reason: 'broken', setAsideAt: at.toISOString() },
		]);
		log.setAside('n8n', [], 3, new Date('2026-12-02T00:00:00Z'));
		expect(log.deadLetters(9)).toEqual([]);
		log.setAside('store', [], 3, at);
		expect(rows()).toBe(0);
	});

	it('writes all events of a transaction or none', () => {
		expect(() => log.append(['fine', null as unknown as string])).toThrow();
		log.append(['next']);
		expect(log.read('store', 9).map(({ event }) => event)).toEqual(['next']);
	});

	it('can be read by its owner only, as it holds personal data', () => {
		expect(statSync(folder).mode & 0o777).toBe(0o700);
		for (const file of ['collector.sqlite', 'collector.sqlite-wal']) {
			expect(statSync(join(folder, file)).mode & 0o077).toBe(0);
		}
	});

	it('says how much of the file is in use', () => {
		const before = log.usedBytes();
		log.append(Array.from({ length: 2000 }, () => 'x'.repeat(1000)));
		const full = log.usedBytes();
		expect(full - before).toBeGreaterThan(2_000_000);
		log.advance('store', 2000);
		log.advance('n8n', 2000);
		expect(log.usedBytes()).toBeLessThan(full / 10);
	});

	it('allows all who write it the size that was set last, also after a restart', () => {
		const other = openCollectorLog({ folder, durable: true });
		expect(other.maxBytes()).toBe(4 * 1024 ** 3);
		log.setMaxBytes(1e9);
		log.setMaxBytes(0.01 * 1024 ** 3);
		expect(other.maxBytes()).toBe(Math.round(0.01 * 1024 ** 3));
		other.close();
		reopen();
		expect(log.maxBytes()).toBe(Math.round(0.01 * 1024 ** 3));
	});

	it('writes as much to disk for no event as for one, and keeps nothing of it', () => {
		const written = (events: string[]) => {
			const size = () => statSync(join(folder, 'collector.sqlite-wal')).size;
			const before = size();
			log.append(events);
			return size() - before;
		};
		const usual = 'x'.repeat(700);
		written([usual]);
		expect(written([])).toBe(written([usual]));
		expect(rows()).toBe(2);
		expect(log.read('store', 9).map(({ event }) => event)).toEqual([usual, usual]);
	});

	it('refuses a log of a newer version', () => {
		log.close();
		const database = new DatabaseSync(join(folder, 'collector.sqlite'));
		database.exec('pragma user_version = 99');
		database.close();
		expect(() => openCollectorLog({ folder, durable: true })).toThrow('newer version');
	});

	it('says what to do when the folder cannot be made', () => {
		expect(() =>
			openCollectorLog({ folder: join(folder, 'collector.sqlite', 'x'), durable: true }),
		).toThrow(/could not be made \(ENOTDIR\)\. Make sure that the folder is writable/);
	});

	it('lets one collector at a time work on a folder', () => {
		const unlock = lockFolder(folder);
		expect(() => lockFolder(folder)).toThrow('Another collector works on');
		unlock();
		lockFolder(folder)();
	});
});
