import { chanceOfAtMost, expectedFrom, median, type Expected } from './expected';

const HOUR_MS = 3_600_000;
/** Younger ones say too little, older ones were looked at before. */
const WATCHED_HOURS = { from: 3, to: 14 * 24 };
/** After this time hardly any opens come, so all later ages are alike. */
const SETTLED_HOURS = 72;
/** Fewer campaigns to compare with, or fewer people, make no expectation. */
const LEAST = { others: 5, people: 50, providerPeople: 30, loads: 50 };
/** How many robust standard deviations are out of the ordinary. */
const DEVIATIONS = 3.2;
/** However alike the others are, they may differ by this part of their middle. */
const ALIKE = 0.1;
/** An event of a chance as small as this is taken for no accident. */
const UNLIKELY = 1e-5;
/** Opens for which a silence is told of. */
const EXPECTED_IN_SILENCE = 12;

/** What is known of one campaign by now. */
export interface WatchedCampaign {
	campaignId: string;
	/** When its first message left */
	sentAt: Date;
	/** Recipients a message was sent to */
	people: number;
	/** Loads by full hour of age */
	ages: ReadonlyArray<{ hour: number; opens: number; uniqueOpens: number; machineOpens: number }>;
	/** Of each domain: recipients and those who opened; `null` where no addresses are known */
	providers: ReadonlyArray<{ domain: string; people: number; opened: number }> | null;
}

export type AnomalyKind =
	| 'moreOpens'
	| 'fewerOpens'
	| 'moreMachines'
	| 'providerSilent'
	| 'nothingArrives';

/** Something out of the ordinary. */
export interface Anomaly {
	kind: AnomalyKind;
	campaignId: string;
	/** Of `providerSilent` */
	domain: string | null;
	ageHours: number;
	/** What was seen, and what the other campaigns had at that age; parts of 1, or numbers of opens */
	seen: number;
	expected: number;
	/** What would not stand out; `null` of `providerSilent` and `nothingArrives` */
	usual: { low: number; high: number } | null;
	inWords: string;
}

/** What a check found. */
export interface AnomalyCheck {
	anomalies: Anomaly[];
	/** Campaigns that were looked at */
	watched: string[];
	/** Those of them with too few others, or people, to compare them with */
	notComparable: string[];
}

/**
 * Compares each campaign of the last two weeks with those before it, at the age that it has now.
 * Median and median deviation of the others say what is ordinary, so that one odd campaign among
 * them does no harm. What is found is out of the ordinary, which a subject line can be as well as a
 * fault: it is told, and nothing is done.
 *
 * @param campaigns in any order; what a campaign is compared with are the `others` latest before it
 */
export function checkCampaigns(
	campaigns: readonly WatchedCampaign[],
	now: Date,
	others = 20,
): AnomalyCheck {
	const check: AnomalyCheck = { anomalies: [], watched: [], notComparable: [] };
	const inOrder = [...campaigns].sort((a, b) => b.sentAt.getTime() - a.sentAt.getTime());
	for (const [index, campaign] of inOrder.entries()) {
		const age = ageOf(campaign, now);
		if (age < WATCHED_HOURS.from || age > WATCHED_HOURS.to) continue;
		check.watched.push(campaign.campaignId);
		const until = Math.min(age, SETTLED_HOURS);
		const before = inOrder
			.slice(index + 1)
			.filter((other) => other.people >= LEAST.people && ageOf(other, now) >= until)
			.slice(0, others);
		if (campaign.people < LEAST.people || before.length < LEAST.others) {
			check.notComparable.push(campaign.campaignId);
		} else {
			check.anomalies.push(...lookAt(campaign, before, until));
		}
	}
	return check;
}

function lookAt(
	campaign: WatchedCampaign,
	before: readonly WatchedCampaign[],
	age: number,
): Anomaly[] {
	const found = (
		kind: AnomalyKind,
		seen: number,
		expected: number,
		inWords: string,
		more: Partial<Pick<Anomaly, 'domain' | 'usual'>> = {},
	): Anomaly => ({
		kind,
		campaignId: campaign.campaignId,
		domain: null,
		ageHours: Math.floor(age),
		seen,
		expected,
		usual: null,
		inWords,
		...more,
	});
	const name = `Campaign ${campaign.campaignId}`;
	const rates = expectedFrom(before.map((other) => rateAt(other, age)));
	const silence = silentHours(campaign, before, age, rates.middle);
	if (silence !== null) {
		const hours = silence.hours >= Math.floor(age) ? 'at all' : `for ${silence.hours} hours`;
		return [
			found(
				'nothingArrives',
				0,
				silence.expected,
				`${name}: no load has come in ${hours}, not even by a machine, where about ${Math.round(silence.expected)} opens were to be expected. See whether the pixel can be reached.`,
			),
		];
	}
	const anomalies: Anomaly[] = [];
	const rate = rateAt(campaign, Infinity);
	const usual = usualOf(rates, campaign.people);
	if (rate < usual.low || rate > usual.high) {
		const more = rate > usual.high;
		anomalies.push(
			found(
				more ? 'moreOpens' : 'fewerOpens',
				rate,
				rates.middle,
				`${name}: ${percent(rate)} have opened after ${Math.floor(age)} hours, where ${percent(rates.middle)} is usual${inRange(usual)}. ${more ? 'See whether a scanner opens for many.' : 'See whether it went to spam, and whether images load.'}`,
				{ usual },
			),
		);
	}
	anomalies.push(...machines(campaign, before, age, found, name));
	// A campaign that does badly everywhere is told of once.
	const pace = rate < usual.low ? rate / rates.middle : 1;
	for (const { domain, people, opened } of campaign.providers ?? []) {
		if (people < LEAST.providerPeople) continue;
		const rest = before.flatMap((other) => {
			const same = other.providers?.find((one) => one.domain === domain);
			return same && same.people >= LEAST.providerPeople
				? [(same.opened / same.people) * shareBy(other, age)]
				: [];
		});
		if (rest.length < LEAST.others) continue;
		const expected = median(rest) * pace * people;
		if (opened > expected / 4 || chanceOfAtMost(opened, expected / 2) > UNLIKELY) continue;
		anomalies.push(
			found(
				'providerSilent',
				opened / people,
				expected / people,
				`${name}: of ${people} people at ${domain} ${opened} have opened, where about ${Math.round(expected)} is usual. See whether ${domain} takes your emails, or puts them into spam.`,
				{ domain },
			),
		);
	}
	return anomalies;
}

function machines(
	campaign: WatchedCampaign,
	before: readonly WatchedCampaign[],
	age: number,
	found: (
		kind: AnomalyKind,
		seen: number,
		expected: number,
		inWords: string,
		more: Pick<Anomaly, 'usual'>,
	) => Anomaly,
	name: string,
): Anomaly[] {
	const enough = before.filter((other) => loadsBy(other, age).all >= LEAST.loads);
	const { all, share } = loadsBy(campaign, Infinity);
	if (all < LEAST.loads || enough.length < LEAST.others) return [];
	const shares = expectedFrom(enough.map((other) => loadsBy(other, age).share));
	const usual = usualOf(shares, all);
	if (share <= usual.high) return [];
	return [
		found(
			'moreMachines',
			share,
			shares.middle,
			`${name}: ${percent(share)} of the loads are by machines, where ${percent(shares.middle)} is usual${inRange(usual)}. They count for no opens; see which reason stands behind them.`,
			{ usual },
		),
	];
}

/** Between which parts of some people nothing stands out. */
function usualOf({ middle, spread }: Expected, people: number): { low: number; high: number } {
	const byChance = (middle * (1 - middle)) / people;
	const deviation = Math.hypot(Math.max(spread, ALIKE * middle), Math.sqrt(byChance), 1e-3);
	const most = DEVIATIONS * deviation;
	return { low: Math.max(0, middle - most), high: Math.min(1, middle + most) };
}

function inRange({ low, high }: { low: number; high: number }): string {
	return ` and ${percent(low)} to ${percent(high)} would not stand out`;
}

/**
 * For how many full hours up to now not one load came, where that is no accident; `null` while loads
 * come.
 */
function silentHours(
	campaign: WatchedCampaign,
	before: readonly WatchedCampaign[],
	age: number,
	rate: number,
): { hours: number; expected: number } | null {
	const loaded = campaign.ages.filter(({ opens, machineOpens }) => opens + machineOpens > 0);
	const last = Math.max(-1, ...loaded.map(({ hour }) => hour));
	const from = last + 1;
	const hours = Math.floor(age) - from;
	if (hours <= 0 || age >= SETTLED_HOURS) return null;
	const missing = median(before.map((other) => rateAt(other, age) - rateAt(other, from)));
	// Where it did worse from the beginning, less is to be expected of the rest.
	const pace =
		from === 0 ? 1 : Math.min(1, rateAt(campaign, from) / Math.max(1e-9, rate - missing));
	const expected = missing * pace * campaign.people;
	return expected >= EXPECTED_IN_SILENCE ? { hours, expected } : null;
}

function ageOf({ sentAt }: WatchedCampaign, now: Date): number {
	return (now.getTime() - sentAt.getTime()) / HOUR_MS;
}

/** The part of the people who had opened at an age; of the hour that is under way, the part of it. */
function rateAt({ ages, people }: WatchedCampaign, age: number): number {
	const opened = ages.reduce((sum, { hour, uniqueOpens }) => {
		return sum + uniqueOpens * Math.min(1, Math.max(0, age - hour));
	}, 0);
	return opened / people;
}

/** Of all who ever opened, the part who had at an age. */
function shareBy(campaign: WatchedCampaign, age: number): number {
	const all = rateAt(campaign, Infinity);
	return all === 0 ? 1 : rateAt(campaign, age) / all;
}

function loadsBy({ ages }: WatchedCampaign, age: number): { all: number; share: number } {
	const young = ages.filter(({ hour }) => hour < age);
	const machine = young.reduce((sum, { machineOpens }) => sum + machineOpens, 0);
	const all = young.reduce((sum, { opens }) => sum + opens, machine);
	return { all, share: all === 0 ? 0 : machine / all };
}

function percent(part: number): string {
	return `${(part * 100).toFixed(part < 0.1 ? 1 : 0)} %`;
}
