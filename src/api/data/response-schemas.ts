import { z } from 'zod4';

import { openEventSchema } from '../../tracking/event/open-event';

const time = z.iso.datetime().describe('ISO 8601 in UTC');
const count = z.int().nonnegative();
const share = z.number().min(0).max(1).nullable().describe('From 0 to 1');

const ratesSchema = z
	.object({
		sentRecipients: count.describe('Recipients that a message was sent to'),
		confirmed: z.object({ recipients: count, rate: share }).describe('With a counted open'),
		likely: z
			.object({ visible: count, rate: share, low: share, high: share })
			.describe('The confirmed of those who can be seen, with its Wilson 95 % interval'),
		possible: z.object({ recipients: count, rate: share }).describe('Confirmed or hidden'),
		hidden: z
			.object({ recipients: count, share })
			.describe('Whose only loads are a privacy prefetch'),
	})
	.describe('The three open rates: confirmed, likely, possible');

const status = {
	opened: z.boolean(),
	openedAt: time.nullable(),
	lastSeenAt: time.nullable(),
	viewCount: count.describe('Counted loads'),
	totalViewTime: count.describe('Milliseconds'),
	machineOpens: count.describe('Loads by machines'),
};

const stats = {
	totalPixels: count,
	openedPixels: count,
	openRate: count.describe('Opened pixels of all pixels, as a whole percentage'),
	avgViewTime: count.describe('Milliseconds'),
	totalViewTime: count.describe('Milliseconds'),
	totalOpens: count,
	machineOpens: count,
	rates: ratesSchema,
	ratesInWords: z.string(),
};

/** What the routes answer with, by the names that the description gives it. */
export const RESPONSE_SCHEMAS = {
	Error: z.object({ error: z.string(), message: z.string().optional() }),
	Event: openEventSchema.describe('One open'),
	Success: z.object({ success: z.literal(true) }),
	CreatedPixel: z.object({
		id: z.string(),
		trackingUrl: z.string(),
		embedCode: z.string(),
		createdAt: time,
	}),
	PixelStatus: z.object({ ...status, createdAt: time.nullable(), sessions: count }),
	PixelNotFound: z.object({ opened: z.literal(false), message: z.string() }),
	Dashboard: z.object({
		stats: z.object(stats),
		...stats,
		recentPixels: z.array(
			z.object({ id: z.string(), name: z.string(), createdAt: time, ...status }),
		),
		recentActivity: z.array(
			z.object({
				id: z.string().nullable(),
				campaignId: z.string().nullable(),
				occurredAt: time,
				actor: openEventSchema.shape.actor,
				actorReason: z.string().nullable(),
			}),
		),
	}),
	NamedPixel: z.object({
		id: z.string(),
		name: z.string(),
		createdAt: time,
		imagePath: z.string().nullable(),
		trackingUrl: z.string(),
		logsUrl: z.string(),
	}),
	Tokens: z.object({
		success: z.literal(true),
		pixelId: z.string(),
		generated: count,
		tokens: z.array(
			z.object({
				email: z.string(),
				token: z.string().nullable(),
				trackingUrl: z.string().nullable(),
				id: z.string().optional(),
				untracked: z.string().optional().describe('Why there is no link'),
			}),
		),
	}),
	DeletedRecipient: z.object({
		success: z.literal(true),
		message: z.string(),
		deletedEmail: z.string().nullable(),
	}),
	Campaigns: z.object({
		campaigns: z.array(
			z.object({
				campaignId: z.string(),
				rates: ratesSchema,
				ratesInWords: z.string(),
				opens: count,
				uniqueOpens: count,
				machineOpens: count,
				firstSentAt: time.nullable(),
				firstOpenAt: time.nullable(),
				lastOpenAt: time.nullable(),
			}),
		),
		hasMore: z.boolean(),
	}),
	Description: z.looseObject({ openapi: z.string() }).describe('This description'),
} as const satisfies Record<string, z.ZodType>;

export type ResponseName = keyof typeof RESPONSE_SCHEMAS;
