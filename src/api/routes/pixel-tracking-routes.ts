import { Hono } from 'hono';
import { z } from 'zod4';

import type { OpenCounts } from '../../storage/port/recipient';
import type { GroupCounts, Pixel } from '../../storage/port/counts';
import { clicksInWords } from '../../tracking/counters/click-rates';
import { ratesInWords } from '../../tracking/counters/open-rates';
import { withoutControlCharacters } from '../../tracking/event/control-characters';
import type { OpenEvent } from '../../tracking/event/open-event';
import { embedCode } from '../../tracking/mail/embed-code';
import type { ApiDeps } from '../api-deps';
import { check, readJson } from '../api-error';
import { makePixel, MAX_NAME, readNewPixel } from './new-pixel';

const RECENT = 20;

const ID_REQUIRED =
	'id is missing. Send {"id": "…"} with the id of a pixel, a text of at most 256 characters.';
const checkSchema = z.object(
	{ id: z.string({ error: ID_REQUIRED }).min(1, ID_REQUIRED).max(256, ID_REQUIRED) },
	{ error: ID_REQUIRED },
);

/**
 * The Pixel Tracking API: `GET /api/pixel/create`, `POST /api/pixel/check`, `GET /api/dashboard`.
 * Field names and units are those of its public documentation
 * (https://github.com/sahil00000001/Pixel-Tracker, API_DOCUMENTATION.md); counts leave machines
 * out, which have a field of their own.
 */
export function pixelTrackingRoutes(deps: ApiDeps): Hono {
	const app = new Hono();

	app.get('/api/pixel/create', async (c) => {
		const wanted = c.req.query('name') ?? c.req.query('metadata');
		// Metadata can be anything, and must not keep an email from getting its pixel.
		const name =
			withoutControlCharacters(wanted ?? '')
				.trim()
				.slice(0, MAX_NAME) || 'Pixel';
		const trackingMode = c.req.query('trackingMode');
		const fields = readNewPixel({ name, trackingMode }, deps.receiveSettings.mode);
		const { pixel, links } = await makePixel(deps, fields);
		// No token is made for a pixel that must not be tracked.
		const token = pixel.trackingMode === 'off' ? undefined : links.sign(pixel, null);
		const trackingUrl = links.url(pixel.id, token);
		return c.json({
			id: pixel.id,
			trackingUrl,
			embedCode: embedCode(trackingUrl),
			createdAt: pixel.createdAt,
		});
	});

	app.post('/api/pixel/check', async (c) => {
		const { id } = check(await readJson(c.req.raw), checkSchema);
		const store = await deps.openStore();
		const [pixel, status] = await Promise.all([
			store.getPixel(id),
			store.getStatus({ pixelId: id }),
		]);
		// Clients look at the message; those that look at the status expect 404.
		if (status === null) return c.json({ opened: false, message: 'Pixel not found' }, 404);
		return c.json({
			...statusOf(status),
			createdAt: pixel?.createdAt ?? null,
			sessions: status.sessions,
		});
	});

	app.get('/api/dashboard', async (c) => {
		const store = await deps.openStore();
		const [{ totals, pixels, openedPixels, recentOpens }, recent] = await Promise.all([
			store.getDashboard({ recentOpens: RECENT }),
			store.listPixels({ limit: RECENT }),
		]);
		const stats = statsOf(totals, pixels, openedPixels);
		return c.json({
			stats,
			recentPixels: recent.pixels.map(pixelOf),
			...stats,
			recentActivity: recentOpens.map(activityOf),
		});
	});

	return app;
}

function statusOf(counts: OpenCounts) {
	return {
		opened: counts.opens > 0,
		openedAt: counts.firstOpenAt,
		lastSeenAt: counts.lastOpenAt,
		viewCount: counts.opens,
		totalViewTime: counts.viewTimeMs,
		machineOpens: counts.machineOpens,
		clicked: counts.clicks > 0,
		clicks: counts.clicks,
		machineClicks: counts.machineClicks,
	};
}

function pixelOf(pixel: Pixel) {
	return {
		id: pixel.id,
		name: pixel.name,
		createdAt: pixel.createdAt,
		...statusOf(pixel.counts),
	};
}

function statsOf(totals: GroupCounts, totalPixels: number, openedPixels: number) {
	return {
		totalPixels,
		openedPixels,
		openRate: totalPixels === 0 ? 0 : Math.round((100 * openedPixels) / totalPixels),
		avgViewTime: openedPixels === 0 ? 0 : Math.round(totals.viewTimeMs / openedPixels),
		totalViewTime: totals.viewTimeMs,
		totalOpens: totals.opens,
		machineOpens: totals.machineOpens,
		rates: totals.rates,
		ratesInWords: ratesInWords(totals.rates),
		clicks: totals.clicks,
		machineClicks: totals.machineClicks,
		clickRates: totals.clickRates,
		clicksInWords: clicksInWords(totals.clickRates),
	};
}

function activityOf(open: OpenEvent) {
	return {
		id: open.pixelId,
		campaignId: open.campaignId,
		occurredAt: open.occurredAt,
		actor: open.actor,
		actorReason: open.actorReason,
	};
}
