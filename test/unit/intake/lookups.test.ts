import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { v7 as uuidv7 } from 'uuid';

import { createLookups, type LookupStore } from '../../../src/intake/lookups';
import { openEmbeddedStore } from '../../../src/storage/embedded-store';
import type { TrackingStore } from '../../../src/storage/port/tracking-store';
import type { ConsentRecord } from '../../../src/tracking/consent/consent-record';
import { keysOf } from '../../support/denylist-keys';

const NOT_ASKED: LookupStore = {
	deniedAmong: async () => new Set<string>(),
	listConsentsOf: async () => [],
	dailyKey: async () => ({ key: Buffer.alloc(32), until: new Date() }),
	destroyOldKeys: async () => 0,
	noteProbeLoad: async () => undefined,
};

describe('lookups for many loads at once', () => {
	let folder: string;
	let store: TrackingStore;
	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), 'lookups-'));
		store = await openEmbeddedStore({ folder, queueMode: false });
	});
	afterEach(async () => {
		await store.close();
		rmSync(folder, { recursive: true });
	});
	const record = (recipientKey: string, changes: Partial<ConsentRecord>): ConsentRecord => ({
		recordId: uuidv7(),
		recipientKey,
		purpose: 'performance',
		status: 'withdrawn',
		occurredAt: '2026-11-01T00:00:00.000Z',
		method: 'test',
		jurisdiction: null,
		noticeVersion: null,
		noticeHash: null,
		noticeText: null,
		language: null,
		evidence: null,
		expiresAt: null,
		...changes,
	});

	it('say the same as the store asked one by one, for each purpose and for all', async () => {
		await store.recordConsent(
			[
				record('a', {}),
				record('a', { purpose: 'profiling', status: 'requested' }),
				record('b', { status: 'refused' }),
			],
			new Date(),
			keysOf,
		);
		const lookups = createLookups(async () => store);
		const asked = ['a', 'b', 'c', 'a'].flatMap((id) =>
			(['performance', 'profiling', null] as const).map((purpose) => ({ id, purpose })),
		);
		const now = new Date();
		const together = await Promise.all(
			asked.map(({ id, purpose }) => lookups.consentOf(id, purpose)),
		);
		const alone = [];
		for (const { id, purpose } of asked) alone.push(await store.getConsent(id, purpose, now));
		expect(together).toEqual(alone);
		expect(together[0].status).toBe('withdrawn');
	});

	it('share reads, remember nothing, and tell the erased from the others', async () => {
		let reads = 0;
		let erased = ['key-3'];
		const lookups = createLookups(async () => ({
			...NOT_ASKED,
			deniedAmong: async (keys) => {
				reads += 1;
				return new Set(keys.filter((key) => erased.includes(key)));
			},
		}));
		const ask = async (count: number) =>
			await Promise.all(Array.from({ length: count }, (_, n) => lookups.isErased([`key-${n}`])));
		expect(await ask(5)).toEqual([false, false, false, true, false]);
		// As many for an erased person as for anybody else, or the time of the answer would tell.
		expect(reads).toBe(1);
		erased = [];
		reads = 0;
		expect(await ask(100)).toEqual(Array(100).fill(false));
		expect(reads).toBe(1);
		erased = ['key-0'];
		expect(await ask(1)).toEqual([true]);
		expect(reads).toBe(2);
	});

	it('fail for all when the store fails, and ask again next time', async () => {
		let away = true;
		const lookups = createLookups(async () => {
			if (away) throw new Error('away');
			return store;
		});
		const results = await Promise.allSettled([
			lookups.consentOf('a', null),
			lookups.consentOf('b', null),
			lookups.isErased(['key']),
		]);
		expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
		away = false;
		expect((await lookups.consentOf('a', null)).status).toBe('unknown');
	});
});

describe('lookups in a store that hangs', () => {
	const TOO_LONG = 'took longer than 30 ms to answer a lookup, and is left alone for 0.06 s';

	it('fail in time, then at once, and ask again after a rest, whatever the clock is set to', async () => {
		let asked = 0;
		let hangs = true;
		const answer = async <T>(value: T): Promise<T> => {
			asked += 1;
			if (hangs) await new Promise(() => undefined);
			return value;
		};
		const lookups = createLookups(
			async () => ({
				...NOT_ASKED,
				deniedAmong: async () => await answer(new Set<string>()),
				listConsentsOf: async () => await answer([]),
			}),
			{ limitMs: 30, restMs: 60 },
		);
		await expect(lookups.isErased(['a'])).rejects.toThrow(TOO_LONG);
		// An operator sets the clock back by an hour.
		const { now } = Date;
		const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() - 3_600_000);
		try {
			await expect(lookups.isErased(['a'])).rejects.toThrow(TOO_LONG);
			await expect(lookups.consentOf('a', null)).rejects.toThrow(TOO_LONG);
			await expect(lookups.ipKey()).rejects.toThrow(TOO_LONG);
			expect(asked).toBe(1);
			hangs = false;
			await new Promise((resolve) => setTimeout(resolve, 80));
			await expect(lookups.isErased(['a'])).resolves.toBe(false);
			await expect(lookups.consentOf('a', null)).resolves.toMatchObject({ status: 'unknown' });
		} finally {
			clock.mockRestore();
		}
	});

	it('also when it cannot even be opened', async () => {
		const never = new Promise<never>(() => undefined);
		const lookups = createLookups(async () => await never, { limitMs: 30, restMs: 60 });
		await expect(lookups.ipKey()).rejects.toThrow(TOO_LONG);
		await expect(lookups.isErased(['a'])).rejects.toThrow(TOO_LONG);
	});

	it('do not take a process that is busy for a store that is', async () => {
		const lookups = createLookups(
			async () => ({
				...NOT_ASKED,
				deniedAmong: async () => {
					await new Promise<void>((resolve) => setImmediate(resolve));
					return new Set<string>();
				},
			}),
			{ limitMs: 20, restMs: 60_000 },
		);
		const asked = lookups.isErased(['a']);
		await new Promise<void>((resolve) => setImmediate(resolve));
		const busyUntil = performance.now() + 60;
		while (performance.now() < busyUntil);
		await expect(asked).resolves.toBe(false);
	});
});
