import { Hono } from 'hono';

import { StoreError } from '../storage/store-error';
import type { ApiDeps } from './api-deps';
import { ApiError } from './api-error';
import { pageRoutes } from './page-routes';
import { pixelRoutes } from './pixel-routes';
import { pixelTrackingRoutes } from './pixel-tracking-routes';
import { recipientRoutes } from './recipient-routes';
import { trackerRoute } from './tracker-route';

/** The HTTP APIs and pages as one web handler; paths are those below the base URL. */
export interface TrackingApi {
	fetch(request: Request): Promise<Response>;
}

/**
 * Puts together the Pixel Tracking API, the Mail Tracker API, the image, the dashboard and the log
 * page. Never rejects: what fails is answered with a status and `{error}`.
 *
 * @example
 * const api = createTrackingApi(deps);
 * await api.fetch(new Request('https://host/api/pixel/create'));
 */
export function createTrackingApi(deps: ApiDeps): TrackingApi {
	const app = new Hono();
	app.use(async (c, next) => {
		await next();
		// What the APIs say is about people and of this moment.
		if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
		c.res.headers.set('x-content-type-options', 'nosniff');
	});
	for (const group of [
		pixelTrackingRoutes,
		pixelRoutes,
		recipientRoutes,
		trackerRoute,
		pageRoutes,
	]) {
		app.route('/', group(deps));
	}
	app.notFound((c) => c.json(errorBody(c.req.path, 'There is nothing at this address'), 404));
	app.onError((error, c) => {
		const refusal = refusalOf(error);
		if (refusal) {
			return c.json(errorBody(c.req.path, refusal.message), refusal.status, refusal.headers);
		}
		deps.onError(error);
		return c.json(errorBody(c.req.path, 'The tracker could not do this. Try again later.'), 500);
	});
	return { fetch: async (request) => await app.fetch(request) };
}

function refusalOf(error: Error): ApiError | null {
	if (error instanceof ApiError) return error;
	// The store's own check of what the caller sent; its message is made for that.
	if (error instanceof StoreError && error.code === 'invalid') {
		return new ApiError(400, error.message);
	}
	return error instanceof StoreError && error.code === 'not-found'
		? new ApiError(404, 'Pixel not found')
		: null;
}

/** Clients of the Pixel Tracking API read `message`, those of the Mail Tracker API `error`. */
function errorBody(path: string, error: string): { error: string; message?: string } {
	return /^\/api\/(pixel|dashboard)/.test(path) ? { error, message: error } : { error };
}
