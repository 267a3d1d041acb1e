import type { Context } from 'hono';

import type { Frame } from '../../reports/shown/frame';
import { knownZone } from '../../reports/shown/local-time';
import { periodOf, type Range } from '../../reports/shown/period';
import type { ApiDeps } from '../api-deps';
import { ApiError } from '../api-error';
import { rootOf } from './page-response';

/** What a reader chooses on one page and keeps on all. */
const CHOICES = ['tz', 'range', 'from', 'to', 'segment'];
const MAX_PAGE = 1_000_000;

/**
 * Where a page stands and what its reader chose.
 *
 * @param range the period of this page where none was chosen
 */
export function frameOf(c: Context, deps: Pick<ApiDeps, 'now' | 'timeZone'>, range?: Range): Frame {
	const now = deps.now();
	const timeZone = knownZone(c.req.query('tz'), deps.timeZone);
	const asked = {
		range: c.req.query('range') ?? range,
		from: c.req.query('from'),
		to: c.req.query('to'),
	};
	const chosen = CHOICES.flatMap((name) => {
		const value = c.req.query(name);
		return value === undefined || value === '' ? [] : [[name, value]];
	});
	return {
		now,
		timeZone,
		period: periodOf(asked, timeZone, now),
		root: rootOf(c),
		chosen: Object.fromEntries(chosen) as Record<string, string>,
	};
}

/** Which page of a list is asked for, from 1. @throws ApiError 400 for what is no page */
export function pageNumber(c: Context): number {
	const page = Number(c.req.query('page') ?? 1);
	if (Number.isInteger(page) && page >= 1 && page <= MAX_PAGE) return page;
	throw new ApiError(400, 'Page numbers are whole numbers from 1 up.');
}
