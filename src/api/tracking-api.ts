import { Hono } from 'hono';

import type { ApiDeps } from './api-deps';
import { dataRoutes } from './data/data-routes';
import { failureOf } from './failure';
import { guard, refuseOtherOrigins } from './guard';
import { pageRoutes } from './pages/page-routes';
import { pixelRoutes } from './routes/pixel-routes';
import { pixelTrackingRoutes } from './routes/pixel-tracking-routes';
import { recipientRoutes } from './routes/recipient-routes';
import { trackerRoute } from './routes/tracker-route';

/** The HTTP APIs and pages as one web handler; paths are those below the base URL. */
export interface TrackingApi {
	fetch(request: Request): Promise<Response>;
	/** Every route, as method and path: `GET /logs/:id` */
	routes: readonly string[];
}

/**
 * Puts together the Pixel Tracking API, the Mail Tracker API, the image, the dashboard and the log
 * page. Never rejects: what fails is answered with a status and `{error}`, on a page with a page.
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
	app.use('/api/*', refuseOtherOrigins(deps), guard(deps, 'key'));
	for (const group of [
		dataRoutes,
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
		const { message, status, headers } = failureOf(error, deps);
		return c.json(errorBody(c.req.path, message), status, headers);
	});
	const routes = app.routes
		.filter(({ method }) => method !== 'ALL')
		.map(({ method, path }) => `${method} ${path}`);
	return { fetch: async (request) => await app.fetch(request), routes };
}

/** Clients of the Pixel Tracking API read `message`, those of the Mail Tracker API `error`. */
function errorBody(path: string, error: string): { error: string; message?: string } {
	return /^\/api\/(pixel|dashboard)/.test(path) ? { error, message: error } : { error };
}
