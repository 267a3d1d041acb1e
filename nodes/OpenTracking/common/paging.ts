import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

/** The largest page the store gives out. */
const PAGE = 1000;

export const pagingProperties: INodeProperties[] = [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 50,
		displayOptions: { show: { returnAll: [false] } },
		description: 'Max number of results to return',
	},
];

/** Reads pages of the store until there is no more, or as much as the user's limit allows. */
export async function readPages<T>(
	node: IExecuteFunctions,
	index: number,
	readPage: (request: {
		limit: number;
		cursor?: string;
	}) => Promise<{ entries: T[]; nextCursor: string | null }>,
): Promise<T[]> {
	const returnAll = node.getNodeParameter('returnAll', index) as boolean;
	let wanted = returnAll
		? Number.POSITIVE_INFINITY
		: (node.getNodeParameter('limit', index) as number);
	const entries: T[] = [];
	let cursor: string | undefined;
	do {
		const page = await readPage({ limit: Math.min(wanted, PAGE), cursor });
		for (const entry of page.entries) entries.push(entry);
		wanted -= page.entries.length;
		cursor = page.nextCursor ?? undefined;
	} while (cursor && wanted > 0);
	return entries;
}
