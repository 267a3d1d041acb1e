import type { INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { batchCalls } from '../../../src/async/batch-calls';
import type { Pixel } from '../../../src/storage/port/counts';
import { readText } from '../../shared/fields/check-fields';
import type { OperationContext } from './operation';

export const pixelIdProperty: INodeProperties = {
	displayName: 'Pixel ID',
	name: 'pixelId',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. 7c9e6679-7425-40de-944b-e07fc1f90ae7',
};

/** The pixel that the field names. @throws NodeOperationError for an ID that no pixel has */
export async function readPixel({ node, store, index }: OperationContext): Promise<Pixel> {
	const pixel = await store.getPixel(readText(node, pixelIdProperty.name, index));
	if (pixel === null) throw noSuchPixel({ node, index });
	return pixel;
}

/** The same for many items, whose questions go together. */
export function pixelReader({
	node,
	store,
}: Pick<OperationContext, 'node' | 'store'>): (index: number) => Promise<Pixel> {
	const find = batchCalls<string, Pixel | undefined>(async (ids) => {
		const found = await store.findPixels(ids);
		return ids.map((id) => found.get(id));
	});
	return async (index) => {
		const pixel = await find(readText(node, pixelIdProperty.name, index));
		if (pixel === undefined) throw noSuchPixel({ node, index });
		return pixel;
	};
}

/** What to say of an ID that no pixel has. */
export function noSuchPixel({
	node,
	index,
}: Pick<OperationContext, 'node' | 'index'>): NodeOperationError {
	return new NodeOperationError(node.getNode(), 'There is no pixel with this Pixel ID', {
		itemIndex: index,
		description:
			'List the pixels there are with Pixel → Get Many. A pixel that was deleted is not among them.',
	});
}
