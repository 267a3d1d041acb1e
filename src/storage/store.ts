import { createAnswersStore } from './answers/create-answers-store';
import { createBatchStore } from './batches/create-batch-store';
import { cleaningTimes } from './bursts/burst-windows';
import { storable, storableRequest } from './database/checked-input';
import type { StoreDatabase } from './database/store-database';
import { listOpens, streamOpens } from './opens/list-opens';
import { recordOpens } from './opens/record-opens';
import { recordUnlessErased } from './opens/record-unless-erased';
import { recordImageHeld } from './opens/record-image-held';
import { listStoredOpens } from './opens/storing-order';
import { listLabelHistory, relabelOpens } from './opens/relabel-opens';
import { deletedPixelsAmong } from './opens/tombstones';
import { deletePixel } from './pixels/delete-pixel';
import {
	createPixels,
	findPixels,
	getPixel,
	getPixelImage,
	listPixels,
	setPixelImage,
} from './pixels/pixels';
import {
	addRecipients,
	deleteRecipient,
	findRecipientByToken,
	findRecipients,
	getRecipient,
	listRecipients,
	streamRecipients,
} from './pixels/recipients';
import { listNotOpened, registerSent } from './pixels/sent-messages';
import type { TrackingStore } from './port/tracking-store';
import { createPrivacyStore } from './privacy/create-privacy-store';
import {
	getCampaign,
	getDashboard,
	listCampaigns,
	listOpensPerHour,
	listStatuses,
} from './statistics/statistics';

/** The tracking store over an open, migrated database. Each subject has a file of its own. */
export function createStore(database: StoreDatabase): TrackingStore {
	const { read, write } = database;
	const isTimeToClean = cleaningTimes();
	const pixels: TrackingStore['createPixels'] = (made) => write((db) => createPixels(db, made));
	const statuses: TrackingStore['listStatuses'] = (requests) =>
		read((db) =>
			listStatuses(
				db,
				requests.map((request) => storableRequest(request)),
			),
		);
	return {
		recordOpens: (events) => write((db) => recordOpens(db, events), { beside: true }),
		recordUnlessErased: async (opens, bursts) => {
			const options = { ...bursts, cleans: isTimeToClean() };
			return await write((db, alone) => recordUnlessErased(db, alone, opens, options), {
				beside: true,
			});
		},
		relabelOpens: (changes) => write((db) => relabelOpens(db, changes)),
		recordImageHeld: (times) => write((db) => recordImageHeld(db, times)),
		listLabelHistory: (eventId) => read((db) => listLabelHistory(db, storable(eventId))),
		listStoredOpens: (request) => listStoredOpens(database, storableRequest(request)),
		listOpens: (request) => read((db) => listOpens(db, storableRequest(request))),
		streamOpens: (filter) => streamOpens(database, storableRequest(filter)),

		createPixel: async (pixel) => (await pixels([pixel]))[0],
		createPixels: pixels,
		getPixel: (id) => read((db) => getPixel(db, storable(id))),
		findPixels: (ids) => read((db) => findPixels(db, ids)),
		listPixels: (request) => read((db) => listPixels(db, storableRequest(request))),
		deletedPixelsAmong: (ids) => read((db) => deletedPixelsAmong(db, ids)),
		deletePixel: (id) => deletePixel(database, storable(id)),
		setPixelImage: (id, image) => write((db) => setPixelImage(db, storable(id), image)),
		getPixelImage: (id) => read((db) => getPixelImage(db, storable(id))),

		addRecipients: (pixelId, list, keysOf, counted) =>
			write((db) => addRecipients(db, storable(pixelId), list, keysOf, counted)),
		findRecipients: (pixelId, ids) =>
			read((db) =>
				findRecipients(
					db,
					storable(pixelId),
					ids.map((id) => storable(id)),
				),
			),
		findRecipientByToken: (pixelId, token) =>
			read((db) => findRecipientByToken(db, storable(pixelId), storable(token))),
		getRecipient: (id) => read((db) => getRecipient(db, storable(id))),
		listRecipients: (request) => read((db) => listRecipients(db, storableRequest(request))),
		streamRecipients: (pixelId) => streamRecipients(database, storable(pixelId)),
		deleteRecipient: (id, keysOf, pseudonymsOf) =>
			write((db) => deleteRecipient(db, storable(id), keysOf, pseudonymsOf)),

		registerSent: (messages, keysOf, pseudonymsOf) =>
			write((db) => registerSent(db, messages, keysOf, pseudonymsOf)),
		listNotOpened: (request) => read((db) => listNotOpened(db, storableRequest(request))),

		getStatus: async (request) => (await statuses([request]))[0] ?? null,
		listStatuses: statuses,
		getDashboard: (request) => read((db) => getDashboard(db, request?.recentOpens)),
		listCampaigns: (request) => read((db) => listCampaigns(db, request)),
		getCampaign: (campaignId) => read((db) => getCampaign(db, storable(campaignId))),
		listOpensPerHour: (request) => read((db) => listOpensPerHour(db, storableRequest(request))),

		...createAnswersStore(database),
		...createPrivacyStore(database),
		...createBatchStore(database),
		close: () => database.close(),
	};
}
