import type { Probe } from '../../tracking/links/probe-link';
import { imagePathOf } from '../../tracking/receive/reported-tracker';
import { shownDuration, shownTime } from '../shown/local-time';
import { shownActor, shownClient } from '../shown/shown-open';
import { findingOf } from './finding-of';
import type { SetupFacts, SetupFinding } from './setup-facts';

const MINUTE_MS = 60_000;
/** How long an email may be on its way, and wait to be opened. */
const PATIENCE_MS = 30 * MINUTE_MS;
/** What an older one found may no longer be so. */
const OLD_MS = 7 * 24 * 60 * MINUTE_MS;
const MOST_SHOWN = 3;

/** What loaded the last email that the sender sent to themself. */
export function probeCheck(facts: SetupFacts): SetupFinding {
	const { ok, warning, notChecked } = findingOf('Probe email');
	const { probe, doors, checkedAt } = facts;
	if (doors === null) return notChecked('What loaded one cannot be asked while the store is away');
	if (probe === null) {
		return notChecked(
			'None was made yet',
			'Make one by Status → Create Probe Email of Open Tracking, send it to yourself, and open it',
		);
	}
	const ageMs = checkedAt.getTime() - Date.parse(probe.madeAt);
	const made = `The last one was made ${shownTime(probe.madeAt, 'UTC', checkedAt)?.ago}`;
	const loads = loadsInWords(facts, probe);
	const found = loads === null ? `${made}, and nothing has loaded its image` : `${made}. ${loads}`;
	if (ageMs > OLD_MS) return notChecked(found, 'Make a new one, and send it to yourself');
	const missing = probe.paths.filter((_, place) => !probe.loads.some((one) => one.place === place));
	if (missing.length === 0) return ok(found);
	if (loads !== null) {
		return warning(
			`${found} Not loaded: ${missing.join(', ')}`,
			'Look at Reached, and at whether its workflow is still published',
		);
	}
	return ageMs < PATIENCE_MS
		? notChecked(`${found} yet`, 'Open it, and let its images be shown')
		: warning(
				found,
				'Open it, and let its images be shown. Where it did not arrive, look at how you send; where they are shown, look at Public address and Reached',
			);
}

/** Each kind of load once, by image, in the order in which they came; `null` where there was none. */
function loadsInWords(
	{ doors }: Pick<SetupFacts, 'doors'>,
	{ madeAt, paths, loads }: Probe,
): string | null {
	const kinds = new Map<string, Probe['loads'][number]>();
	for (const load of loads) {
		const kind = JSON.stringify([load.place, load.actorReason, shownClient(load)]);
		if (!kinds.has(kind)) kinds.set(kind, load);
	}
	const shown = [...kinds.values()].slice(0, MOST_SHOWN);
	const sentences = paths.flatMap((path, place) => {
		const here = shown.filter((load) => load.place === place);
		if (here.length === 0) return [];
		const door = doors?.find((one) => imagePathOf(one) === path);
		const who = door === undefined ? `The workflow at ${path}` : `"${door.name}"`;
		return [...here.map((load) => loadInWords(load, madeAt)), `${who} answered.`];
	});
	if (sentences.length === 0) return null;
	const rest = kinds.size - MOST_SHOWN;
	return [...sentences, ...(rest > 0 ? [`Other kinds of loads: ${rest}.`] : [])].join(' ');
}

function loadInWords(load: Probe['loads'][number], madeAt: string): string {
	const laterMs = Math.max(0, Date.parse(load.at) - Date.parse(madeAt));
	const client = shownClient(load);
	const who = client === 'Not known' ? 'a program without a name' : client;
	const { counted, reason } = shownActor(load);
	const counts = counted ? 'counts as an open' : 'is no open';
	return `${shownDuration(laterMs)} later ${who} loaded it, which ${counts}: ${reason}.`;
}
