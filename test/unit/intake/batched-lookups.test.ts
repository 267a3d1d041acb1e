import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { v7 as uuidv7 } from 'uuid';

import { batchLookups } from '../../../src/intake/batched-lookups';
import { openEmbeddedStore } from '../../../src/storage/embedded-store';
import type { TrackingStore } from '../../../src/storage/port/tracking-store';
import type { ConsentRecord } from '../../../src/tracking/consent/consent-record';

describe('consent lookups for many loads at once', () => {
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
		);
		const lookups = batchLookups(async () => store);
		const asked = ['a', 'b', 'c', 'a'].flatMap((id) =>
			(['performance', 'profiling', null] as const).map((purpose) => ({ id, purpose })),
		);
		const now = new Date();
		const together = await Promise.all(
			asked.map(({ id, purpose }) => lookups.getConsent(id, purpose, now)),
		);
		const alone = [];
		for (const { id, purpose } of asked) alone.push(await store.getConsent(id, purpose, now));
		expect(together).toEqual(alone);
		expect(together[0].status).toBe('withdrawn');
	});

	it('share reads, remember nothing, and tell the erased from the others', async () => {
		let reads = 0;
		let erased = ['key-3'];
		const lookups = batchLookups(async () => ({
			isDenied: async (keys) => {
				reads += 1;
				return keys.some((key) => erased.includes(key));
			},
			listConsentsOf: async () => [],
		}));
		const ask = async (count: number) =>
			await Promise.all(Array.from({ length: count }, (_, n) => lookups.isDenied([`key-${n}`])));
		expect(await ask(5)).toEqual([false, false, false, true, false]);
		erased = [];
		reads = 0;
		expect(await ask(100)).toEqual(Array(100).fill(false));
		expect(reads).toBe(1);
		erased = ['key-0'];
		expect(await ask(1)).toEqual([true]);
	});

	it('fail for all when the store fails, and ask again next time', async () => {
		let away = true;
		const lookups = batchLookups(async () => {
			if (away) throw new Error('away');
			return store;
		});
		const now = new Date();
		const results = await Promise.allSettled([
			lookups.getConsent('a', null, now),
			lookups.getConsent('b', null, now),
		]);
		expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
		away = false;
		expect((await lookups.getConsent('a', null, now)).status).toBe('unknown');
	});
});
