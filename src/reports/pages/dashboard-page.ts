import type { Dashboard, TrackingStore } from '../../storage/port/tracking-store';
import type { WaitingReport } from '../../storage/port/waiting-report';
import { clicksInWords } from '../../tracking/counters/click-rates';
import { ratesInWords } from '../../tracking/counters/open-rates';
import { render } from '../render';
import { linkTo, type Frame } from '../shown/frame';
import { bestHours } from '../charts/hours-chart';
import { shownDuration, shownTime } from '../shown/local-time';
import { opensOverTime } from '../charts/opens-over-time';
import type { Period } from '../shown/period';
import { clickFacts, hasClicks } from '../shown/shown-clicks';
import { machineShare, shownCount, shownShare } from '../shown/shown-open';
import { campaignTable, pixelTable } from '../shown/list-tables';
import { rateFacts } from '../shown/shown-rates';
import { isClick, namesIn, openTable } from '../shown/open-table';
import { offeredModes, type NewPixelForm } from './new-pixel-form';
import { pageData } from './page-data';

const RECENT = 12;
const CAMPAIGNS = 10;
const PIXELS = 10;

/** What the reader asked to see, and what the forms need. */
export interface DashboardView extends Frame {
	/** Whether the figures of the last hour are shown, which update themselves */
	live: boolean;
	/** What the forms carry; `null` for a page sent as a file */
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
	/** Addresses that leave an open when they are loaded, for a store that has none yet */
	tryUrls: readonly string[];
}

/** The dashboard as one page of HTML without scripts. Costs the same however many opens there are. */
export async function dashboardPage(store: TrackingStore, view: DashboardView): Promise<string> {
	const { period, timeZone, now } = view;
	const span = period.range === 'all' ? {} : { from: period.from, to: period.to };
	const [dashboard, campaigns, { pixels }, samples, hours, recent] = await Promise.all([
		store.getDashboard({ recentOpens: 1 }),
		store.listCampaigns({ limit: CAMPAIGNS }),
		store.listPixels({ limit: PIXELS }),
		store.listPixels({ limit: 1, sample: true }),
		store.listOpensPerHour({ from: period.from, to: period.to }),
		store.listOpens({ limit: RECENT, event: 'any', ...span }),
	]);
	const { sum, chart } = opensOverTime(hours, period);
	const isEmpty = dashboard.pixels === 0 && dashboard.totals.lastLoadAt === null;
	return render('templates/dashboard', {
		...pageData(view, { title: 'Email opens', here: 'dashboard' }),
		modes: view.newPixel && offeredModes(view.newPixel.ceiling),
		updated: shownTime(now.toISOString(), timeZone, now),
		warnings: waitingWarnings(view),
		isEmpty,
		facts: periodFacts(sum, period),
		allTime: allTimeFacts(dashboard),
		rateWords: ratesInWords(dashboard.totals.rates),
		clicks: clickFacts(dashboard.totals),
		clickWords: hasClicks([dashboard.totals]) ? clicksInWords(dashboard.totals.clickRates) : null,
		withClicks: recent.opens.some(isClick),
		chart,
		hours: sum.opens > 0 ? bestHours(hours, timeZone) : null,
		campaigns: campaignTable(campaigns, view),
		pixels: pixelTable(pixels, view),
		recent: openTable(recent.opens, await namesIn(store, recent.opens), view),
		hasSamples: samples.pixels.length > 0,
		more: {
			newPixel: linkTo(view, 'dashboard', { new: '' }),
			campaigns: linkTo(view, 'campaigns'),
			pixels: linkTo(view, 'pixels'),
			opens: linkTo(view, 'opens'),
			again: linkTo(view, 'dashboard', { live: view.live ? 'on' : null }),
			live: linkTo(view, 'dashboard', { live: view.live ? null : 'on' }),
			liveFigures: linkTo(view, 'dashboard/live'),
		},
	});
}

/** What of the opens is missing on the page, and why. */
function waitingWarnings({ waiting: report, timeZone, now }: DashboardView): string[] {
	const { waiting, oldestAt, reason, unfinished, refused } = report;
	const since = shownTime(oldestAt, timeZone, now);
	const lines: string[] = [];
	if (waiting > 0) {
		const from = since === null ? '' : ` since ${since.text}`;
		lines.push(
			`Not in these numbers: ${opensOf(waiting)} on disk, waiting for the store${from}. ${reason ?? 'The store is taking them.'}`,
		);
	}
	if (unfinished > 0) {
		lines.push(
			`Perhaps not in these numbers: ${opensOf(unfinished)} on disk, not through the workflow yet. It gets them again by itself; where it fails, its executions say why.`,
		);
	}
	if (refused > 0) {
		lines.push(
			`Not in these numbers: ${opensOf(refused)} that the store or the workflow does not take, kept on disk for 30 days. The log of n8n says why.`,
		);
	}
	return lines;
}

function opensOf(count: number): string {
	return count === 1 ? '1 open' : `${shownCount(count)} opens`;
}

/** What happened in the period; each label is explained in docs/metrics.md. */
function periodFacts(
	sum: { opens: number; uniqueOpens: number; machineOpens: number },
	{ words }: Period,
) {
	return [
		{ label: 'Opens', value: shownCount(sum.opens), note: words },
		{
			label: 'First opens',
			value: shownCount(sum.uniqueOpens),
			note: 'recipients and single emails',
		},
		{ label: 'Machine loads', value: shownCount(sum.machineOpens), note: 'not counted' },
		{ label: 'Machine share', value: shownShare(machineShare(sum)), note: 'of all loads' },
	];
}

/** What the counters know since the first open. */
function allTimeFacts({ totals, pixels, openedPixels, averageViewTimeMs }: Dashboard) {
	const facts = [
		...rateFacts(totals.rates),
		{ label: 'Sent', value: shownCount(totals.sent), note: 'registered messages' },
		{
			label: 'Unique opens',
			value: shownCount(totals.uniqueOpens),
			note: 'recipients and single emails',
		},
		{ label: 'Opened pixels', value: shownCount(openedPixels), note: `of ${shownCount(pixels)}` },
	];
	if (totals.viewTimeMs > 0 && averageViewTimeMs !== null) {
		const value = shownDuration(averageViewTimeMs);
		facts.push({ label: 'Average view time', value, note: 'per unique open' });
	}
	return facts;
}
