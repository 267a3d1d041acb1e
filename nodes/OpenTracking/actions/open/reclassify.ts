import type { Relabel } from '../../../../src/storage/port/tracking-store';
import { burstFeatures } from '../../../../src/tracking/bursts/burst-rules';
import { classifyFeatures } from '../../../../src/tracking/classify/classify-load';
import { CURRENT_RULES } from '../../../../src/tracking/classify/classify-rules';
import type { Operation } from '../../common/operation';
import { openFilterProperty, readOpenFilter } from './filter';

const BATCH = 500;

export const reclassifyOpens: Operation = {
	value: 'reclassify',
	name: 'Reclassify',
	action: 'Reclassify opens',
	description: 'Judge recorded opens again by the current rules; counters follow',
	properties: [openFilterProperty],
	async execute({ node, store, index }) {
		let read = 0;
		let relabeled = 0;
		let batch: Relabel[] = [];
		const flush = async () => {
			if (batch.length > 0) relabeled += (await store.relabelOpens(batch)).relabeled;
			batch = [];
		};
		for await (const open of store.streamOpens(readOpenFilter(node, index))) {
			read += 1;
			// Opens that another system reported come with its label and without features.
			if (open.features.length === 0) continue;
			const { actor, actorReason, rulesVersion } = classifyFeatures([
				...open.features,
				...burstFeatures(open.actorReason),
			]);
			if (actor === open.actor && actorReason === open.actorReason) continue;
			batch.push({ eventId: open.eventId, actor, actorReason, rulesVersion });
			if (batch.length === BATCH) await flush();
		}
		await flush();
		return [{ json: { read, relabeled, rulesVersion: CURRENT_RULES.version } }];
	},
};
