import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';

import type { ChoiceRequest } from '../../../src/storage/port/answers-store';
import { toNodeError } from '../each-item';
import { openTrackingStore } from './store';

const PAGE = 100;

function searchOf(of: ChoiceRequest['of']) {
	return async function (
		this: ILoadOptionsFunctions,
		filter?: string,
		paginationToken?: string,
	): Promise<INodeListSearchResult> {
		const offset = Number(paginationToken ?? 0);
		try {
			const store = await openTrackingStore(this);
			const request = { of, search: filter?.trim(), limit: PAGE, offset };
			const { rows, hasMore } = await store.listChoices(request);
			return {
				results: rows.map(({ id, name }) => ({ name, value: id })),
				...(hasMore && { paginationToken: String(offset + PAGE) }),
			};
		} catch (error) {
			throw toNodeError(this, error, 0);
		}
	};
}

/** What the lists of the fields of `locator` are filled from. */
export const listSearch = {
	searchPixels: searchOf('pixel'),
	searchCampaigns: searchOf('campaign'),
	searchRecipients: searchOf('recipient'),
};
