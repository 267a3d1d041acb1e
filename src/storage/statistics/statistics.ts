import { EMPTY_GROUP, EMPTY_RECIPIENT, opensOf } from '../../tracking/counters/tally';
import type { PixelTally } from '../../tracking/counters/tally';
import { isoOf, toGroupCounts, toOpenCounts } from '../counters/counts-view';
import { pixelParent } from '../counters/place';
import { readSums, rowsOf } from '../counters/sums';
import { toPixelTally, toRecipientTally } from '../counters/tally-rows';
import { timeOf } from '../database/checked-input';
import { checkLimit } from '../database/cursor';
import type { Reader } from '../database/store-database';
import type { Scope } from '../database/store-schema';
import { listOpens } from '../opens/list-opens';
import { listNames } from '../people/names';
import { StoreError } from '../port/store-error';
import type {
	CampaignCounts,
	Dashboard,
	HoursRequest,
	OpenStatus,
	OpensPerHour,
} from '../port/tracking-store';

/** The status of a recipient, by their id or address, or of a pixel: reads by keys. */
export async function getStatus(
	db: Reader,
	request: { pixelId: string; recipientId?: string },
): Promise<OpenStatus | null> {
	const { pixelId, recipientId } = request;
	if (recipientId === undefined) {
		const tally = await readSums(db, 'pixel', pixelId);
		if (tally === null) return null;
		return { ...toOpenCounts(tally), opened: opensOf(tally) > 0, lastOpenDay: null };
	}
	const names = (await listNames(db, recipientId)).map(({ name }) => name);
	const rows = await db
		.selectFrom('recipient_tallies')
		.selectAll()
		.where('parent', '=', pixelParent(pixelId))
		.where('recipient_id', 'in', names)
		.execute();
	const row = rows.find((one) => one.recipient_id === names[0]) ?? rows[0];
	const days = await db
		.selectFrom('last_open_days')
		.select('day')
		.where('recipient_id', 'in', names)
		.orderBy('day', 'desc')
		.limit(1)
		.execute();
	const day = days[0];
	if (row === undefined && day === undefined) return null;
	const tally = row === undefined ? EMPTY_RECIPIENT : toRecipientTally(row);
	const opened = tally.firstOpenAt !== null;
	return { ...toOpenCounts(tally), opened, lastOpenDay: day?.day ?? null };
}

/** Totals and the latest opens: reads by primary key and the end of one index. */
export async function getDashboard(db: Reader, recentOpens = 10): Promise<Dashboard> {
	const total = (await readSums(db, 'total', '')) ?? EMPTY_GROUP;
	const { opens } = await listOpens(db, { limit: recentOpens });
	return {
		totals: toGroupCounts(total),
		pixels: total.pixels,
		openedPixels: total.openedPixels,
		averageViewTimeMs: total.uniqueOpens === 0 ? null : total.viewTimeMs / total.uniqueOpens,
		recentOpens: opens,
	};
}

/** Counters per campaign, most recently loaded first. */
export async function listCampaigns(
	db: Reader,
	request: { limit: number; offset?: number },
): Promise<CampaignCounts[]> {
	const { limit, offset = 0 } = request;
	checkLimit(limit);
	const rows = await db
		.selectFrom('tallies')
		.selectAll()
		.where('scope', '=', 'campaign')
		.orderBy('last_load_at', (order) => order.desc().nullsLast())
		.orderBy('scope_id')
		.limit(limit)
		.offset(offset)
		.execute();
	return rows.map((row) => toCampaign(row.scope_id, toPixelTally(row)));
}

/** One campaign's counters, `null` when nothing is known of it. */
export async function getCampaign(db: Reader, campaignId: string): Promise<CampaignCounts | null> {
	const tally = await readSums(db, 'campaign', campaignId);
	return tally === null ? null : toCampaign(campaignId, tally);
}

function toCampaign(campaignId: string, tally: PixelTally): CampaignCounts {
	return { campaignId, ...toGroupCounts(tally), pixels: tally.pixels };
}

/** Opens over time, from the hourly counters. */
export async function listOpensPerHour(db: Reader, request: HoursRequest): Promise<OpensPerHour[]> {
	const { pixelId, campaignId, from, to } = request;
	if (pixelId !== undefined && campaignId !== undefined) {
		throw new StoreError('invalid', 'Give a pixel id or a campaign id, not both.');
	}
	const scope: Scope =
		pixelId !== undefined ? 'pixel' : campaignId !== undefined ? 'campaign' : 'total';
	const rows = await db
		.selectFrom('hourly')
		.select('hour')
		.select(({ fn }) => [
			fn.sum<number>('opens').as('opens'),
			fn.sum<number>('unique_opens').as('unique_opens'),
			fn.sum<number>('machine_opens').as('machine_opens'),
		])
		.where('scope', '=', scope)
		.where('scope_id', 'in', rowsOf(scope, pixelId ?? campaignId ?? ''))
		.where('hour', '>=', timeOf(from, 'start'))
		.where('hour', '<', timeOf(to, 'end'))
		.groupBy('hour')
		.orderBy('hour')
		.execute();
	const hours = rows.map((row) => ({
		hour: isoOf(row.hour),
		// PostgreSQL's sum of 64-bit numbers is a decimal, which arrives as text.
		opens: Number(row.opens),
		uniqueOpens: Number(row.unique_opens),
		machineOpens: Number(row.machine_opens),
	}));
	// One part of the total may have lost what another one had.
	return hours.filter((row) => row.opens !== 0 || row.uniqueOpens !== 0 || row.machineOpens !== 0);
}
