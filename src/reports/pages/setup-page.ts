import { render } from '../render';
import { sentence, type SetupCheck } from '../setup-check/check-setup';
import type { SetupFinding } from '../setup-check/setup-facts';
import type { Frame } from '../shown/frame';
import { shownTime } from '../shown/local-time';
import { pageData } from './page-data';

/** The results as the page names them, in the order in which it shows them. */
const STATES = {
	problem: { name: 'Broken', tone: 'broken' },
	warning: { name: 'Warning', tone: 'doubtful' },
	'not checked': { name: 'Could not be checked', tone: 'open' },
	ok: { name: 'Fine', tone: 'fine' },
} satisfies Record<SetupFinding['result'], object>;

/** What the checks of the setup gave, what is broken first, as HTML without scripts. */
export function setupPage({ checks, checkedAt, ...counts }: SetupCheck, frame: Frame): string {
	return render('templates/setup', {
		...pageData(frame, { title: 'Setup', here: 'setup' }),
		checkedAt: shownTime(checkedAt, frame.timeZone, frame.now),
		words: wordsOf(counts),
		checks: Object.entries(STATES).flatMap(([result, state]) =>
			checks
				.filter((one) => one.result === result)
				.map(({ check, found, todo }) => ({
					check,
					found: sentence(found),
					todo: todo === null ? null : sentence(todo),
					state,
				})),
		),
	});
}

function wordsOf({ problems, warnings }: Pick<SetupCheck, 'problems' | 'warnings'>): string {
	const counted = (count: number, one: string) =>
		count === 0 ? [] : [`${count} ${count === 1 ? one : `${one}s`}`];
	const found = [...counted(problems, 'problem'), ...counted(warnings, 'warning')];
	return found.length === 0 ? 'Nothing is wrong with what was checked' : found.join(' and ');
}
