import type { IWebhookDescription } from 'n8n-workflow';

/** The folder of the images, below the webhook ID. */
export const IMAGE_FOLDER = 'tracker';

/**
 * Every route below the webhook ID of the node. n8n finds a path with a `:parameter` by that ID in
 * front of it, so all routes are below it, and a client has one base URL. A path that the panel
 * could change would be an expression in each route: n8n evaluates all of them on every request,
 * which made an image take 50 ms in place of 10. The methods of one path are one text, which n8n
 * splits.
 */
const ROUTES: ReadonlyArray<readonly [methods: string, path: string]> = [
	['GET', 'dashboard'],
	['GET', 'dashboard/live'],
	['POST', 'dashboard/pixels'],
	['POST', 'dashboard/sample/delete'],
	['GET', 'campaigns'],
	['GET', 'campaign'],
	['GET', 'campaign/recipients.csv'],
	['GET', 'campaign/links.csv'],
	['GET', 'compare'],
	['GET', 'pixels'],
	['GET', 'recipients'],
	['GET', 'opens'],
	['GET', 'search'],
	['GET', 'setup'],
	['GET', 'person'],
	['POST', 'person/export'],
	['POST', 'person/withdraw'],
	['POST', 'person/erase'],
	['GET', 'logs/:id'],
	['POST', 'logs/:id/delete'],
	['GET', 'api/pixel/create'],
	['POST', 'api/pixel/check'],
	['GET', 'api/dashboard'],
	['GET', 'api/openapi.json'],
	['GET', 'api/v1/campaigns'],
	['GET', 'api/v1/events'],
	['GET', 'api/v1/links'],
	['POST', 'api/v1/pixels'],
	['DELETE', 'api/v1/pixels/:id'],
	['POST', 'api/v1/pixels/:id/generate-tokens'],
	['GET', 'api/v1/pixels/:id/generate-tokens/csv'],
	['DELETE', 'api/v1/recipients/:id'],
	['GET,HEAD', `${IMAGE_FOLDER}/:file`],
	['GET,HEAD', 'uploads/:image'],
];

/** The page whose address the panel shows, and that the base URL is read from. */
export const DASHBOARD_PATH = ROUTES[0][1];

/** The routes as n8n registers them. Publishing calls the hooks of `setup`, so one has that name. */
export const webhooks: IWebhookDescription[] = ROUTES.map(([methods, path]) => ({
	name: path === 'api/pixel/create' ? 'setup' : 'default',
	httpMethod: methods as 'GET',
	path,
	// n8n puts the ID in front itself, but for a path with a parameter, where it looks for it there.
	isFullPath: path.includes(':'),
	responseMode: 'onReceived',
	ndvHideUrl: path !== DASHBOARD_PATH,
	ndvHideMethod: true,
}));
