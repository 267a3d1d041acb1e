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

const clickRatesSchema = z
	.object({
		clicked: z
			.object({ recipients: count, sentRecipients: count, rate: share })
			.describe('Of the recipients that a message was sent to, those with a counted click'),
		clickToOpen: z
			.object({ recipients: count, opened: count, rate: share, low: share, high: share })
			.describe(
				'Of the recipients with a counted open, those with a counted click, with its Wilson 95 % interval',
			),
	})
	.nullable()
	.describe('null where no link was ever followed');

const clicks = {
	clicks: count.describe('Tracked links that were followed, by people'),
	machineClicks: count.describe('The same by machines, which no rate counts'),
};

const status = {
	opened: z.boolean(),
	openedAt: time.nullable(),
	lastSeenAt: time.nullable(),
	viewCount: count.describe('Counted loads'),
	totalViewTime: count.describe('Milliseconds'),
	machineOpens: count.describe('Loads by machines'),
	clicked: z.boolean().describe('Whether a tracked link was followed; that alone makes no open'),
	...clicks,
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
	...clicks,
	clickRates: clickRatesSchema,
	clicksInWords: z.string(),
};

/** What the routes answer with, by the names that the description gives it. */
export const RESPONSE_SCHEMAS = {
	Error: z.object({ error: z.string(), message: z.string().optional() }),
	Event: openEventSchema.describe('One open or click'),
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
				...clicks,
				uniqueClicks: count.describe('Recipients with a counted click'),
				clickRates: clickRatesSchema,
				clicksInWords: z.string(),
				firstSentAt: time.nullable(),
				firstOpenAt: time.nullable(),
				lastOpenAt: time.nullable(),
			}),
		),
		hasMore: z.boolean(),
	}),
	Links: z.object({
		links: z.array(
			z.object({
				position: count.nullable().describe('Its place in the email, from 1'),
				label: z.string().nullable(),
				site: z.string().nullable().describe('The site that it leads to'),
				page: z
					.string()
					.nullable()
					.describe('The page there, as far as the mode keeps it; null where that are several'),
				people: count.describe('Recipients with a counted click, of the clicks that were read'),
				...clicks,
				machineReasons: z.array(
					z.object({
						actor: openEventSchema.shape.actor,
						reason: z.string().nullable(),
						clicks: count,
					}),
				),
				clicksRead: count.describe(
					'Single clicks behind page, people and reasons: those that are kept, at most the latest 20,000',
				),
			}),
		),
	}),
	Description: z.looseObject({ openapi: z.string() }).describe('This description'),
} as const satisfies Record<string, z.ZodType>;

export type ResponseName = keyof typeof RESPONSE_SCHEMAS;
