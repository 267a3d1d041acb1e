import { EMPTY_GROUP, EMPTY_RECIPIENT, opensOf } from '../../tracking/counters/tally';
import type { PixelTally } from '../../tracking/counters/tally';
import { normalId } from '../../tracking/people/normal-id';
import { isoOf, toGroupCounts, toOpenCounts } from '../counters/counts-view';
import { readPixelSums, readRecipientTallies } from '../counters/read-tallies';
import { pixelParent, textOfKey } from '../counters/tally-key';
import { readSums, rowsOf } from '../counters/sums';
import { toPixelTally } from '../counters/tally-rows';
import { timeOf } from '../database/checked-input';
import { chunks } from '../database/chunks';
import { checkLimit } from '../database/cursor';
import type { Reader } from '../database/store-database';
import type { Scope } from '../database/store-schema';
import { listOpens } from '../opens/list-opens';
import { namesOfEach } from '../people/names';
import { StoreError } from '../port/store-error';
import type { CampaignCounts, OpensPerHour } from '../port/counts';
import type { Dashboard, HoursRequest, OpenStatus, StatusRequest } from '../port/tracking-store';

const READ_ROWS = 1000;

/**
 * The status of each recipient, by their id or address, or of each pixel, in the order of the
 * requests: reads by keys.
 */
export async function listStatuses(
	db: Reader,
	requests: readonly StatusRequest[],
): Promise<Array<OpenStatus | null>> {
	const pixels = requests.flatMap(({ pixelId, recipientId }) =>
		recipientId === undefined ? [pixelId] : [],
	);
	const people = requests.flatMap(({ recipientId }) => recipientId ?? []);
	const names = await namesOfEach(db, people);
	const namesOf = (recipientId: string) => names.get(normalId(recipientId)) ?? [];
	const recipients = requests.flatMap(({ pixelId, recipientId }) =>
		recipientId === undefined
			? []
			: namesOf(recipientId).map((name) => ({ parent: pixelParent(pixelId), recipientId: name })),
	);
	const sums = await readPixelSums(db, pixels);
	const tallies = await readRecipientTallies(db, recipients);
	const days = await readLastDays(db, recipients);
	return requests.map(({ pixelId, recipientId }) => {
		if (recipientId === undefined) {
			const tally = sums.get(pixelId);
			if (tally === undefined) return null;
			return {
				...toOpenCounts(tally),
				opened: opensOf(tally) > 0,
				clicked: tally.clicks > 0,
				lastOpenDay: null,
			};
		}
		const own = namesOf(recipientId);
		const parent = pixelParent(pixelId);
		const [known] = own.flatMap(
			(name) => tallies.get(textOfKey({ parent, recipientId: name })) ?? [],
		);
		const lastOpenDay =
			own
				.flatMap((name) => days.get(name) ?? [])
				.sort()
				.at(-1) ?? null;
		if (known === undefined && lastOpenDay === null) return null;
		const tally = known ?? EMPTY_RECIPIENT;
		const opened = tally.firstOpenAt !== null;
		return { ...toOpenCounts(tally), opened, clicked: tally.clicks > 0, lastOpenDay };
	});
}

async function readLastDays(
	db: Reader,
	recipients: ReadonlyArray<{ recipientId: string }>,
): Promise<Map<string, string>> {
	const days = new Map<string, string>();
	const ids = [...new Set(recipients.map(({ recipientId }) => recipientId))];
	for (const part of chunks(ids, READ_ROWS)) {
		const rows = await db
			.selectFrom('last_open_days')
			.selectAll()
			.where('recipient_id', 'in', part)
			.execute();
		for (const { recipient_id, day } of rows) days.set(recipient_id, day);
	}
	return days;
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

export function toCampaign(campaignId: string, tally: PixelTally): CampaignCounts {
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
