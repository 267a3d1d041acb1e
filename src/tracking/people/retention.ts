import { DateTime } from 'luxon';

/** Kinds of data that live for different times. */
export const DATA_CLASSES = [
	'raw-request',
	'open',
	'last-open-day',
	'consent-proof',
	'denylist',
	'aggregate',
] as const;
export type DataClass = (typeof DATA_CLASSES)[number];

/** Days or calendar months, `keep` for no end, `never` for what is not stored at all. */
export type RetentionPeriod = { days: number } | { months: number } | 'keep' | 'never';
export type RetentionConfig = Readonly<Record<DataClass, RetentionPeriod>>;

/** What the time runs from, and why the default is what it is. */
const FACTS: Readonly<Record<DataClass, { counts: string; because: string }>> = {
	'raw-request': {
		counts: 'the request',
		because: 'address and user agent are reduced before anything is stored',
	},
	open: { counts: 'the open', because: 'a campaign is judged within a quarter' },
	'last-open-day': {
		counts: 'the last open',
		because: 'a year without an open is what list hygiene asks about',
	},
	'consent-proof': {
		counts: 'the end of the consent',
		because:
			'the sender has to prove consent (GDPR Art. 7(1)) until claims are barred, in France after ' +
			'5 years (Code civil, art. 2224)',
	},
	denylist: {
		counts: 'the erasure',
		because: 'emails already sent keep asking for their pixel; a keyed hash names nobody',
	},
	aggregate: { counts: 'the count', because: 'counts name nobody' },
};

export const DEFAULT_RETENTION: RetentionConfig = {
	'raw-request': 'never',
	open: { days: 90 },
	'last-open-day': { months: 12 },
	'consent-proof': { months: 60 },
	denylist: 'keep',
	aggregate: 'keep',
};

/** What to do with one class of data at one moment. */
export interface RetentionStep {
	dataClass: DataClass;
	action: 'delete' | 'keep' | 'never-stored';
	/** Delete what is older; `null` when nothing is to be deleted */
	deleteBefore: Date | null;
	/** The time runs from this */
	countsFrom: string;
	/** The period in words, for reports */
	period: string;
	because: string;
}

/**
 * Works out what has passed its time. Pure: a store runs the steps, or counts them in a dry run.
 *
 * `consent-proof` must be applied to consents that ended before `deleteBefore`, never to one in
 * force, whatever its age.
 *
 * @throws when a period is not a positive whole number, or raw requests are to be kept
 */
export function retentionPlan(config: RetentionConfig, now: Date): RetentionStep[] {
	return DATA_CLASSES.map((dataClass) => {
		const period = config[dataClass];
		const { counts, because } = FACTS[dataClass];
		const step = { dataClass, countsFrom: counts, because };
		if (period === 'never') {
			return { ...step, action: 'never-stored', deleteBefore: null, period: 'not stored' };
		}
		if (dataClass === 'raw-request') {
			throw new Error('Raw requests cannot be kept. Set the period of "raw-request" to "never".');
		}
		if (period === 'keep') {
			return { ...step, action: 'keep', deleteBefore: null, period: 'kept' };
		}
		const [unit, length] =
			'days' in period ? (['days', period.days] as const) : (['months', period.months] as const);
		if (!Number.isInteger(length) || length < 1) {
			throw new Error(
				`The period of "${dataClass}" is ${length} ${unit}. Use a whole number of at least 1.`,
			);
		}
		const end = DateTime.fromJSDate(now, { zone: 'utc' }).minus({ [unit]: length });
		// Opens go by whole days, which PostgreSQL drops at once.
		const deleteBefore = (dataClass === 'open' ? end.startOf('day') : end).toJSDate();
		return { ...step, action: 'delete', deleteBefore, period: `${length} ${unit}` };
	});
}
