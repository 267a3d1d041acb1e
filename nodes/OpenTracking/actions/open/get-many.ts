import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import type { OpenFilter, TrackingStore } from '../../../../src/storage/port/tracking-store';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { simpleOpen } from '../../../../src/tracking/event/simple-open';
import { readText } from '../../../shared/fields/check-fields';
import { readSimplify, simplifyProperty } from '../../../shared/fields/simplify';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';
import { pagingProperties, readPages } from '../../common/paging';
import { openFilterProperty, readOpenFilter } from './filter';

const orderProperty: INodeProperties = {
	displayName: 'Order',
	name: 'openOrder',
	type: 'options',
	options: [
		{
			name: 'Newest First',
			value: 'newest',
			description: 'By the time of the load',
		},
		{
			name: 'As Stored',
			value: 'stored',
			description:
				'What was stored since the run before, however late it came in: for a schedule that copies opens elsewhere',
		},
	],
	default: 'newest',
};

const cursorProperty: INodeProperties = {
	displayName: 'Since Cursor',
	name: 'openCursor',
	type: 'string',
	default: '',
	displayOptions: { show: { openOrder: ['stored'] } },
	description:
		'The field "cursor" of the last item of the run before; empty for all that is stored. An open comes again when its label changed.',
};

export const getManyOpens: Operation = {
	value: 'getMany',
	name: 'Get Many',
	action: 'Get many opens',
	description: 'List recorded opens, newest first or as they were stored',
	properties: [
		orderProperty,
		cursorProperty,
		...pagingProperties,
		simplifyProperty,
		{ ...openFilterProperty, displayOptions: { show: { openOrder: ['newest'] } } },
	],
	async execute({ node, store, index }) {
		const shown = readSimplify(node, index) ? simpleOpen : (open: OpenEvent) => ({ ...open });
		if (node.getNodeParameter('openOrder', index) === 'stored') {
			const { opens, cursor } = await readStored(node, store, index);
			return toItems(opens.map((open) => ({ ...shown(open), cursor })));
		}
		const filter: OpenFilter = readOpenFilter(node, index);
		const opens = await readPages(node, index, async (request) => {
			const page = await store.listOpens({ ...filter, ...request });
			return { entries: page.opens, nextCursor: page.nextCursor };
		});
		return toItems(opens.map(shown));
	},
};

/** Opens in the order of storing, and where to go on after them. */
async function readStored(node: IExecuteFunctions, store: TrackingStore, index: number) {
	let end: string | undefined = readText(node, 'openCursor', index) || undefined;
	const opens = await readPages(node, index, async ({ limit }) => {
		const page = await store.listStoredOpens({ limit, cursor: end });
		end = page.cursor ?? undefined;
		// Clicks are stored in the same order.
		const entries = page.opens.filter(({ event }) => event === 'open');
		return { entries, nextCursor: page.hasMore ? page.cursor : null };
	});
	return { opens, cursor: end ?? null };
}
