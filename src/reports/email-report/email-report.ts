import { DateTime } from 'luxon';

import type { CampaignCounts } from '../../storage/port/counts';
import type { TrackingStore } from '../../storage/port/tracking-store';
import { rateDifference } from '../../tracking/counters/open-rates';
import { DEFAULT_K } from '../../tracking/minimise/k-anonymity';
import { barsImage } from '../charts/bars-image';
import { chartOf } from '../charts/opens-over-time';
import { anomaliesInsight, sentCampaigns } from '../insights/anomalies-insight';
import { CAUTION } from '../insights/uncertainty';
import { render } from '../render';
import { periodOf, type Buckets } from '../shown/period';
import { clickFacts, hasClicks } from '../shown/shown-clicks';
import { machineShare, shownCount, shownShare } from '../shown/shown-open';
import { intervalText, rateFacts } from '../shown/shown-rates';
import { periodNumbers, type PeriodNumbers } from './period-numbers';
import { reportText, type ReportFigure, type ShownReport } from './report-text';

/** How many campaigns the report has room for. */
const MOST_CAMPAIGNS = 5;
/** Twice the size at which it is shown, so that it is sharp on dense screens. */
const CHART = { width: 1104, height: 320 };
/** With more days than that, the numbers below the chart are those of weeks. */
const MOST_DAYS_NAMED = 14;

/** How many whole days a report can be about. */
export const REPORT_DAYS = [7, 14, 28] as const;

/** An email about opens. Nobody is named in it. */
export interface EmailReport {
	subject: string;
	html: string;
	text: string;
	/** A PNG; the HTML shows it as `cid:` and the name that was given */
	chart: Buffer;
	/** The days that it is about, YYYY-MM-DD, the first and the last */
	days: { first: string; last: string };
	/** How many things are out of the ordinary */
	unusual: number;
}

/**
 * What happened in the last whole days, against as many before them, as an email of tables, inline
 * styles and one image, which every email program shows.
 *
 * @param chartName by which the HTML names the image, as an email does: `cid:` and the name
 */
export async function emailReport(
	store: TrackingStore,
	{
		now,
		timeZone,
		days,
		chartName,
	}: { now: Date; timeZone: string; days: number; chartName: string },
): Promise<EmailReport> {
	const today = DateTime.fromJSDate(now, { zone: timeZone }).startOf('day');
	const dayBefore = (count: number) => today.minus({ days: count }).toFormat('yyyy-MM-dd');
	const spanOf = (first: number, last: number) =>
		periodOf({ from: dayBefore(first), to: dayBefore(last) }, timeZone, now);
	const period = spanOf(days, 1);
	const sent = await sentCampaigns(store);
	const numbers = await periodNumbers(store, sent, period);
	const earlier = await periodNumbers(store, sent, spanOf(2 * days, days + 1));
	const check = await anomaliesInsight(store, sent, now);
	const unusual = check.anomalies.length;
	const report: ShownReport = {
		title: 'Email opens',
		span: `${period.words}, ${timeZone}`,
		before: `${days} days before`,
		rates: beside(rateFigures(numbers), rateFigures(earlier)),
		rateRemarks: rateRemarks(numbers, earlier, days),
		loads: beside(loadFigures(numbers), loadFigures(earlier)),
		chart: chartOf(numbers.buckets, period.words).summary,
		bars: shownBars(numbers.buckets),
		campaigns: campaignTable(numbers.campaigns),
		unusual: check.inWords.split('\n'),
		rights: beside(rightsFigures(numbers), rightsFigures(earlier)),
		caution: CAUTION,
	};
	return {
		subject: [
			`Email opens ${period.words}: ${headline(numbers)}`,
			...(unusual > 0 ? [unusual === 1 ? 'one thing unusual' : `${unusual} things unusual`] : []),
		].join(', '),
		html: render('email-report/email-report', { ...report, chartName }),
		text: reportText(report),
		chart: barsImage(numbers.buckets.list, CHART),
		days: period.days,
		unusual,
	};
}

type Figure = Omit<ReportFigure, 'before'>;

function beside(figures: readonly Figure[], earlier: readonly Figure[]): ReportFigure[] {
	return figures.map((figure) => ({
		...figure,
		before: earlier.find(({ label }) => label === figure.label)?.value ?? '–',
	}));
}

function rateFigures({ campaigns, rates, clicks }: PeriodNumbers): Figure[] {
	const ofCampaigns = campaigns.length === 1 ? '1 campaign' : `${campaigns.length} campaigns`;
	return [
		{
			label: 'Sent',
			value: shownCount(rates.sentRecipients),
			note: `recipients of ${ofCampaigns}`,
		},
		...rateFacts(rates),
		...clickFacts(clicks),
	];
}

function rateRemarks(numbers: PeriodNumbers, earlier: PeriodNumbers, days: number): string[] {
	const { smallCampaigns: small, runningCampaigns: running } = numbers;
	return [
		`Of the campaigns whose first message left in these days, as they stand now. Those before had ${days} days more to be opened.`,
		...differenceInWords(numbers, earlier),
		...(small === 0
			? []
			: [
					`${small === 1 ? 'One campaign is' : `${small} campaigns are`} left out, because fewer than ${DEFAULT_K} recipients are noted of ${small === 1 ? 'it' : 'each'}.`,
				]),
		...(running === 0
			? []
			: [
					`${running === 1 ? 'One campaign' : `${running} campaigns`} that began before and still went out ${running === 1 ? 'is' : 'are'} in the opens below, not in these rates.`,
				]),
	];
}

function differenceInWords({ rates }: PeriodNumbers, earlier: PeriodNumbers): string[] {
	const counts = ({ confirmed, likely }: typeof rates) =>
		[confirmed.recipients, likely.visible] as const;
	const difference = rateDifference(counts(rates), counts(earlier.rates));
	if (difference === null) return [];
	const { low, high } = difference;
	if (low <= 0 && high >= 0) {
		return ['The difference between the likely rate and the one before may be chance.'];
	}
	const points = [low, high].map((bound) => Math.round(100 * Math.abs(bound)));
	return [
		`The likely rate is ${Math.min(...points)} to ${Math.max(...points)} percentage points ${low > 0 ? 'higher' : 'lower'} than before, at 95 % confidence, which chance alone hardly explains.`,
	];
}

function loadFigures({ loads }: PeriodNumbers): Figure[] {
	return [
		{ label: 'Opens', value: shownCount(loads.opens), note: 'loads that count, of all emails' },
		{ label: 'Machine loads', value: shownCount(loads.machineOpens), note: 'not counted' },
		{ label: 'Machine share', value: shownShare(machineShare(loads)), note: 'of all loads' },
	];
}

function rightsFigures({ rights }: PeriodNumbers): Figure[] {
	return [
		{ label: 'Erasures', value: shownCount(rights.erasures), note: 'of all that was kept' },
		{
			label: 'Withdrawals',
			value: shownCount(rights.withdrawals),
			note: 'people who took back a consent',
		},
	];
}

function shownBars({ list }: Buckets): ShownReport['bars'] {
	const width = list.length > MOST_DAYS_NAMED ? 7 : 1;
	return Array.from({ length: Math.ceil(list.length / width) }, (_, index) => {
		const days = list.slice(index * width, (index + 1) * width);
		const sum = (key: 'opens' | 'machineOpens') =>
			shownCount(days.reduce((all, day) => all + day[key], 0));
		const label = [...new Set([days[0].label, days[days.length - 1].label])].join(' to ');
		return { label, opens: sum('opens'), machineOpens: sum('machineOpens') };
	});
}

function campaignTable(campaigns: readonly CampaignCounts[]): ShownReport['campaigns'] {
	const withClicks = hasClicks(campaigns);
	const more = campaigns.length - MOST_CAMPAIGNS;
	return {
		columns: ['Sent', 'Confirmed', 'Likely', 'Possible', ...(withClicks ? ['Clicked'] : [])],
		rows: campaigns.slice(0, MOST_CAMPAIGNS).map(({ campaignId, rates, clickRates }) => ({
			name: campaignId,
			cells: [
				shownCount(rates.sentRecipients),
				shownShare(rates.confirmed.rate),
				rates.likely.rate === null
					? 'nobody can be seen'
					: `${shownShare(rates.likely.rate)} (${intervalText(rates)})`,
				shownShare(rates.possible.rate),
				...(withClicks ? [shownShare(clickRates?.clicked.rate ?? null)] : []),
			],
		})),
		remark:
			campaigns.length === 0
				? 'No campaign began in these days.'
				: more > 0
					? `The ${MOST_CAMPAIGNS} with the most confirmed recipients; ${more} more began in these days.`
					: 'Most confirmed recipients first.',
	};
}

function headline({ rates, loads }: PeriodNumbers): string {
	if (rates.likely.rate === null) {
		return loads.opens === 1 ? '1 open' : `${shownCount(loads.opens)} opens`;
	}
	return `${shownShare(rates.likely.rate)} likely open rate`;
}
