/**
 * Where a load or a sent message belongs. With a pixel, the recipient is one of that pixel and the
 * campaign follows from the pixel; without one, the recipient is one of the campaign.
 */
export interface Place {
	pixelId: string | null;
	campaignId: string | null;
	recipientId: string | null;
}

/** Key of the recipient's tally. */
export interface TallyKey {
	parent: string;
	recipientId: string;
}

/** What a tally's recipient is a recipient of, as a key. */
export function parentOf(place: Pick<Place, 'pixelId' | 'campaignId'>): string {
	if (place.pixelId !== null) return pixelParent(place.pixelId);
	return place.campaignId === null ? '' : `c:${place.campaignId}`;
}

export function pixelParent(pixelId: string): string {
	return `p:${pixelId}`;
}

/** The pixel a key names, `null` where the recipient is one of a campaign or of nothing. */
export function pixelOfParent(parent: string): string | null {
	return parent.startsWith('p:') ? parent.slice(2) : null;
}

/** The key of a place's tally; `null` where neither pixel nor recipient is known. */
export function tallyKeyOf(place: Place): TallyKey | null {
	if (place.pixelId === null && place.recipientId === null) return null;
	return { parent: parentOf(place), recipientId: place.recipientId ?? '' };
}

/** A text that is different for every key. */
export function textOfKey(key: TallyKey): string {
	return `${key.parent.length} ${key.parent}${key.recipientId}`;
}
