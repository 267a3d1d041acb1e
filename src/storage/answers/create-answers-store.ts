import { storable, storableRequest } from '../database/checked-input';
import type { StoreDatabase } from '../database/store-database';
import { changeSegments, listSegments } from '../people/segments';
import type { AnswersStore } from '../port/answers-store';
import { campaignRecipients } from './campaign-recipients';
import { campaignReport } from './campaign-report';
import { listChoices } from './choices';
import { listLinkClicks } from './link-clicks';
import { compareCampaigns } from './compare-campaigns';
import { personReport } from './person-report';
import { segmentRates } from './segment-rates';
import { searchCampaigns, searchPixels, searchRecipients } from './search';

/** The questions that pages ask, over an open, migrated database. */
export function createAnswersStore({ read, write, engine }: StoreDatabase): AnswersStore {
	return {
		campaignReport: (request) => read((db) => campaignReport(db, storableRequest(request))),
		campaignRecipients: (request) => read((db) => campaignRecipients(db, storableRequest(request))),
		compareCampaigns: (ids, now) =>
			read((db) =>
				compareCampaigns(
					db,
					ids.map((id) => storable(id)),
					now,
				),
			),
		personReport: (request) => read((db) => personReport(db, storableRequest(request))),
		listChoices: (request) => read((db) => listChoices(db, engine, storableRequest(request))),
		searchCampaigns: (request) => read((db) => searchCampaigns(db, storableRequest(request))),
		searchPixels: (request) => read((db) => searchPixels(db, engine, storableRequest(request))),
		searchRecipients: (request) =>
			read((db) => searchRecipients(db, engine, storableRequest(request))),
		changeSegments: (changes, keysOf) => write((db) => changeSegments(db, changes, keysOf)),
		segmentRates: (campaignId) => read((db) => segmentRates(db, storable(campaignId))),
		listLinkClicks: (request) =>
			read((db) =>
				'pixelId' in request
					? listLinkClicks(db, { scope: 'pixel', id: storable(request.pixelId) })
					: listLinkClicks(db, { scope: 'campaign', id: storable(request.campaignId) }),
			),
		listSegments: () => read(listSegments),
	};
}
