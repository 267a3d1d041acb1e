import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidV7 } from 'uuid';

import { openEmbeddedStore } from '../src/storage/embedded-store';
import type { TrackingStore } from '../src/storage/port/tracking-store';
import { ACTORS } from '../src/tracking/event/event-fields';
import { newOpenEvent, type OpenEvent } from '../src/tracking/event/open-event';
import { keysOf } from '../test/support/denylist-keys';
import { testApi } from '../test/support/tracking-api';

/**
 * What each page costs the server on SQLite, with no open, some and many: processor time of a load,
 * after one that nobody waits for, and the time on the clock, each the median of some loads. The
 * store answers within this process, so the former is what a machine without other work takes.
 * `PAGES_BENCH_OPENS` changes the many.
 */
const SIZES = [0, 10_000, Number(process.env.PAGES_BENCH_OPENS ?? 1_000_000)];
const CAMPAIGNS = 1_000;
const RECIPIENTS = 200;
const BATCH = 1_000;
const LOADS = 7;
const LIMIT_MS = 300;
const DAY = 86_400_000;
const NOW = new Date('2026-11-20T10:00:00.000Z');
const DOMAINS = ['example.com', 'example.net', 'example.org'];

const PAGES = [
	'/dashboard',
	'/dashboard?range=all',
	'/dashboard/live',
	'/campaigns',
	'/campaigns?sort=likely&page=20',
	'/pixels',
	'/recipients',
	'/recipients?q=person-7',
	'/opens',
	'/opens?range=all&page=100',
	'/search?q=campaign-7',
	'/campaign?id=campaign-7',
	'/campaign?id=campaign-7&show=notOpened&q=person-1',
	'/compare?id=campaign-1&id=campaign-2&id=campaign-3&id=campaign-4',
	'/person?id=person-7',
	'/logs/pixel-7',
];

async function main(): Promise<void> {
	const folder = await mkdtemp(join(tmpdir(), 'pages-bench-'));
	const store = await openEmbeddedStore({ folder, queueMode: false });
	const { send, clock } = testApi(store);
	clock.now = NOW;
	const slow: string[] = [];
	try {
		for (const [index, size] of SIZES.entries()) {
			if (index === 1) await makeCampaigns(store);
			for (let at = SIZES[index - 1] ?? 0; at < size; at += BATCH) {
				const count = Math.min(BATCH, size - at);
				await store.recordOpens(Array.from({ length: count }, (_, next) => openOf(at + next)));
			}
			process.stdout.write(`\n${size} opens\n`);
			for (const path of PAGES) {
				const { cpu, clock: wall } = await mediansOf(async () => await (await send(path)).text());
				const times = [cpu, wall].map((ms) => `${ms.toFixed(1).padStart(8)} ms`);
				process.stdout.write(`${path.padEnd(64)} ${times.join(' ')}\n`);
				if (cpu > LIMIT_MS) slow.push(`${path} at ${size} opens: ${Math.round(cpu)} ms`);
			}
		}
	} finally {
		await store.close();
		await rm(folder, { recursive: true });
	}
	if (slow.length === 0) return;
	process.stdout.write(`\nOver ${LIMIT_MS} ms:\n${slow.join('\n')}\n`);
	process.exitCode = 1;
}

async function makeCampaigns(store: TrackingStore): Promise<void> {
	for (let campaign = 0; campaign < CAMPAIGNS; campaign += 1) {
		const place = { pixelId: `pixel-${campaign}`, campaignId: `campaign-${campaign}` };
		await store.createPixel({
			id: place.pixelId,
			name: `Mailing ${campaign}`,
			campaignId: place.campaignId,
		});
		const people = Array.from({ length: RECIPIENTS }, (_, index) => {
			const person = (campaign * 31 + index) % 5_000;
			return {
				recipientId: `person-${person}`,
				email: `person-${person}@${DOMAINS[person % DOMAINS.length]}`,
			};
		});
		await store.addRecipients(place.pixelId, people, keysOf);
		await store.registerSent(
			people.map(({ recipientId }) => ({
				...place,
				recipientId,
				messageId: null,
				sentAt: new Date(sentAt(campaign)),
				trackingMode: 'identified',
			})),
			keysOf,
		);
	}
}

/** The campaigns were sent one after the other in the last two years. */
function sentAt(campaign: number): number {
	return NOW.getTime() - (campaign + 2) * 0.7 * DAY;
}

function openOf(number: number): OpenEvent {
	const campaign = (number * 7) % CAMPAIGNS;
	const turn = Math.floor(number / CAMPAIGNS);
	const person = (campaign * 31 + ((turn * 13) % 140)) % 5_000;
	const actor = ACTORS[(turn + campaign) % ACTORS.length];
	return newOpenEvent({
		eventId: uuidV7(),
		occurredAt: new Date(sentAt(campaign) + 60_000 * (turn + 1) ** 1.05).toISOString(),
		recipientId: `person-${person}`,
		pixelId: `pixel-${campaign}`,
		campaignId: `campaign-${campaign}`,
		trackingMode: 'identified',
		actor,
		actorReason: actor === 'scanner' ? 'security-agent' : 'mail-client',
		client: { family: ['Thunderbird', 'Gmail', 'Outlook'][turn % 3] },
	});
}

async function mediansOf(action: () => Promise<unknown>): Promise<{ cpu: number; clock: number }> {
	await action();
	const cpu: number[] = [];
	const clock: number[] = [];
	for (let turn = 0; turn < LOADS; turn += 1) {
		const began = performance.now();
		const before = process.cpuUsage();
		await action();
		const { user, system } = process.cpuUsage(before);
		cpu.push((user + system) / 1000);
		clock.push(performance.now() - began);
	}
	return { cpu: median(cpu), clock: median(clock) };
}

function median(times: number[]): number {
	return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

void main();
