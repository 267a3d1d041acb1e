import { sql } from 'kysely';

import { openRates } from '../../tracking/counters/open-rates';
import { COUNTED_ACTORS } from '../../tracking/event/open-event';
import type { Actor } from '../../tracking/event/open-event';
import { DEFAULT_K } from '../../tracking/minimise/k-anonymity';
import { timeOf } from '../database/checked-input';
import type { Reader } from '../database/store-database';
import type {
	CampaignReport,
	CampaignReportRequest,
	MachineLoads,
	MailboxProvider,
	ProgramCount,
	TimeWindow,
} from '../port/answers-store';
import { getCampaign, listOpensPerHour } from '../statistics/statistics';
import { byAge } from './ages';

/** How many loads and addresses are looked at, so that the answer takes as long for any campaign. */
const LOADS_READ = 20_000;
const ADDRESSES_READ = 20_000;
const PROGRAMS_SHOWN = 50;

/** What one campaign did; `null` where nothing is known of it. */
export async function campaignReport(
	db: Reader,
	request: CampaignReportRequest,
): Promise<CampaignReport | null> {
	const { campaignId } = request;
	const campaign = await getCampaign(db, campaignId);
	if (campaign === null) return null;
	const hours = await listOpensPerHour(db, { campaignId, ...windowOf(request) });
	const loads = await loadsRead(db, request);
	const addresses = await addressesRead(db, campaignId);
	return {
		campaign,
		hours,
		ages: byAge(hours, campaign.firstSentAt),
		programs: await programs(db, request),
		providers: addresses === 0 ? null : await providers(db, campaignId),
		machineLoads: await machineLoads(db, request),
		loadsRead: Math.min(loads, LOADS_READ),
		allLoadsRead: loads <= LOADS_READ,
		addressesRead: Math.min(addresses, ADDRESSES_READ),
		allAddressesRead: addresses <= ADDRESSES_READ,
	};
}

/** The window with ends that every time lies between. */
export function windowOf({ from, to }: TimeWindow): { from: Date; to: Date } {
	return { from: from ?? new Date(0), to: to ?? new Date(8.64e15) };
}

/** The latest loads of a campaign in a window, and one more that tells whether there are others. */
function latestLoads(db: Reader, request: CampaignReportRequest, limit: number) {
	const { from, to } = windowOf(request);
	return db
		.selectFrom('opens')
		.select(['actor', 'actor_reason', 'client_family', 'client_os', 'client_device'])
		.select('recipient_id')
		.where('campaign_id', '=', request.campaignId)
		.where('occurred_at', '>=', timeOf(from, 'start of the period'))
		.where('occurred_at', '<', timeOf(to, 'end of the period'))
		.orderBy('occurred_at', 'desc')
		.orderBy('event_id', 'desc')
		.limit(limit);
}

async function loadsRead(db: Reader, request: CampaignReportRequest): Promise<number> {
	const { count } = await db
		.selectFrom(latestLoads(db, request, LOADS_READ + 1).as('load'))
		.select(sql<number>`count(*)`.as('count'))
		.executeTakeFirstOrThrow();
	return count;
}

async function programs(db: Reader, request: CampaignReportRequest): Promise<ProgramCount[]> {
	return await db
		.selectFrom(latestLoads(db, request, LOADS_READ).as('load'))
		.select(['client_family as family', 'client_os as os', 'client_device as device'])
		.select([
			sql<number>`count(*)`.as('opens'),
			sql<number>`count(distinct recipient_id)`.as('people'),
		])
		.where('actor', 'in', COUNTED_ACTORS)
		.groupBy(['client_family', 'client_os', 'client_device'])
		.orderBy('opens', 'desc')
		.orderBy('client_family')
		.orderBy('client_os')
		.orderBy('client_device')
		.limit(PROGRAMS_SHOWN)
		.execute();
}

async function machineLoads(db: Reader, request: CampaignReportRequest): Promise<MachineLoads[]> {
	const rows = await db
		.selectFrom(latestLoads(db, request, LOADS_READ).as('load'))
		.select(['actor', 'actor_reason as reason'])
		.select(sql<number>`count(*)`.as('loads'))
		.where('actor', 'not in', COUNTED_ACTORS)
		.groupBy(['actor', 'actor_reason'])
		.orderBy('loads', 'desc')
		.orderBy('actor')
		.orderBy('actor_reason')
		.execute();
	return rows.map((row) => ({ ...row, actor: row.actor as Actor }));
}

/** Recipients of a campaign that were sent to and whose address is known. */
function addressed(db: Reader, campaignId: string, limit: number) {
	return db
		.selectFrom('recipient_tallies as tally')
		.innerJoin('recipients as entry', (join) =>
			join
				.on('entry.pixel_id', '=', sql<string>`substr(tally.parent, 3)`)
				.onRef('entry.recipient_id', '=', 'tally.recipient_id'),
		)
		.select('entry.address')
		.select(sql<number>`case when tally.first_open_at is null then 0 else 1 end`.as('opened'))
		.select(
			sql<number>`case when tally.first_open_at is null and tally.prefetch > 0
				and tally.scanner = 0 and tally.bot = 0 then 1 else 0 end`.as('hidden'),
		)
		.where('tally.campaign_id', '=', campaignId)
		.where('tally.recipient_id', '<>', sql.lit(''))
		.where('tally.sent', '>', sql.lit(0))
		.where('entry.address', 'is not', null)
		.limit(limit);
}

async function addressesRead(db: Reader, campaignId: string): Promise<number> {
	const { count } = await db
		.selectFrom(addressed(db, campaignId, ADDRESSES_READ + 1).as('one'))
		.select(sql<number>`count(*)`.as('count'))
		.executeTakeFirstOrThrow();
	return count;
}

/** Rates by domain; domains of fewer than ten people are one row, as long as that is ten people. */
async function providers(db: Reader, campaignId: string): Promise<MailboxProvider[]> {
	const domain = sql<string>`replace(address, rtrim(address, replace(address, '@', '')), '')`;
	const rows = await db
		.selectFrom(addressed(db, campaignId, ADDRESSES_READ).as('one'))
		.select(domain.as('domain'))
		.select([
			sql<number>`count(*)`.as('people'),
			sql<number>`cast(sum(opened) as bigint)`.as('opened'),
			sql<number>`cast(sum(hidden) as bigint)`.as('hidden'),
		])
		.groupBy('domain')
		.execute();
	const large = rows.filter(({ people }) => people >= DEFAULT_K);
	const others = rows
		.filter(({ people }) => people < DEFAULT_K)
		.reduce(
			(sum, row) => ({
				people: sum.people + row.people,
				opened: sum.opened + row.opened,
				hidden: sum.hidden + row.hidden,
			}),
			{ people: 0, opened: 0, hidden: 0 },
		);
	large.sort((a, b) => b.people - a.people || (a.domain < b.domain ? -1 : 1));
	const rest = others.people >= DEFAULT_K ? [{ domain: null, ...others }] : [];
	return [...large, ...rest].map(({ domain: name, people, opened, hidden }) => ({
		domain: name,
		rates: openRates({ sentRecipients: people, confirmed: opened, hidden }),
	}));
}
