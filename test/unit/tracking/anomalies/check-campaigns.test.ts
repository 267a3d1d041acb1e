import {
	checkCampaigns,
	type AnomalyKind,
	type WatchedCampaign,
} from '../../../../src/tracking/anomalies/check-campaigns';
import { chanceOfAtMost, expectedFrom } from '../../../../src/tracking/anomalies/expected';
import { dice } from '../../../support/sample-store';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1, 9);
const CAMPAIGNS = 200;
const PROVIDERS = { 'gmail.com': 0.45, 'yahoo.com': 0.2, 'outlook.com': 0.25, 'icloud.com': 0.1 };
/** What is wrong with every fifth campaign from the twenty-first on, in turn. */
const FAULTS: Array<{ kind: AnomalyKind; what: string }> = [
	{ kind: 'moreOpens', what: 'a scanner that nobody knows opens for many' },
	{ kind: 'fewerOpens', what: 'two thirds went to spam' },
	{ kind: 'moreMachines', what: 'a security program loads each email four times' },
	{ kind: 'providerSilent', what: 'one mailbox provider takes none' },
	{ kind: 'nothingArrives', what: 'the address of the pixel does not answer from the start' },
	{ kind: 'nothingArrives', what: 'it stops to answer after six hours' },
];

interface Load {
	/** Hours since the campaign was sent */
	at: number;
	machine: boolean;
	first: boolean;
	domain: string;
}

interface Simulated {
	campaignId: string;
	sentAt: Date;
	people: Map<string, number>;
	loads: Load[];
	fault: (typeof FAULTS)[number] | null;
}

/** One campaign a day: people differ by size, interest and how quickly they read. */
function simulate(seed: number): Simulated[] {
	const roll = dice(seed);
	const random = () => roll(2 ** 32) / 2 ** 32;
	const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
	return Array.from({ length: CAMPAIGNS }, (_, index) => {
		const isFaulty = index >= 20 && index % 5 === 0;
		const fault = isFaulty ? FAULTS[(index / 5) % FAULTS.length] : null;
		const size = Math.round(Math.exp(Math.log(1200) + 0.7 * normal()));
		const interest = Math.min(0.7, Math.max(0.08, 0.34 + 0.04 * normal()));
		const halfLife = 5 * Math.exp(0.15 * normal());
		const machineShare = Math.max(0.02, 0.15 + 0.025 * normal());
		const people = new Map<string, number>();
		const loads: Load[] = [];
		for (const [domain, share] of Object.entries(PROVIDERS)) {
			const count = Math.round(size * share);
			people.set(domain, count);
			// Most images for iCloud are loaded by Apple, which hides who opens.
			const hides = domain === 'icloud.com' ? 0.15 : 1;
			const isSilent = fault?.kind === 'providerSilent' && domain === 'yahoo.com';
			for (let person = 0; person < count; person++) {
				const factor = { moreOpens: 2, fewerOpens: 1 / 3 }[String(fault?.kind)] ?? 1;
				const opens = !isSilent && random() < interest * hides * factor;
				const after = () => (-Math.log(1 - random()) * halfLife) / Math.LN2;
				if (opens) {
					const at = after();
					loads.push({ at, machine: false, first: true, domain });
					if (random() < 0.3)
						loads.push({ at: at + after(), machine: false, first: false, domain });
				}
				const visits = fault?.kind === 'moreMachines' ? 4 : 1;
				for (let visit = 0; visit < visits; visit++) {
					if (!isSilent && random() < machineShare * 0.4) {
						loads.push({ at: random() * 2, machine: true, first: false, domain });
					}
				}
			}
		}
		const ends = { [FAULTS[4].what]: 0, [FAULTS[5].what]: 6 }[String(fault?.what)] ?? Infinity;
		return {
			campaignId: `c-${index}`,
			sentAt: new Date(START + index * 24 * HOUR + Math.floor(random() * 8) * HOUR),
			people,
			loads: loads.filter(({ at }) => at < ends),
			fault,
		};
	});
}

/** What the store would say of it at a time. */
function seenAt({ campaignId, sentAt, people, loads }: Simulated, now: Date): WatchedCampaign {
	const age = (now.getTime() - sentAt.getTime()) / HOUR;
	const until = loads.filter(({ at }) => at <= age);
	const ages = new Map<number, { opens: number; uniqueOpens: number; machineOpens: number }>();
	for (const { at, machine, first } of until) {
		const hour = ages.get(Math.floor(at)) ?? { opens: 0, uniqueOpens: 0, machineOpens: 0 };
		ages.set(Math.floor(at), hour);
		hour.opens += Number(!machine);
		hour.machineOpens += Number(machine);
		hour.uniqueOpens += Number(first);
	}
	return {
		campaignId,
		sentAt,
		people: [...people.values()].reduce((sum, count) => sum + count, 0),
		ages: [...ages].map(([hour, counts]) => ({ hour, ...counts })),
		providers: [...people].map(([domain, count]) => ({
			domain,
			people: count,
			opened: until.filter((load) => load.first && load.domain === domain).length,
		})),
	};
}

/** Checks every night, as the workflow does, and says what was told of each campaign. */
function everyNight(campaigns: readonly Simulated[]): Map<string, Set<AnomalyKind>> {
	const told = new Map<string, Set<AnomalyKind>>();
	for (let night = 20; night < CAMPAIGNS + 3; night++) {
		const now = new Date(START + night * 24 * HOUR + 19 * HOUR);
		const sent = campaigns.filter(({ sentAt }) => sentAt <= now).slice(-40);
		for (const { campaignId, kind } of checkCampaigns(
			sent.map((campaign) => seenAt(campaign, now)),
			now,
		).anomalies) {
			told.set(campaignId, (told.get(campaignId) ?? new Set()).add(kind));
		}
	}
	return told;
}

describe('checking campaigns for what is out of the ordinary', () => {
	it('finds the known faults of 200 simulated campaigns, with few false alarms', () => {
		let faults = 0;
		let found = 0;
		let sound = 0;
		const falseAlarms: string[] = [];
		const missed: string[] = [];
		for (const seed of [1, 2, 3]) {
			const campaigns = simulate(seed);
			const told = everyNight(campaigns);
			for (const { campaignId, fault } of campaigns.slice(20)) {
				const kinds = [...(told.get(campaignId) ?? [])];
				if (fault === null) {
					sound += 1;
					if (kinds.length > 0) falseAlarms.push(`${seed}/${campaignId}: ${kinds.join(', ')}`);
				} else {
					faults += 1;
					if (kinds.includes(fault.kind)) found += 1;
					else missed.push(`${seed}/${campaignId}: ${fault.what} (${kinds.join(', ')})`);
				}
			}
		}
		process.stdout.write(
			`Anomalies: found ${found} of ${faults} faults, ${falseAlarms.length} false alarms in ${sound} sound campaigns\n${[...missed, ...falseAlarms].join('\n')}\n`,
		);
		// Nothing finds all: a small campaign that reads slowly looks like a larger one in spam.
		expect(found / faults).toBeGreaterThanOrEqual(0.95);
		expect(falseAlarms.length / sound).toBeLessThanOrEqual(0.01);
	});

	it('says of whom nothing can be said', () => {
		const [first] = simulate(4);
		const now = new Date(first.sentAt.getTime() + 24 * HOUR);
		const old = { ...seenAt(first, now), campaignId: 'old', sentAt: new Date(START - 900 * HOUR) };
		expect(checkCampaigns([seenAt(first, now), old], now)).toEqual({
			anomalies: [],
			watched: ['c-0'],
			notComparable: ['c-0'],
		});
	});
});

describe('what is expected', () => {
	it('is not moved by a few odd values', () => {
		expect(expectedFrom([3, 1, 2])).toEqual({ middle: 2, spread: 1.4826 });
		expect(expectedFrom([1, 2, 3, 4]).middle).toBe(2.5);
		expect(expectedFrom([2, 2, 2, 900])).toEqual({ middle: 2, spread: 0 });
	});

	it('makes few events unlikely where many are', () => {
		expect(chanceOfAtMost(0, 2)).toBeCloseTo(Math.exp(-2), 12);
		expect(chanceOfAtMost(2, 2)).toBeCloseTo(5 * Math.exp(-2), 12);
		expect(chanceOfAtMost(50, 2)).toBeCloseTo(1, 12);
	});
});
