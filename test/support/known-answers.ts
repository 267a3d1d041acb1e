import type { IDataObject } from 'n8n-workflow';

import type { TrackingStore } from '../../src/storage/port/tracking-store';
import type { OpenEvent } from '../../src/tracking/event/open-event';
import { keysOf } from './denylist-keys';
import { sampleOpen } from './sample-opens';

const HOUR_MS = 3_600_000;
const hoursAgo = (hours: number) => Date.now() - hours * HOUR_MS;
const people = (from: number, to: number) =>
	Array.from({ length: to - from }, (_, index) => `r-${from + index}`);

/** What a person asks, the call that a model makes of it, and what the tool has to say to that. */
export interface Asked {
	asks: string;
	/** The operation, and what a model fills in */
	tool: string;
	arguments: Record<string, string>;
	/** What it looks campaigns up by before */
	looksUp?: string;
	/** In the sentences that the model passes on */
	says?: string;
	/** In the rest of the answer */
	gives?: IDataObject | jest.AsymmetricMatcher;
	/** In the caution, where that an open proves no reading is beside the point */
	warns?: string;
	/** Nowhere in it */
	never?: RegExp;
	/** Instead of an answer */
	refuses?: string;
}

const idsOf = (answer: IDataObject) =>
	(answer.people as IDataObject[]).map(({ recipientId }) => recipientId);
const rows = (...some: IDataObject[]) =>
	expect.arrayContaining(some.map((one): unknown => expect.objectContaining(one)));
const spring = { campaignId: 'spring-launch' };

/*
 * Of 40 recipients of spring-launch 20 opened, 4 are hidden, and for 2 a scanner loaded; 12 followed one link and 3
 * another. Of 40 of the newsletter 8 opened, of 40 of issue-42 10, of the 3 of the board letter one. Nothing
 * is known to have been sent of the flyer. Of 60 recipients of each digest of last month 24 opened, of
 * the one of last week 3. No workflow is published in which opens come in, and links begin with
 * an address of this machine.
 */
export const ASKED: Asked[] = [
	{
		asks: 'Which campaigns have we sent?',
		tool: 'findCampaigns',
		arguments: { search: '' },
		says: '12 campaigns are listed.',
		gives: {
			campaigns: rows(
				...['spring-launch', 'newsletter', 'issue-42', 'board-letter', 'flyer'].map(
					(campaignId) => ({ campaignId }),
				),
			),
		},
	},
	{
		asks: 'What became of the email "Spring, first"?',
		tool: 'findCampaigns',
		arguments: { search: 'Spring, first' },
		says: '1 campaign with "Spring, first"',
		gives: { campaigns: [expect.objectContaining({ ...spring, emails: ['Spring, first'] })] },
	},
	{
		asks: 'Did we send something for Christmas?',
		tool: 'findCampaigns',
		arguments: { search: 'christmas' },
		says: 'There is no campaign with "christmas"',
		gives: { campaigns: [] },
	},
	{
		asks: 'How is spring-launch doing?',
		tool: 'campaignRates',
		arguments: spring,
		says: 'Open rate: 56 % of the 36 readers who can be seen; 4 use an address that hides it.',
		gives: {
			rates: expect.objectContaining({ sentRecipients: 40, confirmed: 20, likelyRate: 0.556 }),
		},
	},
	{
		asks: 'How sure is that?',
		tool: 'campaignRates',
		arguments: spring,
		says: 'The 95 % interval is 40 to 70 %. Of all 40 recipients, 50 % are confirmed and 60 % possible.',
		gives: { rates: expect.objectContaining({ likelyLow: 0.396, likelyHigh: 0.705 }) },
	},
	{
		asks: 'Of how many can nobody tell?',
		tool: 'campaignRates',
		arguments: spring,
		gives: { rates: expect.objectContaining({ hidden: 4, hiddenShare: 0.1 }) },
	},
	{
		asks: 'How many loads were machines?',
		tool: 'campaignRates',
		arguments: spring,
		says: '21 counted opens; 6 loads by machines, which no rate counts.',
		gives: { opens: 21, uniqueOpens: 20, machineLoads: 6 },
	},
	{
		asks: 'What kind of machines?',
		tool: 'campaignRates',
		arguments: spring,
		gives: { machineReasons: rows({ loads: 4 }, { loads: 2 }) },
	},
	{
		asks: 'Does it arrive at example.com?',
		tool: 'campaignRates',
		arguments: spring,
		gives: {
			mailboxProviders: [
				expect.objectContaining({ domain: 'example.com', sentRecipients: 40, confirmed: 20 }),
			],
		},
	},
	{
		asks: 'Do customers open more than people on trial?',
		tool: 'campaignRates',
		arguments: spring,
		gives: {
			segments: rows(
				{ segment: 'customers', withheld: false, sentRecipients: 30, confirmed: 20 },
				{ segment: 'trial', withheld: false, sentRecipients: 10, confirmed: 0 },
			),
		},
	},
	{
		asks: 'Did the board open it?',
		tool: 'campaignRates',
		arguments: spring,
		says: 'Segments that would tell of fewer than 10 people are withheld.',
		gives: { segments: expect.arrayContaining([{ segment: 'board', withheld: true }]) },
	},
	{
		asks: 'How many clicked?',
		tool: 'campaignRates',
		arguments: spring,
		says: 'Clicks: 15 of 40 recipients clicked (38 %)',
		gives: { clicks: expect.objectContaining({ clicked: 15, clickRate: 0.375 }) },
	},
	{
		asks: 'Which link do they like?',
		tool: 'campaignRates',
		arguments: spring,
		says: 'Links that fewer than 10 people followed are withheld.',
		gives: {
			clicks: expect.objectContaining({
				links: [
					expect.objectContaining({ link: 'Boots', people: 12, clicks: 12, withheld: false }),
					expect.objectContaining({ link: 'Hats', people: null, clicks: null, withheld: true }),
				],
			}),
		},
	},
	{
		asks: 'How is our newsletter doing?',
		looksUp: 'our newsletter',
		tool: 'campaignRates',
		arguments: { campaignId: 'newsletter' },
		says: 'Open rate: 20 % of the 40 readers who can be seen',
		gives: { rates: expect.objectContaining({ confirmed: 8, confirmedRate: 0.2 }) },
	},
	{
		asks: 'Do people click in the newsletter?',
		tool: 'campaignRates',
		arguments: { campaignId: 'newsletter' },
		gives: { clicks: null },
		never: /Clicks:|clickRate"/,
	},
	{
		asks: 'Who opened the newsletter?',
		tool: 'whoOpened',
		arguments: { campaignId: 'newsletter' },
		says: '8 recipients opened; all are listed.',
		gives: { more: false, people: rows(...people(0, 8).map((recipientId) => ({ recipientId }))) },
		never: /"r-8"/,
	},
	{
		asks: 'Who opened it last?',
		tool: 'whoOpened',
		arguments: { campaignId: 'newsletter' },
		gives: { people: { 0: expect.objectContaining({ recipientId: 'r-7', opens: 1 }) } },
	},
	{
		asks: 'Who has not opened the newsletter?',
		tool: 'whoHasNotOpened',
		arguments: { campaignId: 'newsletter' },
		says: '32 recipients of 40 have no counted open',
		gives: { people: rows(...people(8, 40).map((recipientId) => ({ recipientId }))) },
		never: /"r-7"/,
	},
	{
		asks: 'Whom should we remind of spring-launch?',
		tool: 'whoHasNotOpened',
		arguments: spring,
		says: '4 more cannot be seen and are not listed.',
		gives: { people: rows(...people(24, 40).map((recipientId) => ({ recipientId }))) },
		never: /"r-2[0-3]"/,
	},
	{
		asks: 'Who has not opened the flyer?',
		tool: 'whoHasNotOpened',
		arguments: { campaignId: 'flyer' },
		refuses: 'No message of this campaign is registered as sent',
	},
	{
		asks: 'Did spring-launch do better than the newsletter?',
		tool: 'compareCampaigns',
		arguments: { campaignIds: 'newsletter, spring-launch' },
		says: '"newsletter" had 20 %: 9 to 48 percentage points less, at 95 % confidence, which chance alone hardly explains.',
		gives: {
			campaigns: [
				expect.objectContaining({ ...spring, rateAtAge: 0.5 }),
				expect.objectContaining({ campaignId: 'newsletter', rateAtAge: 0.2 }),
			],
		},
	},
	{
		asks: 'And issue-42 better than the newsletter?',
		tool: 'compareCampaigns',
		arguments: { campaignIds: 'newsletter,issue-42' },
		says: '"newsletter" had 20 %: the difference may be chance.',
	},
	{
		asks: 'How is the Christmas campaign doing?',
		tool: 'campaignRates',
		arguments: { campaignId: 'christmas' },
		refuses: 'There is no campaign with this ID. Find Campaigns looks it up',
	},
	{
		asks: 'What changed?',
		tool: 'whatChanged',
		arguments: {},
		says: 'Campaign digest-7: 5.0 % have opened after 72 hours, where 40 % is usual and 16 % to 64 % would not stand out. See whether it went to spam',
		gives: {
			changes: [
				expect.objectContaining({
					kind: 'fewerOpens',
					campaignId: 'digest-7',
					seen: 0.05,
					expected: 0.4,
					usualLow: 0.161,
					usualHigh: 0.639,
				}),
			],
			notComparable: expect.arrayContaining(['spring-launch', 'newsletter', 'board-letter']),
		},
		warns: 'Out of the ordinary is not wrong',
	},
	{
		asks: 'Is our setup healthy?',
		tool: 'setupHealth',
		arguments: {},
		says: 'Published workflows: None is published in which opens come in. Publish one',
		gives: {
			problems: 2,
			checks: rows(
				{ check: 'Public address', result: 'problem' },
				{ check: 'Store', result: 'ok' },
				{ check: 'Signing keys', result: 'ok' },
			),
		},
		warns: 'It does not prove that images load for readers, or that emails arrive',
	},
];

/** Sends a campaign so many hours ago; what it gives loads the image, ten hours later at the earliest. */
async function send(
	store: TrackingStore,
	campaignId: string,
	name: string,
	size: number,
	age: number,
) {
	const { id: pixelId } = await store.createPixel({ name, campaignId });
	const recipients = people(0, size).map((recipientId) => ({
		recipientId,
		email: `${recipientId}@example.com`,
	}));
	await store.addRecipients(pixelId, recipients, keysOf);
	await store.registerSent(
		recipients.map(({ recipientId }) => ({
			messageId: null,
			pixelId,
			campaignId,
			recipientId,
			sentAt: new Date(hoursAgo(age)),
			trackingMode: 'identified',
		})),
		keysOf,
	);
	return async (who: string[], changes: Partial<Omit<OpenEvent, 'occurredAt'>> = {}) =>
		await store.recordOpens(
			who.map((recipientId, index) =>
				sampleOpen({
					pixelId,
					campaignId,
					recipientId,
					at: hoursAgo(age - 10) + index * 60_000,
					...changes,
				}),
			),
		);
}

/** Records six alike digests, and a seventh that hardly anybody opened. */
export async function fillDigests(store: TrackingStore): Promise<void> {
	for (const [index, age] of [800, 720, 640, 560, 480, 400, 100].entries()) {
		const load = await send(store, `digest-${index + 1}`, `Digest ${index + 1}`, 60, age);
		await load(people(0, index < 6 ? 24 : 3));
	}
}

/** Records what the answers are about. */
export async function fillKnownStore(store: TrackingStore): Promise<void> {
	const follow = (label: string, position: number) =>
		({
			event: 'click',
			purpose: 'clicks',
			link: { url: `https://shop.example/${label}`, position, label },
		}) as const;
	const springLoads = await send(store, 'spring-launch', 'Spring, first', 40, 200);
	await springLoads(people(0, 20));
	await springLoads(people(0, 1));
	await springLoads(people(20, 24), { actor: 'prefetch', actorReason: 'apple-mpp-egress' });
	await springLoads(people(24, 26), { actor: 'scanner', actorReason: 'security-agent' });
	await springLoads(people(0, 12), follow('Boots', 1));
	await springLoads(people(12, 15), follow('Hats', 2));
	await (
		await send(store, 'newsletter', 'Issue 41', 40, 200)
	)(people(0, 8));
	await (
		await send(store, 'issue-42', 'Issue 42', 40, 200)
	)(people(0, 10));
	await (
		await send(store, 'board-letter', 'To the board', 3, 200)
	)(people(0, 1));
	await fillDigests(store);
	await store.recordOpens([sampleOpen({ campaignId: 'flyer', at: hoursAgo(2) })]);
	const label = (recipientId: string, segment: string) =>
		({ recipientId, segments: [segment], how: 'add' }) as const;
	await store.changeSegments(
		[
			...people(0, 30).map((id) => label(id, 'customers')),
			...people(30, 40).map((id) => label(id, 'trial')),
			...people(0, 3).map((id) => label(id, 'board')),
		],
		keysOf,
	);
}

/** Holds what a tool answered against what is known. */
export function expectKnown({ says = '', gives = {}, warns, never }: Asked, answer: IDataObject) {
	expect(answer.answer).toContain(says);
	expect(answer).toMatchObject(gives);
	expect(answer.caution).toContain(warns ?? 'not that anybody read it');
	if ('people' in answer) expect(new Set(idsOf(answer)).size).toBe(idsOf(answer).length);
	// Addresses leave the store only where the person who set it up chose so.
	expect(JSON.stringify(answer)).not.toContain('@');
	if (never) expect(JSON.stringify(answer)).not.toMatch(never);
}
