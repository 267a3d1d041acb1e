import { v4 as uuidv4 } from 'uuid';
import { z } from 'zod/v4';

import type { Pixel } from '../../storage/port/counts';
import type { NewPixel } from '../../storage/port/tracking-store';
import { hasControlCharacters } from '../../tracking/event/control-characters';
import { isWithin, TRACKING_MODES, type TrackingMode } from '../../tracking/event/tracking-mode';
import type { ApiDeps } from '../api-deps';
import { ApiError, check } from '../api-error';
import { trackerLinks, type TrackerLinks } from './tracker-link';

export const MAX_NAME = 200;
const MAX_CAMPAIGN_ID = 256;
/** The text that clients of the Mail Tracker API look for. */
const NAME_REQUIRED = 'Pixel name is required.';
const isPrintable = (text: string) => !hasControlCharacters(text);
const UUID_BYTES = 16;

const fieldsSchema = z.strictObject(
	{
		name: z
			.string({ error: NAME_REQUIRED })
			.trim()
			.min(1, NAME_REQUIRED)
			.max(MAX_NAME, `The pixel name is longer than ${MAX_NAME} characters. Shorten it.`)
			.refine(isPrintable, 'The pixel name holds control characters. Leave them out.'),
		campaignId: z
			.string({ error: 'campaignId is not text. Send text, or leave it out.' })
			.trim()
			.max(MAX_CAMPAIGN_ID, `campaignId is longer than ${MAX_CAMPAIGN_ID} characters. Shorten it.`)
			.refine(isPrintable, 'campaignId holds control characters. Leave them out.')
			.optional(),
		trackingMode: z
			.enum(TRACKING_MODES, {
				error: `trackingMode is not known. Use one of ${TRACKING_MODES.join(', ')}.`,
			})
			.optional(),
		sample: z.boolean({ error: 'sample is neither true nor false. Correct it.' }).optional(),
	},
	{
		error: (issue) =>
			issue.code === 'unrecognized_keys'
				? unknownFields(issue.keys as string[])
				: `${NAME_REQUIRED} Send a JSON object with the field name.`,
	},
);

function unknownFields(names: string[]): string {
	return names.includes('image')
		? 'image: send the image as a file, with multipart/form-data.'
		: `There is no field ${names.join(', ')}. The fields are name, campaignId, trackingMode and sample, and image for a file.`;
}

/**
 * Checks the fields of a new pixel, as JSON or a form brought them.
 *
 * @param ceiling the most that the operator lets any pixel keep
 * @throws ApiError 400 that says in words what is wrong
 */
export function readNewPixel(fields: unknown, ceiling: TrackingMode): NewPixel {
	const { campaignId, trackingMode, ...others } = check(fields, fieldsSchema);
	// A sender who asks for more has to know that it will not be there.
	if (trackingMode && !isWithin(trackingMode, ceiling)) {
		throw new ApiError(
			400,
			`trackingMode ${trackingMode} is more than this tracker keeps, which is at most ${ceiling}. Ask for that or less, or raise Tracking Mode in Tracking API Trigger.`,
		);
	}
	return { ...others, campaignId: campaignId || null, trackingMode: trackingMode ?? null };
}

/**
 * Makes a pixel, after trying whether links for it can be made: for itself, and for recipients.
 *
 * @throws ApiError that says why not; then nothing was stored
 */
export async function makePixel(
	deps: ApiDeps,
	fields: NewPixel,
): Promise<{ pixel: Pixel; links: TrackerLinks }> {
	const store = await deps.openStore();
	const links = await trackerLinks(deps);
	const id = uuidv4({ random: deps.randomBytes(UUID_BYTES) });
	const { campaignId = null, trackingMode = null } = fields;
	if (trackingMode !== 'off') {
		// Recipients that are known by their address have an id as long as this one.
		const recipientIds = trackingMode === 'aggregate' ? [null] : [null, id];
		try {
			for (const recipientId of recipientIds) {
				links.sign({ id, campaignId, trackingMode }, recipientId);
			}
		} catch (error) {
			// Without a campaign id all of the link is the operator's.
			const status = campaignId === null ? 500 : 400;
			throw new ApiError(status, error instanceof Error ? error.message : String(error));
		}
	}
	return { pixel: await store.createPixel({ ...fields, id }), links };
}
