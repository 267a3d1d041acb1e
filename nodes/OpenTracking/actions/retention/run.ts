import { retentionPlan } from '../../../../src/tracking/people/retention';
import { scrubWaitingOpens } from '../../../shared/receive/waiting-opens';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';
import { periodsProperty, readPeriods } from './periods';

export const runRetention: Operation = {
	value: 'run',
	name: 'Run',
	action: 'Delete what has passed its time',
	description: 'Delete what is older than its period, and say how much of what; cannot be undone',
	properties: [periodsProperty],
	async execute({ node, store, index }) {
		const now = new Date();
		const config = readPeriods(node, index);
		const plan = retentionPlan(config, now);
		// The privacy report prints the periods that are really in use.
		await store.savePart({
			kind: 'retention',
			id: 'retention',
			name: 'Retention',
			settings: { ...config },
		});
		await store.destroyOldKeys(now);
		const counts = await store.applyRetention(plan, { dryRun: false });
		await scrubWaitingOpens();
		return toItems(counts.map((count) => ({ ...count, dryRun: false })));
	},
};
