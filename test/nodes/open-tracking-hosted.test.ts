import { Readable } from 'node:stream';

import type { IHttpRequestOptions } from 'n8n-workflow';

import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { TrackingPixel } from '../../nodes/TrackingPixel/TrackingPixel.node';
import { startStandIn, type HttpStandIn } from '../support/http-stand-in';
import { executeNode } from '../support/node-context';

const DASHBOARD = {
	stats: { totalPixels: 2, openedPixels: 1, openRate: 50, avgViewTime: 10, totalViewTime: 10 },
	recentPixels: [{ id: 'p-1', opened: true }],
	recentActivity: [],
};

describe('Status: Get Dashboard of Hosted Tracker', () => {
	let tracker: HttpStandIn;
	let body: unknown = DASHBOARD;
	beforeAll(async () => {
		tracker = await startStandIn(({ method, path }) =>
			method === 'GET' && path === '/api/dashboard' ? { status: 200, body } : { status: 404 },
		);
	});
	afterAll(async () => await tracker.stop());

	const read = async () =>
		await executeNode(new OpenTracking(), [{ json: {} }], {
			parameters: { resource: 'status', operation: 'getHostedDashboard' },
			credentials: { hostedPixelTrackerApi: { baseUrl: tracker.url } },
		});

	it('gives the totals and the recent activity as one item', async () => {
		const { stats, recentPixels, recentActivity } = DASHBOARD;
		expect((await read()).output).toEqual([
			[{ json: { ...stats, recentPixels, recentActivity }, pairedItem: { item: 0 } }],
		]);
	});

	it('says what is wrong with an answer of something else', async () => {
		body = '<!doctype html>';
		await expect(read()).rejects.toThrow(/not that of the Pixel Tracking API/);
	});

	it('is offered with the login that it needs', () => {
		const { credentials } = new OpenTracking().description;
		const login = credentials?.find(({ name }) => name === 'hostedPixelTrackerApi');
		const { show, hide } = login!.displayOptions!;
		expect(hide?.operation ?? []).not.toContain('getHostedDashboard');
		if (show?.operation) expect(show.operation).toContain('getHostedDashboard');
	});
});

describe('a hosted tracker', () => {
	const PIXEL = { id: 'p-1', embedCode: '<img src="https://tracker.example.com/p-1.png">' };
	const OPENED = { opened: true, viewCount: 1, totalViewTime: 0 };

	it.each([
		['createLink', '/api/pixel/create', PIXEL],
		['checkHosted', '/api/pixel/check', OPENED],
		['getHostedDashboard', '/api/dashboard', DASHBOARD],
	])('is asked through n8n, which knows the proxy: %s', async (operation, path, answer) => {
		const asked: IHttpRequestOptions[] = [];
		const parameters =
			operation === 'createLink'
				? { operation, trackedBy: 'hosted' }
				: { resource: 'status', operation, hostedPixelId: 'p-1' };
		const node = operation === 'createLink' ? new TrackingPixel() : new OpenTracking();
		const { output } = await executeNode(node, [{ json: {} }], {
			parameters: parameters as Record<string, unknown>,
			credentials: { hostedPixelTrackerApi: { baseUrl: 'https://behind-the-proxy.invalid' } },
			httpRequest: async (request) => {
				asked.push(request);
				const body = Readable.from([Buffer.from(JSON.stringify(answer))]);
				return await Promise.resolve({ statusCode: 200, headers: {}, body });
			},
		});
		expect(asked.map(({ url }) => url)).toEqual([`https://behind-the-proxy.invalid${path}`]);
		expect(JSON.stringify(output)).not.toContain('cannot be reached');
	});
});
