import type { Finding } from './finding';
import { isSetupChange, type ReportChange } from './report-facts';

/** What a report is boiled down to for an email that carries it. */
export interface ReportInWords {
	subject: string;
	inWords: string;
}

/**
 * What changed since the report of an earlier month and what needs attention, as text. That nothing
 * changed is said as well.
 *
 * @param comparedWith the earlier month; `null` where there is none
 */
export function reportInWords(report: {
	month: string;
	comparedWith: string | null;
	changes: readonly ReportChange[];
	findings: readonly Finding[];
}): ReportInWords {
	const { month, comparedWith, changes, findings } = report;
	const settings = changes.filter(isSetupChange);
	const numbers = changes.filter((change) => !isSetupChange(change));
	const news =
		comparedWith === null
			? 'the first one'
			: settings.length > 0
				? `${counted(settings.length, 'setting')} changed`
				: numbers.length > 0
					? 'no setting changed'
					: 'nothing changed';
	const parts =
		comparedWith === null
			? [['What changed', 'There is no report of an earlier month to compare this one with.']]
			: [
					[
						`Settings that changed since ${comparedWith}`,
						...listOf(settings.map(changeInWords), 'None.'),
					],
					[
						`Numbers that changed since ${comparedWith}`,
						...listOf(numbers.map(changeInWords), 'None.'),
					],
				];
	const attention = findings.map(({ about, finding, todo }) => `${about}: ${finding}. ${todo}.`);
	return {
		subject: `Privacy report ${month}: ${news}`,
		inWords: [...parts, ['What needs attention', ...listOf(attention, 'Nothing.')]]
			.map((lines) => lines.join('\n'))
			.join('\n\n'),
	};
}

function listOf(lines: readonly string[], none: string): string[] {
	return lines.length === 0 ? [none] : lines.map((line) => `- ${line}`);
}

function counted(count: number, one: string): string {
	return `${count} ${count === 1 ? one : `${one}s`}`;
}

function changeInWords(change: ReportChange): string {
	const { about, what, before, now } = change;
	if (change.change === 'added') return `${about} is new (${now})`;
	if (change.change === 'removed') return `${about} is gone (${before})`;
	const point = isSetupChange(change) ? `${about}, ${what}` : what;
	return `${point}: ${now ?? 'nothing'}, before ${before ?? 'nothing'}`;
}
