/**
 * What reading costs as the store grows: status and dashboard over 1,000 and over 1,000,000 opens,
 * and the memory of the CSV export of 1,000,000 recipients beside that of 10,000.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { openEmbeddedStore } from '../src/storage/embedded-store';
import type { TrackingStore } from '../src/storage/port/tracking-store';
import { sampleOpen, START } from '../test/support/sample-opens';
import { testApi } from '../test/support/tracking-api';
import { keysOf } from '../test/support/denylist-keys';

const CHUNK = 10_000;
const PIXELS = 50;
const RECIPIENTS = 2_000;
const ROUNDS = 300;
const MEGABYTE = 1024 * 1024;
/** How often the memory in use is looked at while the CSV is written. */
const SAMPLE_BYTES = 2 * MEGABYTE;

type Api = ReturnType<typeof testApi>;

async function withStore<T>(work: (store: TrackingStore) => Promise<T>): Promise<T> {
	const folder = await mkdtemp(join(tmpdir(), 'email-open-tracking-bench-'));
	const store = await openEmbeddedStore({ folder, queueMode: false });
	try {
		return await work(store);
	} finally {
		await store.close();
		await rm(folder, { recursive: true });
	}
}

/** Opens of some pixels and recipients, spread over a month. */
async function fillOpens(store: TrackingStore, count: number): Promise<string[]> {
	const pixels = await Promise.all(
		Array.from({ length: PIXELS }, async (_, index) =>
			store.createPixel({ name: `Pixel ${index}`, campaignId: `campaign-${index % 10}` }),
		),
	);
	for (let done = 0; done < count; done += CHUNK) {
		const size = Math.min(CHUNK, count - done);
		await store.recordOpens(
			Array.from({ length: size }, (_, index) => {
				const number = done + index;
				const pixel = pixels[number % PIXELS];
				return sampleOpen({
					pixelId: pixel.id,
					campaignId: pixel.campaignId,
					recipientId: `r-${(number * 7) % RECIPIENTS}`,
					at: START + Math.floor((number / count) * 30 * 86_400_000),
				});
			}),
		);
	}
	return pixels.map(({ id }) => id);
}

/** The middle of the times that a request takes, in milliseconds. */
async function medianMs(request: (round: number) => Promise<Response>): Promise<number> {
	const times: number[] = [];
	for (let round = 0; round < ROUNDS; round += 1) {
		const start = performance.now();
		const response = await request(round);
		await response.text();
		times.push(performance.now() - start);
		if (!response.ok) throw new Error(`The bench got ${response.status}`);
	}
	return times.sort((a, b) => a - b)[ROUNDS / 2];
}

async function latencies(count: number): Promise<Record<string, number>> {
	return await withStore(async (store) => {
		const filling = performance.now();
		const pixels = await fillOpens(store, count);
		print(`${count} opens written in ${((performance.now() - filling) / 1000).toFixed(0)} s`);
		const api: Api = testApi(store);
		api.clock.now = new Date(START + 30 * 86_400_000);
		const requests: Record<string, (round: number) => Promise<Response>> = {
			'POST /api/pixel/check': (round) =>
				api.sendJson('/api/pixel/check', { id: pixels[round % PIXELS] }),
			'GET /api/dashboard': () => api.send('/api/dashboard'),
			'GET /dashboard': () => api.send('/dashboard'),
			'GET /logs/:id': (round) => api.send(`/logs/${pixels[round % PIXELS]}`),
		};
		const result: Record<string, number> = {};
		for (const [name, request] of Object.entries(requests)) result[name] = await medianMs(request);
		return result;
	});
}

/**
 * How much more memory is in use at any time while the CSV is written than before, in MB, and the
 * length of the CSV.
 */
async function exportMemory(count: number): Promise<{ peak: number; megabytes: number }> {
	return await withStore(async (store) => {
		const pixel = await store.createPixel({ name: 'Export' });
		for (let done = 0; done < count; done += CHUNK) {
			await store.addRecipients(
				pixel.id,
				Array.from({ length: CHUNK }, (_, index) => ({
					recipientId: `recipient-${done + index}`,
					email: `person.${done + index}@example.com`,
					token: `AQ${String(done + index).padStart(98, 'x')}`,
				})),
				keysOf,
			);
		}
		const api = testApi(store);
		collectGarbage();
		const before = usedBytes();
		let peak = before;
		let bytes = 0;
		let sampledAt = 0;
		const response = await api.send(`/api/v1/pixels/${pixel.id}/generate-tokens/csv`);
		for await (const part of response.body!) {
			bytes += (part as Uint8Array).length;
			if (bytes - sampledAt < SAMPLE_BYTES) continue;
			sampledAt = bytes;
			collectGarbage();
			peak = Math.max(peak, usedBytes());
		}
		return { peak: (peak - before) / MEGABYTE, megabytes: bytes / MEGABYTE };
	});
}

/** What JavaScript holds, buffers included. */
function usedBytes(): number {
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}

/** Without it, what filling the store left behind would hide what the export takes. */
function collectGarbage(): void {
	setFlagsFromString('--expose-gc');
	runInNewContext('gc')();
}

function print(line: string): void {
	process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
	const small = await latencies(1_000);
	const large = await latencies(1_000_000);
	for (const [name, ms] of Object.entries(small)) {
		const ratio = large[name] / ms;
		print(
			`${name.padEnd(24)} ${ms.toFixed(2)} ms at 1,000 opens, ${large[name].toFixed(2)} ms at 1,000,000: ${ratio.toFixed(2)} ×`,
		);
		if (ratio > 2) throw new Error(`${name} slows down as the store grows`);
	}
	for (const count of [10_000, 1_000_000]) {
		const { peak, megabytes } = await exportMemory(count);
		print(
			`CSV of ${count} recipients: ${megabytes.toFixed(0)} MB written, ${peak.toFixed(1)} MB in use`,
		);
		if (peak > 50) throw new Error('The CSV export holds on to what it writes');
	}
}

void main();
