import { addressCheck, filterListCheck } from './address-checks';
import { certificateCheck, clockCheck, reachedCheck } from './answer-checks';
import { doorChecks } from './door-checks';
import { probeCheck } from './probe-check';
import { expressionEngineCheck, proxyHopsCheck } from './process-checks';
import type { SetupFacts, SetupFinding } from './setup-facts';
import { keysCheck, storeCheck } from './store-checks';

/** What all checks of a setup gave. */
export interface SetupCheck {
	checkedAt: string;
	problems: number;
	warnings: number;
	/** Problems first, each with what to do */
	inWords: string;
	checks: SetupFinding[];
}

/** Checks a setup by what was found out about it. */
export function checkSetup(facts: SetupFacts): SetupCheck {
	const checks = [
		addressCheck(facts),
		reachedCheck(facts),
		certificateCheck(facts),
		filterListCheck(facts),
		proxyHopsCheck(facts),
		expressionEngineCheck(facts),
		storeCheck(facts),
		keysCheck(facts),
		clockCheck(facts),
		...doorChecks(facts),
		probeCheck(facts),
	];
	const of = (result: SetupFinding['result']) => checks.filter((check) => check.result === result);
	const [problems, warnings, unchecked] = [of('problem'), of('warning'), of('not checked')];
	const lines = [
		...[...problems, ...warnings].map(
			({ check, found, todo }) => `${check}: ${sentence(found)} ${sentence(todo ?? '')}`,
		),
		...(problems.length + warnings.length === 0 ? ['Nothing is wrong with what was checked.'] : []),
		...(unchecked.length > 0
			? [`Not checked: ${unchecked.map(({ check }) => check).join(', ')}.`]
			: []),
	];
	return {
		checkedAt: facts.checkedAt.toISOString(),
		problems: problems.length,
		warnings: warnings.length,
		inWords: lines.join('\n'),
		checks,
	};
}

/**
 * What is broken, as a text that stays the same as long as the same things are: what was found may hold
 * numbers that grow.
 */
export function brokenParts({ checks }: Pick<SetupCheck, 'checks'>): string {
	const broken = checks.filter(({ result }) => result === 'problem');
	return JSON.stringify(broken.map(({ check, todo }) => [check, todo]));
}

/** A finding as a sentence. What an error says of itself ends with a period already. */
export function sentence(text: string): string {
	return text.endsWith('.') ? text : `${text}.`;
}
