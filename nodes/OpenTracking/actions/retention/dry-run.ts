import { retentionPlan } from '../../../../src/tracking/people/retention';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';
import { periodsProperty, readPeriods } from './periods';

export const dryRunRetention: Operation = {
	value: 'dryRun',
	name: 'Dry Run',
	action: 'Count what has passed its time',
	description: 'Count what a run with these periods would delete, and delete nothing',
	properties: [periodsProperty],
	async execute({ node, store, index }) {
		const plan = retentionPlan(readPeriods(node, index), new Date());
		const counts = await store.applyRetention(plan, { dryRun: true });
		return toItems(counts.map((count) => ({ ...count, dryRun: true })));
	},
};
