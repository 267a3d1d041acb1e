import type { LinkClicks } from '../../storage/port/answers-store';
import { reasonsInWords } from '../shown/shown-clicks';

/** The columns of an export of links. */
export const LINK_COLUMNS = [
	'position',
	'label',
	'site',
	'page',
	'people',
	'clicks',
	'machineClicks',
	'machineReasons',
	'clicksRead',
] as const;

/** One link as the values of {@link LINK_COLUMNS}; reasons in words. */
export function linkRow(link: LinkClicks): Array<string | number | null> {
	return LINK_COLUMNS.map((name) =>
		name === 'machineReasons' ? reasonsInWords(link.machineReasons) : link[name],
	);
}
