import { parseArgs } from 'node:util';

import { DEFAULT_ASSUMPTIONS, planCapacity, type CapacityAssumptions } from './capacity';

const OPTIONS: Record<keyof CapacityAssumptions, [option: string, help: string]> = {
	mailsPerDay: ['mails-per-day', 'Emails sent in a day'],
	loadsPerMail: ['loads-per-mail', 'Loads of the pixel per email, people and machines'],
	busiestHourShare: ['busiest-hour-share', "Part of a day's loads in its busiest hour"],
	peakFactor: ['peak-factor', 'Busiest second of that hour, in averages of it'],
	collectorPerSecond: ['collector-per-second', 'Loads one collector answers, logged on disk'],
	headroom: ['headroom', 'Part of that one plans to use'],
	storePerSecond: ['store-per-second', 'Opens one store takes, in batches'],
	bytesPerEvent: ['bytes-per-event', 'Bytes of one event in the log'],
};
const NAMES = Object.keys(OPTIONS) as Array<keyof CapacityAssumptions>;

/**
 * The command `capacity`: the arithmetic from emails per day to machines, with every assumption
 * shown and changeable.
 *
 * @returns the exit code: 0, or 2 for wrong arguments
 */
export function capacity(args: readonly string[]): number {
	let assumptions: CapacityAssumptions;
	try {
		const { values } = parseArgs({
			args: [...args],
			options: {
				...Object.fromEntries(NAMES.map((name) => [OPTIONS[name][0], { type: 'string' as const }])),
				help: { type: 'boolean' as const },
			},
		});
		if ('help' in values && values.help) {
			process.stdout.write(help());
			return 0;
		}
		const given = values as Record<string, string | undefined>;
		assumptions = Object.fromEntries(
			NAMES.map((name) => [name, Number(given[OPTIONS[name][0]] ?? DEFAULT_ASSUMPTIONS[name])]),
		) as unknown as CapacityAssumptions;
		process.stdout.write(report(assumptions));
		return 0;
	} catch (error) {
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
		return 2;
	}
}

function help(): string {
	const lines = NAMES.map((name) => {
		const [option, text] = OPTIONS[name];
		return `  --${`${option} <n>`.padEnd(27)}${text} (${DEFAULT_ASSUMPTIONS[name]})`;
	});
	return `Usage: n8n-nodes-email-open-tracking capacity [options]\n\nWorks out from the emails of a day how many collectors and how much disk they need.\n\n${lines.join('\n')}\n  --help                       Show this text\n\nExample: n8n-nodes-email-open-tracking capacity --mails-per-day 20000000\n`;
}

function report(assumptions: CapacityAssumptions): string {
	const plan = planCapacity(assumptions);
	const number = (value: number) => Math.round(value).toLocaleString('en-US');
	const row = (label: string, value: string) => `  ${label.padEnd(50)} ${value.padStart(16)}`;
	const drain = plan.drainSeconds === null ? 'never' : `${number(plan.drainSeconds / 60)} min`;
	return [
		'Assumed',
		...NAMES.map((name) => row(OPTIONS[name][1], assumptions[name].toLocaleString('en-US'))),
		'',
		'So',
		row('Loads per day', number(plan.loadsPerDay)),
		row('Loads per second, on average', number(plan.averagePerSecond)),
		row('Loads per second, at the peak', number(plan.peakPerSecond)),
		row('Collectors', number(plan.collectors)),
		row('Opens waiting after the busiest hour', number(plan.backlogAfterBusiestHour)),
		row('Until the store has them', drain),
		row(
			'Log per collector, also for an hour without store',
			`${(plan.logBytesPerCollector / 1e9).toLocaleString('en-US', { maximumSignificantDigits: 2 })} GB`,
		),
		row('For that, --max-log-gib or Log Size Limit (GB)', number(plan.logLimitGib)),
		'',
	].join('\n');
}
