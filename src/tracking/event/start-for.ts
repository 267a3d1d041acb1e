import { isCounted, type OpenEvent } from './open-event';
import type { TrackingMode } from './tracking-mode';
import { MODE_STORES } from '../minimise/minimise-mode';

/** For which events a trigger starts its workflow. */
export type StartFor =
	| { choice: 'every' | 'counted' | 'firstOpen' }
	| { choice: 'afterQuietDays'; days: number };

export type StartForChoice = StartFor['choice'];

/** Whether a workflow starts for an event, as the store has it. */
export function startsFor(startFor: StartFor, event: OpenEvent): boolean {
	switch (startFor.choice) {
		case 'every':
			return true;
		case 'counted':
			return isCounted(event.actor);
		case 'firstOpen':
			return event.firstOpen === true;
		case 'afterQuietDays':
			return isCounted(event.actor) && (event.quietDays ?? -1) >= startFor.days;
	}
}

/** Whether events of this mode can ever start such a workflow: some keep too little to know. */
export function canBeKnown(choice: StartForChoice, mode: TrackingMode): boolean {
	const { keeps, fields } = MODE_STORES[mode];
	if (choice === 'every') return true;
	if (choice === 'counted') return keeps !== 'nothing';
	return fields.includes(choice === 'firstOpen' ? 'firstOpen' : 'quietDays');
}
