import type { ReportedTracker } from '../../tracking/receive/reported-tracker';
import { ownRule, tracksPeople } from '../privacy-report/door-findings';
import { findingOf } from './finding-of';
import type { SetupFacts, SetupFinding } from './setup-facts';

const CHECK = 'Published workflows';
const { ok, warning, problem, notChecked } = findingOf(CHECK);

/** Whether places where opens come in are published, and agree with each other. */
export function doorChecks({ doors, store }: Pick<SetupFacts, 'doors' | 'store'>): SetupFinding[] {
	if (doors === null)
		return [notChecked('What is published cannot be asked while the store is away')];
	if (doors.length === 0) {
		return [
			problem(
				'None is published in which opens come in',
				'Publish one, for example Record email opens. One behind a Webhook node of n8n is known from its first open',
			),
		];
	}
	const clicks = 'value' in store ? store.value.clicks : 0;
	const findings = [
		differentConsent(doors),
		differentModes(doors),
		differentLinks(doors),
		lostClicks(doors, clicks),
	].filter((finding) => finding !== null);
	if (findings.length > 0) return findings;
	const names = doors.map(({ name }) => `"${name}"`).join(', ');
	return [ok(doors.length === 1 ? `${names} is published` : `They agree: ${names}`)];
}

function differentConsent(doors: readonly ReportedTracker[]): SetupFinding | null {
	const people = doors.filter(tracksPeople);
	return differing(people, ownRule, ([one, other]) => {
		const asks = ownRule(one) === 'consent-required' ? one : other;
		const others = asks === one ? other : one;
		return warning(
			`"${asks.name}" records people once they consented, "${others.name}" until they object: which of them holds depends on the link`,
			'Set both to the same consent, or unpublish one',
		);
	});
}

function differentModes(doors: readonly ReportedTracker[]): SetupFinding | null {
	return differing(
		doors,
		({ mode }) => mode,
		([one, other]) =>
			warning(
				`"${one.name}" keeps opens in mode ${one.mode}, "${other.name}" in mode ${other.mode}: what is kept of a person depends on the link`,
				'Set both to the same tracking mode, or unpublish one',
			),
	);
}

/** Two places of the same purpose that differ in something, if there are. */
function differing(
	doors: readonly ReportedTracker[],
	by: (door: ReportedTracker) => unknown,
	say: (two: [ReportedTracker, ReportedTracker]) => SetupFinding | null,
): SetupFinding | null {
	for (const one of doors) {
		const other = doors.find((door) => door.purpose === one.purpose && by(door) !== by(one));
		if (other !== undefined) return say([one, other]);
	}
	return null;
}

function differentLinks(doors: readonly ReportedTracker[]): SetupFinding | null {
	// Of others, an import is among them, which has no address to be loaded.
	const triggers = doors.filter(({ path }) => path !== undefined);
	const signed = triggers.find(({ signedOnly }) => signedOnly);
	const plain = triggers.find(({ signedOnly }) => !signedOnly);
	if (signed === undefined || plain === undefined) return null;
	return warning(
		`"${signed.name}" takes signed links only, but "${plain.name}" takes a plain ID: there anybody can still record an open for somebody else`,
		'Switch Signed Links Only on in both',
	);
}

function lostClicks(doors: readonly ReportedTracker[], clicks: number): SetupFinding | null {
	if (clicks === 0 || doors.some((door) => door.clicks)) return null;
	return problem(
		'Clicks were recorded, and no published workflow follows tracked links any more: those in emails that are out lead to a page that says 404',
		'Switch Track Clicks on in a published Email Open Trigger, with the same path',
	);
}
