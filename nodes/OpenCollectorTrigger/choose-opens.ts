import type { ITriggerFunctions } from 'n8n-workflow';

import type { logSource } from '../../src/collector/consume/log-source';
import { asStored, checkedOpen, domainMarks } from '../../src/intake/record-together';
import { startsFor } from '../../src/tracking/start/start-for';
import { readStartFor } from '../shared/fields/start-for';
import { openStoreWithKeys } from '../shared/installation/signing';

/**
 * Chooses the opens that the workflow is to start for. What came before an open the store alone knows,
 * so they are recorded first: those that the store has by now stay as they are. While it is away, the
 * batch waits.
 */
export function chooserOf(context: ITriggerFunctions): Parameters<typeof logSource>[2] {
	const startFor = readStartFor(context);
	if (startFor.choice === 'every') return undefined;
	return async (records) => {
		const { store, keyRing } = await openStoreWithKeys(context);
		const opens = records.map(({ open, burst }) =>
			checkedOpen({ event: open, load: burst }, keyRing),
		);
		const { knowledge } = await store.recordUnlessErased(opens, { markOf: domainMarks(keyRing) });
		return asStored(opens, knowledge).filter((open) => startsFor(startFor, open));
	};
}
