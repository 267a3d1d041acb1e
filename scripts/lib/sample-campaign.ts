/**
 * Fills the store of the demo with mailings of the last two weeks, so that the dashboard has
 * something to show. Each load is judged by the rules that judge real ones. All of it belongs to
 * pixels that are marked as samples, which the dashboard deletes in one click.
 */
import { v7 as uuidv7 } from 'uuid';

import { dataFolder } from '../../nodes/shared/installation/data-folder';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import type { DenylistKeysOf } from '../../src/tracking/people/subject-keys';
import { classifyLoad } from '../../src/tracking/classify/classify-load';
import type { OpenEvent } from '../../src/tracking/event/open-event';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

interface Mailing {
	name: string;
	campaignId: string | null;
	/** Whole days before today; it left at nine in the morning */
	daysAgo: number;
	/** 0 for an email to one person, whom the store does not know */
	recipients: number;
}

const MAILINGS: Mailing[] = [
	{ name: 'Sample: newsletter, part 1', campaignId: 'sample-news', daysAgo: 13, recipients: 60 },
	{ name: 'Sample: invitation', campaignId: 'sample-event', daysAgo: 9, recipients: 40 },
	{ name: 'Sample: newsletter, part 2', campaignId: 'sample-news', daysAgo: 6, recipients: 60 },
	{ name: 'Sample: reminder', campaignId: 'sample-event', daysAgo: 2, recipients: 40 },
	{ name: 'Sample: offer to one person', campaignId: null, daysAgo: 1, recipients: 0 },
];

/** How the programs that load images name themselves. */
const AGENTS = {
	thunderbird:
		'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0',
	gmail:
		'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
	outlook: 'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.12026; Pro)',
	yahoo: 'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html',
	// What Apple's servers say when they load the image in advance, whether the email is read or not.
	appleMail: 'Mozilla/5.0',
	scanner: 'Mozilla/5.0 (compatible; Barracuda Sentinel)',
};
type Agent = keyof typeof AGENTS;

/** The email clients of ten recipients in turn, and whether the image gets loaded there. */
const READERS: Array<{ agent: Agent; loads: boolean; scanned?: boolean }> = [
	{ agent: 'thunderbird', loads: true },
	{ agent: 'gmail', loads: true },
	{ agent: 'appleMail', loads: true },
	{ agent: 'outlook', loads: false },
	{ agent: 'gmail', loads: true },
	{ agent: 'outlook', loads: true, scanned: true },
	{ agent: 'gmail', loads: false },
	{ agent: 'appleMail', loads: true },
	{ agent: 'yahoo', loads: true },
	{ agent: 'thunderbird', loads: false },
];

interface Load {
	agent: Agent;
	/** Milliseconds after the email was sent */
	after: number;
}

/**
 * Makes the sample afresh: what an attempt that was interrupted has left is deleted first.
 * @param now nothing in the sample is later
 */
export async function makeSampleCampaign(store: TrackingStore, now: Date): Promise<void> {
	const { pixels } = await store.listPixels({ limit: 100, sample: true });
	for (const { id } of pixels) await store.deletePixel(id);
	for (const mailing of MAILINGS) await makeMailing(store, mailing, now);
}

/** Readers of the sample exist nowhere, so none of them is on the list of erased people. */
const keysOf: DenylistKeysOf = (recipientId) => [recipientId];

async function makeMailing(store: TrackingStore, mailing: Mailing, now: Date): Promise<void> {
	const { name, campaignId, daysAgo } = mailing;
	const sentAt = new Date(now);
	sentAt.setDate(now.getDate() - daysAgo);
	sentAt.setHours(9, 0, 0, 0);
	const pixel = await store.createPixel({ name, campaignId, sample: true });
	const recipients = Array.from({ length: mailing.recipients }, (_, index) => ({
		recipientId: `reader-${index + 1}`,
		email: `reader${index + 1}@example.com`,
	}));
	await store.addRecipients(pixel.id, recipients, keysOf);
	const recipientIds =
		recipients.length === 0 ? [null] : recipients.map(({ recipientId }) => recipientId);
	const place = { pixelId: pixel.id, campaignId };
	await store.registerSent(
		recipientIds.map((recipientId) => ({
			...place,
			recipientId,
			messageId: null,
			sentAt,
			trackingMode: 'identified',
		})),
		keysOf,
	);
	const loads = recipientIds.flatMap((recipientId, index) =>
		loadsOf(index, recipientIds.length).map((load) => ({ ...load, recipientId })),
	);
	await store.recordOpens(
		loads
			.map((load) => sampleOpen({ ...place, ...load, sentAt }))
			.filter(({ occurredAt }) => Date.parse(occurredAt) <= now.getTime()),
	);
}

/** The loads of one recipient's email. */
function loadsOf(index: number, count: number): Load[] {
	const reader = READERS[index % READERS.length];
	const loads: Load[] = [];
	if (reader.scanned) loads.push({ agent: 'scanner', after: 20 * SECOND });
	if (!reader.loads) return loads;
	// Most emails are opened on the first day and some after a week: from half an hour to ten days,
	// as many in each doubling of the time. 7 and the sizes of the mailings share no factor, so
	// that it takes every step once, mixed over the email clients.
	const step = ((index * 7) % count) / count;
	const after = reader.agent === 'appleMail' ? (index + 1) * 40 * SECOND : 0.5 * HOUR * 480 ** step;
	loads.push({ agent: reader.agent, after });
	if (reader.agent === 'thunderbird') {
		loads.push({ agent: reader.agent, after: after + 12 * SECOND });
		loads.push({ agent: reader.agent, after: after + 26 * HOUR });
	}
	return loads;
}

function sampleOpen(
	load: Load &
		Pick<OpenEvent, 'pixelId' | 'campaignId' | 'recipientId'> & {
			sentAt: Date;
		},
): OpenEvent {
	const { pixelId, campaignId, recipientId, agent, after, sentAt } = load;
	const at = sentAt.getTime() + after;
	const verdict = classifyLoad({
		method: 'GET',
		headers: { accept: 'image/*', 'accept-language': 'en' },
		userAgent: AGENTS[agent],
		ip: null,
		secondsSinceSend: after / SECOND,
	});
	return {
		...verdict,
		eventId: uuidv7({ msecs: at }),
		event: 'open',
		occurredAt: new Date(at).toISOString(),
		recipientId,
		recipientReason: recipientId === null ? 'missing' : null,
		pixelId,
		campaignId,
		messageId: null,
		trackingMode: 'identified',
		purpose: 'performance',
		consent: { status: 'unknown', recordId: null, policy: 'objection-honoured' },
		request: { ip: null, userAgent: null, referer: null, acceptLanguage: null },
		link: { url: null, position: null, label: null },
		firstOpen: null,
		quietDays: null,
		imageHeldMs: null,
		imageHeldMeasurable: null,
	};
}

async function main(): Promise<void> {
	const store = await openEmbeddedStore({ folder: dataFolder(), queueMode: false });
	try {
		await makeSampleCampaign(store, new Date());
	} finally {
		await store.close();
	}
}

if (require.main === module) void main();
