import type { MachineLoads, MailboxProvider, ProgramCount } from '../../storage/port/answers-store';
import { ACTOR_NAMES, reasonText, shownClient, shownCount, shownShare } from '../shown/shown-open';
import { intervalText } from '../shown/shown-rates';
import type { Table } from '../shown/table';

/** With which programs and on which devices people read. */
export function programTable(programs: readonly ProgramCount[]): Table {
	const all = programs.reduce((sum, { opens }) => sum + opens, 0);
	return {
		caption: 'Opens by email client, system and device',
		columns: [
			{ name: 'Loaded with', kind: 'name' },
			{ name: 'Opens', kind: 'num' },
			{ name: 'Share of opens', kind: 'num' },
			{ name: 'Recipients', kind: 'num' },
		],
		rows: programs.map(({ family, os, device, opens, people }) => [
			{ text: shownClient({ client: { family, os, device } }) },
			{ text: shownCount(opens) },
			{ text: shownShare(all === 0 ? null : opens / all) },
			{ text: shownCount(people) },
		]),
		empty: 'No open yet that says what it was read with.',
	};
}

/** The rates at each mailbox provider with at least ten people. */
export function providerTable(providers: readonly MailboxProvider[]): Table {
	return {
		caption: 'Open rates by mailbox provider',
		columns: [
			{ name: 'Mailbox provider', kind: 'name' },
			{ name: 'Recipients', kind: 'num' },
			{ name: 'Confirmed', kind: 'num' },
			{ name: 'Likely', kind: 'num' },
			{ name: 'Possible', kind: 'num' },
		],
		rows: providers.map(({ domain, rates }) => [
			{ text: domain ?? 'Domains with fewer than ten people' },
			{ text: shownCount(rates.sentRecipients) },
			{ text: shownShare(rates.confirmed.rate) },
			{ text: shownShare(rates.likely.rate), sub: intervalText(rates) },
			{ text: shownShare(rates.possible.rate) },
		]),
		empty: 'There are fewer than ten people with an address, so none is shown.',
	};
}

/** Why loads were taken for those of machines. */
export function machineTable(machineLoads: readonly MachineLoads[]): Table {
	return {
		caption: 'Machine loads by reason',
		columns: [
			{ name: 'Loaded by', kind: 'full' },
			{ name: 'Machine loads', kind: 'num' },
		],
		rows: machineLoads.map(({ actor, reason, loads }) => [
			{
				actor: {
					name: ACTOR_NAMES[actor],
					counted: false,
					reason: reason === null ? '' : reasonText(reason),
				},
			},
			{ text: shownCount(loads) },
		]),
		empty: 'No machine has loaded it.',
	};
}
