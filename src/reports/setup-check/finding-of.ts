import type { SetupFinding } from './setup-facts';

type Bound<R extends SetupFinding['result']> = (
	found: string,
	...todo: R extends 'ok' | 'not checked' ? [string?] : [string]
) => SetupFinding;

/** The four results that a check can give, each with its name. */
export function findingOf(check: string): {
	ok: Bound<'ok'>;
	warning: Bound<'warning'>;
	problem: Bound<'problem'>;
	notChecked: Bound<'not checked'>;
} {
	const give = (result: SetupFinding['result']) => (found: string, todo?: string) => ({
		check,
		result,
		found,
		todo: todo ?? null,
	});
	return {
		ok: give('ok'),
		warning: give('warning'),
		problem: give('problem'),
		notChecked: give('not checked'),
	};
}
