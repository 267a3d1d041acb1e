import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { DEFAULT_RETENTION, type RetentionConfig } from '../../../../src/tracking/people/retention';

interface Periods {
	aggregateMonths?: number;
	consentProofMonths?: number;
	denylistMonths?: number;
	lastOpenMonths?: number;
	openDays?: number;
}

const period = (
	displayName: string,
	name: string,
	value: number,
	description: string,
): INodeProperties => ({
	displayName,
	name,
	type: 'number',
	typeOptions: { minValue: 0 },
	default: value,
	description,
});

export const periodsProperty: INodeProperties = {
	displayName: 'Periods',
	name: 'periods',
	type: 'collection',
	placeholder: 'Add period',
	default: {},
	description:
		'Left alone: opens 90 days, day of the last open 12 months, proof of consent 60 months after its end, the rest is kept. 0 means kept without end.',
	options: [
		period('Counts per Hour (Months)', 'aggregateMonths', 0, 'Counts that name nobody'),
		period('Day of Last Open (Months)', 'lastOpenMonths', 12, 'Counted from the last open'),
		period(
			'Erased People (Months)',
			'denylistMonths',
			0,
			'The keyed hashes that keep old pixels silent',
		),
		period(
			'Opens (Days)',
			'openDays',
			90,
			'Single opens, and recipients without a younger open or email',
		),
		period(
			'Proof of Consent (Months)',
			'consentProofMonths',
			60,
			'Counted from the end of the consent; an objection stays',
		),
	],
};

/** The periods as the user set them, over the defaults. */
export function readPeriods(node: IExecuteFunctions, index: number): RetentionConfig {
	const set = node.getNodeParameter('periods', index, {}) as Periods;
	const months = (value: number | undefined, name: keyof RetentionConfig) =>
		value === undefined ? DEFAULT_RETENTION[name] : value === 0 ? 'keep' : { months: value };
	return {
		...DEFAULT_RETENTION,
		open:
			set.openDays === undefined
				? DEFAULT_RETENTION.open
				: set.openDays === 0
					? 'keep'
					: { days: set.openDays },
		'last-open-day': months(set.lastOpenMonths, 'last-open-day'),
		'consent-proof': months(set.consentProofMonths, 'consent-proof'),
		denylist: months(set.denylistMonths, 'denylist'),
		aggregate: months(set.aggregateMonths, 'aggregate'),
	};
}
