import { observeBursts } from './burst-windows';
import { createPrivacyStore } from './create-privacy-store';
import { deletePixel } from './delete-pixel';
import { listOpens, streamOpens } from './list-opens';
import { createPixel, getPixel, getPixelImage, listPixels, setPixelImage } from './pixels';
import {
	addRecipients,
	deleteRecipient,
	findRecipientByToken,
	findRecipients,
	getRecipient,
	listRecipients,
	streamRecipients,
} from './recipients';
import { recordOpens } from './record-opens';
import { recordUnlessErased } from './record-unless-erased';
import { recordViewTimes } from './record-view-times';
import { listLabelHistory, relabelOpens } from './relabel-opens';
import { listNotOpened, registerSent } from './sent-messages';
import {
	getCampaign,
	getDashboard,
	getStatus,
	listCampaigns,
	listOpensPerHour,
} from './statistics';
import type { StoreDatabase } from './store-database';
import type { TrackingStore } from './tracking-store';

/** The tracking store over an open, migrated database. Each subject has a file of its own. */
export function createStore(database: StoreDatabase): TrackingStore {
	const { read, write } = database;
	return {
		recordOpens: (events) => write((db) => recordOpens(db, events)),
		recordUnlessErased: (opens) => write((db) => recordUnlessErased(db, opens)),
		observeBursts: (loads, now, markOf) => write((db) => observeBursts(db, loads, now, { markOf })),
		relabelOpens: (changes) => write((db) => relabelOpens(db, changes)),
		recordViewTimes: (times) => write((db) => recordViewTimes(db, times)),
		listLabelHistory: (eventId) => read((db) => listLabelHistory(db, eventId)),
		listOpens: (request) => read((db) => listOpens(db, request)),
		streamOpens: (filter) => streamOpens(database, filter),

		createPixel: (pixel) => write((db) => createPixel(db, pixel)),
		getPixel: (id) => read((db) => getPixel(db, id)),
		listPixels: (request) => read((db) => listPixels(db, request)),
		deletePixel: (id) => deletePixel(database, id),
		setPixelImage: (id, image) => write((db) => setPixelImage(db, id, image)),
		getPixelImage: (id) => read((db) => getPixelImage(db, id)),

		addRecipients: (pixelId, list) => write((db) => addRecipients(db, pixelId, list)),
		findRecipients: (pixelId, ids) => read((db) => findRecipients(db, pixelId, ids)),
		findRecipientByToken: (pixelId, token) =>
			read((db) => findRecipientByToken(db, pixelId, token)),
		getRecipient: (id) => read((db) => getRecipient(db, id)),
		listRecipients: (request) => read((db) => listRecipients(db, request)),
		streamRecipients: (pixelId) => streamRecipients(database, pixelId),
		deleteRecipient: (id) => write((db) => deleteRecipient(db, id)),

		registerSent: (messages) => write((db) => registerSent(db, messages)),
		listNotOpened: (request) => read((db) => listNotOpened(db, request)),

		getStatus: (request) => read((db) => getStatus(db, request)),
		getDashboard: (request) => read((db) => getDashboard(db, request?.recentOpens)),
		listCampaigns: (request) => read((db) => listCampaigns(db, request)),
		getCampaign: (campaignId) => read((db) => getCampaign(db, campaignId)),
		listOpensPerHour: (request) => read((db) => listOpensPerHour(db, request)),

		...createPrivacyStore(database),
		close: () => database.close(),
	};
}
