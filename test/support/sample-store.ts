import type { TrackingStore } from '../../src/storage/port/tracking-store';
import type { Actor, Client, OpenEvent } from '../../src/tracking/event/open-event';
import { sampleOpen } from './sample-opens';
import { keysOf } from './denylist-keys';

const DAY = 86_400_000;
const NO_CLIENT: Client = { family: null, os: null, device: null };
const LOADERS: Array<[Actor, string, Client]> = [
	['human', 'mail-client', { family: 'Thunderbird', os: 'Linux', device: 'desktop' }],
	['human', 'mail-client', { family: 'Outlook', os: 'Windows', device: 'desktop' }],
	['human', 'mail-client', { family: 'Apple Mail', os: 'iOS', device: 'phone' }],
	['human-via-proxy', 'google-image-proxy', { family: 'Gmail', os: null, device: null }],
	['human', 'browser', { family: 'Firefox', os: 'Windows', device: 'desktop' }],
	['prefetch', 'apple-mpp-egress', { family: 'Apple Mail', os: null, device: null }],
	['scanner', 'security-agent', NO_CLIENT],
	['unknown', 'unrecognised', NO_CLIENT],
];

/** A small generator of repeatable numbers below `limit` (mulberry32). */
export function dice(seed: number): (limit: number) => number {
	let state = seed;
	return (limit) => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
	};
}

const LINKS: Array<OpenEvent['link']> = [
	{ url: 'https://shop.example/spring/boots', position: 1, label: 'Boots' },
	{ url: 'https://shop.example/spring/coats', position: 2, label: null },
	{ url: 'https://blog.example/how-we-work', position: 3, label: 'How we work' },
];

/** What a reader follows after an open; a scanner follows all links at once. */
function clicksAfter(
	base: Partial<OpenEvent>,
	at: number,
	roll: (limit: number) => number,
): OpenEvent[] {
	const click = { ...base, event: 'click', purpose: 'clicks' } as const;
	if (base.actor === 'scanner') {
		const scanned = { ...click, actorReason: 'link-burst' };
		return LINKS.map((link, index) => sampleOpen({ ...scanned, at: at + index * 1000, link }));
	}
	const human = { ...click, actor: 'human', actorReason: 'browser' } as const;
	return [sampleOpen({ ...human, at: at + 40_000, link: LINKS[roll(roll(3) + 1)] })];
}

/** Three campaigns and two single emails with a month of opens, for pages that are to be looked at. */
export async function fillSampleStore(
	store: TrackingStore,
	now: Date,
	{ sample = true, clicks = false } = {},
): Promise<{ pixelIds: string[] }> {
	const roll = dice(7);
	const pixelIds: string[] = [];
	const campaigns: Array<[string, string | null, number, number]> = [
		['Spring launch, first email', 'spring-launch', 120, 26],
		['Spring launch, reminder', 'spring-launch', 90, 12],
		['Newsletter 41', 'newsletter', 240, 18],
		['Offer for Ms Okafor', null, 0, 5],
		['Invitation to the summer workshop in the old brewery', 'workshop', 60, 3],
	];
	for (const [name, campaignId, size, age] of campaigns) {
		const pixel = await store.createPixel({ name, campaignId, sample: sample && size === 60 });
		pixelIds.push(pixel.id);
		const sentAt = new Date(now.getTime() - age * DAY);
		const people = Array.from({ length: size }, (_, index) => ({
			recipientId: `r-${index}`,
			email: `person${index}@example.com`,
		}));
		if (size > 0) {
			await store.addRecipients(pixel.id, people, keysOf);
			await store.registerSent(
				people.map(({ recipientId }) => ({
					messageId: null,
					pixelId: pixel.id,
					campaignId,
					recipientId,
					sentAt,
					trackingMode: 'identified',
				})),
				keysOf,
			);
		}
		const opens: OpenEvent[] = [];
		for (let index = 0; index < Math.max(8, size * 0.9); index += 1) {
			const [actor, actorReason, client] = LOADERS[roll(LOADERS.length)];
			const wait = (roll(100) / 100) ** 3 * (age - 0.05) * DAY + roll(50_000);
			const base = {
				pixelId: pixel.id,
				campaignId,
				recipientId: size === 0 ? null : `r-${roll(Math.ceil(size * 0.7))}`,
				actor,
				actorReason,
				client,
			};
			const at = sentAt.getTime() + wait;
			opens.push(sampleOpen({ ...base, at }));
			if (clicks && index % 3 === 0) opens.push(...clicksAfter(base, at, roll));
			if (index % 4 === 0) opens.push(sampleOpen({ ...base, at: at + 12_000 }));
		}
		await store.recordOpens(opens);
	}
	return { pixelIds };
}
