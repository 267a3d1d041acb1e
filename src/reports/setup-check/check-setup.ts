import { addressCheck, filterListCheck } from './address-checks';
import { certificateCheck, clockCheck, reachedCheck } from './answer-checks';
import { doorChecks } from './door-checks';
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

/** What an error says of itself ends with a period already. */
function sentence(text: string): string {
	return text.endsWith('.') ? text : `${text}.`;
}
