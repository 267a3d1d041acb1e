import { sql } from 'kysely';

import { openRates, type RateCounts } from '../../tracking/counters/open-rates';
import { isCounted } from '../../tracking/event/open-event';
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
import { OWN_ENTRY } from './campaign-recipients';

/** How many loads and addresses are looked at, so that the answer takes as long for any campaign. */
const LOADS_READ = 2_000;
const ADDRESSES_READ = 5_000;
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
	const latest = await latestLoads(db, request);
	const loads = latest.slice(0, LOADS_READ);
	const people = await listAddresses(db, campaignId, campaign.rates.sentRecipients);
	const addresses = people
		.slice(0, ADDRESSES_READ)
		.flatMap(({ address, ...counts }) => (address === null ? [] : [{ address, ...counts }]));
	return {
		campaign,
		hours,
		ages: byAge(hours, campaign.firstSentAt),
		programs: programsOf(loads),
		providers: addresses.length === 0 ? null : providersOf(addresses),
		machineLoads: machineLoadsOf(loads),
		loadsRead: loads.length,
		allLoadsRead: latest.length === loads.length,
		addressesRead: addresses.length,
		allAddressesRead: people.length <= ADDRESSES_READ,
	};
}

/** The window with ends that every time lies between. */
export function windowOf({ from, to }: TimeWindow): { from: Date; to: Date } {
	return { from: from ?? new Date(0), to: to ?? new Date(8.64e15) };
}

type Load = Awaited<ReturnType<typeof latestLoads>>[number];

/** The latest loads of a campaign in a window, and one more that tells whether there are others. */
async function latestLoads(db: Reader, request: CampaignReportRequest) {
	const { from, to } = windowOf(request);
	const rows = await db
		.selectFrom('opens')
		.select(['actor', 'actor_reason', 'client_family', 'client_os', 'client_device'])
		.select('recipient_id')
		.where('campaign_id', '=', request.campaignId)
		.where('event', '=', 'open')
		.where('occurred_at', '>=', timeOf(from, 'start of the period'))
		.where('occurred_at', '<', timeOf(to, 'end of the period'))
		.orderBy('occurred_at', 'desc')
		.orderBy('event_id', 'desc')
		.limit(LOADS_READ + 1)
		.execute();
	return rows.map(({ actor, ...row }) => ({ actor: actor as Actor, ...row }));
}

function programsOf(loads: readonly Load[]): ProgramCount[] {
	const counts = new Map<string, ProgramCount & { names: Set<string> }>();
	for (const load of loads) {
		if (!isCounted(load.actor)) continue;
		const { client_family: family, client_os: os, client_device: device } = load;
		const key = JSON.stringify([family, os, device]);
		const count = counts.get(key) ?? { family, os, device, opens: 0, people: 0, names: new Set() };
		counts.set(key, count);
		count.opens += 1;
		if (load.recipient_id !== null) count.names.add(load.recipient_id);
	}
	return [...counts]
		.sort(([keyA, a], [keyB, b]) => b.opens - a.opens || (keyA < keyB ? -1 : 1))
		.slice(0, PROGRAMS_SHOWN)
		.map(([, { names, ...count }]) => ({ ...count, people: names.size }));
}

function machineLoadsOf(loads: readonly Load[]): MachineLoads[] {
	const counts = new Map<string, MachineLoads>();
	for (const { actor, actor_reason: reason } of loads) {
		if (isCounted(actor)) continue;
		const key = JSON.stringify([actor, reason]);
		const count = counts.get(key) ?? { actor, reason, loads: 0 };
		counts.set(key, count);
		count.loads += 1;
	}
	return [...counts]
		.sort(([keyA, a], [keyB, b]) => b.loads - a.loads || (keyA < keyB ? -1 : 1))
		.map(([, count]) => count);
}

/** Recipients of a campaign that were sent to, and one more, with the addresses that are known. */
async function listAddresses(db: Reader, campaignId: string, sentRecipients: number) {
	return await db
		.selectFrom('recipient_tallies as tally')
		.select(['tally.first_open_at', 'tally.clicks', 'tally.prefetch', 'tally.scanner', 'tally.bot'])
		// Looked up one by one: for a join PostgreSQL reads the addresses of all other campaigns.
		.select((is) =>
			is.selectFrom('recipients as entry').select('address').where(OWN_ENTRY).as('address'),
		)
		.where('tally.campaign_id', '=', campaignId)
		.where('tally.recipient_id', '<>', sql.lit(''))
		.where('tally.sent', '>', sql.lit(0))
		// Once all are found, nobody else who loaded the campaign is looked at.
		.limit(Math.min(ADDRESSES_READ + 1, sentRecipients))
		.execute();
}

/** Rates by domain; domains of fewer than ten people are one row, as long as that is ten people. */
type Addressed = Awaited<ReturnType<typeof listAddresses>>[number] & { address: string };

function providersOf(addresses: readonly Addressed[]): MailboxProvider[] {
	const counts = new Map<string, RateCounts>();
	for (const { address, first_open_at: openedAt, clicks, prefetch, scanner, bot } of addresses) {
		const domain = address.slice(address.lastIndexOf('@') + 1);
		const count = counts.get(domain) ?? { ...NOBODY };
		counts.set(domain, count);
		count.sentRecipients += 1;
		if (openedAt !== null || clicks > 0) count.confirmed += 1;
		else if (prefetch > 0 && scanner + bot === 0) count.hidden += 1;
	}
	const large = [...counts].filter(([, { sentRecipients }]) => sentRecipients >= DEFAULT_K);
	const others = { ...NOBODY };
	for (const [, count] of counts) {
		if (count.sentRecipients >= DEFAULT_K) continue;
		others.sentRecipients += count.sentRecipients;
		others.confirmed += count.confirmed;
		others.hidden += count.hidden;
	}
	large.sort(([a, one], [b, two]) => two.sentRecipients - one.sentRecipients || (a < b ? -1 : 1));
	const rest = others.sentRecipients >= DEFAULT_K ? [[null, others] as const] : [];
	return [...large, ...rest].map(([domain, count]) => ({ domain, rates: openRates(count) }));
}

const NOBODY: RateCounts = { sentRecipients: 0, confirmed: 0, hidden: 0 };
