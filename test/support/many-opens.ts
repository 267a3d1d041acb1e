import { randomUUID } from 'node:crypto';

import { sql } from 'kysely';

import type { StoreDatabase } from '../../src/storage/database/store-database';
import type { OpenRow } from '../../src/storage/database/store-schema';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import { ACTORS, EVENT_LEAVES } from '../../src/tracking/event/event-fields';
import { newOpenEvent, type OpenEvent } from '../../src/tracking/event/open-event';
import { keysOf } from './denylist-keys';

const BATCH = 1_000;
const HOUR = 3_600_000;
const DOMAINS = 40;

/** How many campaigns there are, and whom they were sent to. */
export interface ManyCampaigns {
	campaigns: number;
	/** How many of them, from the first one on, are large */
	large: number;
	people: number;
	peopleOfLarge: number;
	/** When the last campaign was sent; the ones before it an hour apart */
	until: Date;
}

/** The id of a campaign; the first ones are the large ones. */
export function campaignName(number: number): string {
	return `campaign-${number}`;
}

/** The id of somebody whom a campaign was sent to. */
export function personName(campaign: number, number: number): string {
	return `person-${campaign}-${number}`;
}

/** Makes the campaigns, each with a pixel, its recipients and what was sent to them. */
export async function makeCampaigns(store: TrackingStore, of: ManyCampaigns): Promise<void> {
	for (let campaign = 0; campaign < of.campaigns; campaign += 1) {
		const place = { pixelId: `pixel-${campaign}`, campaignId: campaignName(campaign) };
		const name = `Mailing ${campaign}`;
		await store.createPixel({ id: place.pixelId, name, campaignId: place.campaignId });
		const people = peopleOf(of, campaign);
		for (let start = 0; start < people; start += BATCH) {
			const ids = Array.from({ length: Math.min(BATCH, people - start) }, (_, index) =>
				personName(campaign, start + index),
			);
			await store.addRecipients(
				place.pixelId,
				ids.map((recipientId, index) => ({
					recipientId,
					email: `${recipientId}@domain-${index % DOMAINS}.example`,
					segments: [index % 2 === 0 ? 'even' : 'odd'],
				})),
				keysOf,
			);
			await store.registerSent(
				ids.map((recipientId) => ({
					...place,
					recipientId,
					messageId: null,
					sentAt: new Date(sentAt(of, campaign)),
					trackingMode: 'identified',
				})),
				keysOf,
			);
		}
	}
}

/**
 * Records loads: every third one of a large campaign, every tenth one of the largest. Most come soon
 * after sending, and of four people out of five.
 */
export async function recordLoads(
	store: TrackingStore,
	of: ManyCampaigns,
	from: number,
	to: number,
): Promise<void> {
	for (let start = from; start < to; start += BATCH) {
		const count = Math.min(BATCH, to - start);
		await store.recordOpens(Array.from({ length: count }, (_, index) => load(of, start + index)));
	}
}

/**
 * Puts all recorded opens into the log `copies` times more, minutes apart. Recording as many takes
 * long; what an answer costs depends on the rows alone.
 */
export async function copyLoads(database: StoreDatabase, copies: number): Promise<void> {
	const columns = EVENT_LEAVES.map(({ column }) => column as keyof OpenRow);
	const others = columns.filter((column) => column !== 'event_id' && column !== 'occurred_at');
	const { last } = await database.read((db) =>
		db
			.selectFrom('opens')
			.select((is) => is.fn.max('stored_seq').as('last'))
			.executeTakeFirstOrThrow(),
	);
	for (let copy = 1; copy <= copies; copy += 1) {
		const isPostgres = database.engine === 'postgres';
		const number = sql<number>`stored_seq + ${sql.lit(copy * (last ?? 0))}`;
		await database.write((db) =>
			db
				.insertInto('opens')
				.columns([
					'event_id',
					'occurred_at',
					...others,
					...(isPostgres ? [] : ['stored_seq' as const]),
				])
				.expression((is) =>
					is
						.selectFrom('opens')
						.select([
							sql<string>`${`${copy}-`} || event_id`.as('event_id'),
							sql<number>`occurred_at + ${sql.lit(copy * 60_000)}`.as('occurred_at'),
							...others,
						])
						.$if(!isPostgres, (query) => query.select(number.as('stored_seq')))
						.where('stored_seq', '<=', last ?? 0),
				)
				.execute(),
		);
	}
	if (database.engine === 'postgres') {
		await database.read((db) => sql`analyze`.execute(db));
	}
}

function peopleOf({ large, people, peopleOfLarge }: ManyCampaigns, campaign: number): number {
	return campaign < large ? peopleOfLarge : people;
}

function sentAt({ campaigns, until }: ManyCampaigns, campaign: number): number {
	return until.getTime() - (campaigns - campaign) * HOUR;
}

function load(of: ManyCampaigns, number: number): OpenEvent {
	const turn = Math.floor(number / 3);
	const isLarge = number % 3 === 0;
	const largeOne = turn % 3 === 0 ? 0 : turn % of.large;
	const campaign = isLarge ? largeOne : of.large + (turn % (of.campaigns - of.large));
	const person = (turn * 31 + Math.floor(turn / 7)) % Math.ceil(peopleOf(of, campaign) * 0.8);
	const actor = ACTORS[(person + (number % 5 === 0 ? 1 : 0)) % ACTORS.length];
	return newOpenEvent({
		eventId: randomUUID(),
		occurredAt: new Date(sentAt(of, campaign) + 60_000 * (1 + (turn % 97) ** 2)).toISOString(),
		recipientId: personName(campaign, person),
		pixelId: `pixel-${campaign}`,
		campaignId: campaignName(campaign),
		trackingMode: 'identified',
		purpose: 'performance',
		actor,
		actorReason: actor === 'scanner' ? 'security-agent' : 'mail-client',
		rulesVersion: '1',
		client: { family: `Program ${person % 9}`, os: 'iOS', device: 'phone' },
		consent: { status: 'given' },
	});
}
