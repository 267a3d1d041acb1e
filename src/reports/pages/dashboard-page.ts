import type { CampaignCounts, Pixel } from '../../storage/port/counts';
import type { Dashboard, TrackingStore } from '../../storage/port/tracking-store';
import type { WaitingReport } from '../../storage/port/waiting-report';
import type { OpenEvent } from '../../tracking/event/open-event';
import { render } from '../render';
import { shownDuration, shownTime, zoneNames } from './local-time';
import { offeredModes, type NewPixelForm } from './new-pixel-form';
import { opensChart } from './opens-chart';
import { bucketOpens, rangeLimits, RANGES, type Bucket, type Range } from './opens-over-time';
import { machineShare, shownActor, shownClient, shownCount, shownShare } from './shown-open';

const RECENT = 12;
const CAMPAIGNS = 25;
const PIXELS = 15;
/** Seconds after which the page loads itself again. */
export const REFRESH_SECONDS = 30;

/** What the reader asked to see, and what the forms need. */
export interface DashboardView {
	now: Date;
	timeZone: string;
	range: Range;
	/** Whether the page loads itself again every 30 seconds */
	live: boolean;
	/** Where the forms and log pages are, relative to this page; `null` for a page sent as a file */
	forms: { token: string } | null;
	/** The form for a new pixel, while it is open */
	newPixel: NewPixelForm | null;
	/** A pixel whose tracking link and embed code are shown */
	pixel: {
		name: string;
		trackingUrl: string;
		/** The query parameter that may name a reader; empty where none does */
		recipientParameter: string;
		embedCode: string;
	} | null;
	/** Something that was just done */
	notice: string | null;
	/** What is not in the store, and so not in the numbers */
	waiting: WaitingReport;
}

/** The dashboard as one page of HTML without scripts. Costs the same however many opens there are. */
export async function dashboardPage(store: TrackingStore, view: DashboardView): Promise<string> {
	const { range, timeZone, now } = view;
	const [dashboard, campaigns, { pixels }, samples, hours] = await Promise.all([
		store.getDashboard({ recentOpens: RECENT }),
		store.listCampaigns({ limit: CAMPAIGNS }),
		store.listPixels({ limit: PIXELS }),
		store.listPixels({ limit: 1, sample: true }),
		store.listOpensPerHour(rangeLimits(range, timeZone, now)),
	]);
	const names = await pixelNames(store, pixels, dashboard.recentOpens);
	const buckets = bucketOpens(hours, range, timeZone, now);
	return render('templates/dashboard', {
		view,
		title: 'Email opens',
		zones: zoneNames(),
		modes: view.newPixel && offeredModes(view.newPixel.ceiling),
		refresh: view.live ? REFRESH_SECONDS : null,
		ranges: Object.entries(RANGES).map(([value, { name }]) => ({ value, name })),
		rangeName: RANGES[range].name,
		bucketUnit: RANGES[range].unit === 'hour' ? 'Hour' : 'Day',
		updated: shownTime(now.toISOString(), timeZone, now),
		warnings: waitingWarnings(view),
		facts: facts(dashboard),
		buckets: buckets.map(shownBucket),
		chartSummary: chartSummary(buckets, RANGES[range].name),
		wideChart: opensChart(buckets, { width: 1040, height: 260 }),
		narrowChart: opensChart(buckets, { width: 350, height: 220 }),
		campaigns: campaigns.map((campaign) => shownCampaign(campaign, view)),
		pixels: pixels.map((pixel) => shownPixel(pixel, view)),
		recent: dashboard.recentOpens.map((open) => shownActivity(open, names, view)),
		hasSamples: samples.pixels.length > 0,
	});
}

async function pixelNames(
	store: TrackingStore,
	listed: readonly Pixel[],
	opens: readonly OpenEvent[],
): Promise<Map<string, string>> {
	const names = new Map(listed.map((pixel) => [pixel.id, pixel.name]));
	const missing = new Set(
		opens.flatMap(({ pixelId }) => pixelId ?? []).filter((id) => !names.has(id)),
	);
	await Promise.all(
		[...missing].map(async (id) => {
			const pixel = await store.getPixel(id);
			if (pixel) names.set(id, pixel.name);
		}),
	);
	return names;
}

/** What of the opens is missing on the page, and why. */
function waitingWarnings({ waiting: report, timeZone, now }: DashboardView): string[] {
	const { waiting, oldestAt, reason, refused } = report;
	const since = shownTime(oldestAt, timeZone, now);
	const lines: string[] = [];
	if (waiting > 0) {
		const from = since === null ? '' : ` since ${since.text}`;
		lines.push(
			`Not in these numbers: ${opensOf(waiting)} on disk, waiting for the store${from}. ${reason ?? 'The store is taking them.'}`,
		);
	}
	if (refused > 0) {
		lines.push(
			`Not in these numbers: ${opensOf(refused)} that the store can never take, kept on disk for 30 days. The log of n8n says why.`,
		);
	}
	return lines;
}

function opensOf(count: number): string {
	return count === 1 ? '1 open' : `${shownCount(count)} opens`;
}

/** The numbers at the top; each label is explained in docs/metrics.md. */
function facts({ totals, pixels, openedPixels, averageViewTimeMs }: Dashboard) {
	return [
		{
			label: 'Unique open rate',
			value: shownShare(totals.openRate),
			note:
				totals.openRate === null
					? 'no message is registered as sent'
					: `${shownCount(totals.openedOfSent)} of ${shownCount(totals.sentRecipients)} recipients`,
		},
		{
			label: 'Unique opens',
			value: shownCount(totals.uniqueOpens),
			note: 'recipients and single emails',
		},
		{ label: 'Opens', value: shownCount(totals.opens), note: 'counted loads' },
		{ label: 'Sent', value: shownCount(totals.sent), note: 'registered messages' },
		{
			label: 'Machine share',
			value: shownShare(machineShare(totals)),
			note: `${shownCount(totals.machineOpens)} loads, not counted`,
		},
		{
			label: 'Opened pixels',
			value: shownCount(openedPixels),
			note: `of ${shownCount(pixels)}`,
		},
		{
			label: 'Average view time',
			value: averageViewTimeMs === null ? '–' : shownDuration(averageViewTimeMs),
			note: 'per unique open',
		},
	];
}

function shownBucket(bucket: Bucket) {
	return {
		label: bucket.label,
		opens: shownCount(bucket.opens),
		uniqueOpens: shownCount(bucket.uniqueOpens),
		machineOpens: shownCount(bucket.machineOpens),
	};
}

function chartSummary(buckets: readonly Bucket[], rangeName: string): string {
	const sum = (key: 'opens' | 'machineOpens') =>
		buckets.reduce((total, bucket) => total + bucket[key], 0);
	const most = buckets.reduce((a, b) => (b.opens > a.opens ? b : a));
	const peak = most.opens > 0 ? ` Most opens: ${shownCount(most.opens)} at ${most.label}.` : '';
	return `${shownCount(sum('opens'))} opens and ${shownCount(sum('machineOpens'))} machine loads in the last ${rangeName}.${peak}`;
}

function shownCampaign(campaign: CampaignCounts, { timeZone, now }: DashboardView) {
	return {
		name: campaign.campaignId,
		sent: shownCount(campaign.sent),
		recipients: shownCount(campaign.recipients),
		uniqueOpens: shownCount(campaign.uniqueOpens),
		openRate: shownShare(campaign.openRate),
		opens: shownCount(campaign.opens),
		machineShare: shownShare(machineShare(campaign)),
		lastOpen: shownTime(campaign.lastOpenAt, timeZone, now),
	};
}

function shownPixel(pixel: Pixel, { timeZone, now }: DashboardView) {
	const { counts } = pixel;
	return {
		id: pixel.id,
		name: pixel.name,
		sample: pixel.sample,
		created: shownTime(pixel.createdAt, timeZone, now),
		recipients: shownCount(counts.recipients),
		uniqueOpens: shownCount(counts.uniqueOpens),
		opens: shownCount(counts.opens),
		machineOpens: shownCount(counts.machineOpens),
		viewTime: shownDuration(counts.viewTimeMs),
		lastOpen: shownTime(counts.lastOpenAt, timeZone, now),
	};
}

function shownActivity(
	open: OpenEvent,
	names: ReadonlyMap<string, string>,
	{ timeZone, now }: DashboardView,
) {
	const { pixelId } = open;
	const name = pixelId === null ? undefined : names.get(pixelId);
	return {
		time: shownTime(open.occurredAt, timeZone, now),
		name: name ?? open.campaignId ?? 'No pixel named',
		pixelId: name === undefined ? null : pixelId,
		client: shownClient(open),
		actor: shownActor(open),
	};
}
