import type { TrackingStore } from '../../../src/storage/tracking-store';
import { engines, type StorePlace } from '../../support/stores';
import { BASE_URL, testApi } from '../../support/tracking-api';

describe.each(engines)('the pages and their forms on $name', ({ newPlace }) => {
	let place: StorePlace;
	let store: TrackingStore;
	let client: ReturnType<typeof testApi>;

	beforeEach(async () => {
		place = await newPlace();
		store = await place.openStore();
		client = testApi(store);
	});
	afterEach(async () => await place.dispose());

	const dashboard = async (query = '') => await (await client.send(`/dashboard${query}`)).text();
	const tokenOfForm = async () =>
		/name="formToken" value="([^"]+)"/.exec(await dashboard('?new'))?.[1] ?? '';
	const post = async (path: string, fields: Record<string, string>) =>
		await client.send(path, { method: 'POST', body: new URLSearchParams(fields) });

	it('make a pixel from the form, then show its link and embed code', async () => {
		const formToken = await tokenOfForm();
		const response = await post('/dashboard/pixels', {
			name: ' Launch ',
			campaignId: 'spring',
			formToken,
		});
		expect(response.status).toBe(303);
		const { pixels } = await store.listPixels({ limit: 10 });
		expect(pixels).toMatchObject([{ name: 'Launch', campaignId: 'spring' }]);
		const target = new URL(response.headers.get('location')!, `${BASE_URL}/dashboard/pixels`);
		expect(`${target.origin}${target.pathname}`).toBe(`${BASE_URL}/dashboard`);
		const html = await dashboard(target.search);
		expect(html).toContain(`${BASE_URL}/tracker/${pixels[0].id}.png?token=AQ`);
		expect(html).toContain('&lt;img src=&quot;');
	});

	it.each([[{ formToken: 'guessed' }], [{}]])(
		'refuse a form without the token of the page: %j',
		async (fields) => {
			const made = await post('/dashboard/pixels', { name: 'x', ...fields });
			expect(made.status).toBe(403);
			await store.createPixel({ name: 'Sample', sample: true });
			expect((await post('/dashboard/sample/delete', { ...fields })).status).toBe(403);
			expect((await store.listPixels({ limit: 10 })).pixels).toHaveLength(1);
		},
	);

	it('refuse a pixel without a name', async () => {
		const formToken = await tokenOfForm();
		expect((await post('/dashboard/pixels', { name: '  ', formToken })).status).toBe(400);
	});

	it('delete all sample pixels in one click, and no other', async () => {
		const formToken = await tokenOfForm();
		for (let index = 0; index < 101; index += 1) {
			await store.createPixel({ name: `Sample ${index}`, sample: true });
		}
		await store.createPixel({ name: 'Real' });
		expect(await dashboard()).toContain('Delete the sample campaign');
		const response = await post('/dashboard/sample/delete', { formToken });
		expect(response.status).toBe(303);
		const target = new URL(
			response.headers.get('location')!,
			`${BASE_URL}/dashboard/sample/delete`,
		);
		expect(`${target.origin}${target.pathname}`).toBe(`${BASE_URL}/dashboard`);
		expect((await store.listPixels({ limit: 200 })).pixels).toMatchObject([{ name: 'Real' }]);
		const html = await dashboard(target.search);
		expect(html).toContain('The sample campaign was deleted.');
		expect(html).not.toContain('Delete the sample campaign');
	});

	it('show no link for a pixel that must not be tracked', async () => {
		const { id } = await store.createPixel({ name: 'Off', trackingMode: 'off' });
		expect(await dashboard(`?pixel=${id}`)).not.toContain('Embed code');
	});

	it('load again only where nobody types or copies', async () => {
		const { id } = await store.createPixel({ name: 'x' });
		const refreshes = async (query: string) => (await dashboard(query)).includes('content="30"');
		expect(await refreshes('')).toBe(true);
		for (const query of ['?new', `?pixel=${id}`, '?live=off']) {
			expect(await refreshes(query)).toBe(false);
		}
	});

	it.each([['0'], ['-1'], ['1.5'], ['x'], ['1e99']])('have no page %j', async (page) => {
		const { id } = await store.createPixel({ name: 'x' });
		const response = await client.send(`/logs/${id}?page=${page}`);
		expect(response.status).toBe(400);
		expect(response.headers.get('content-type')).toMatch(/^text\/html/);
	});

	it('say so when there is no such pixel', async () => {
		const response = await client.send('/logs/nobody');
		expect(response.status).toBe(404);
		expect(await response.text()).toContain('Pixel not found');
	});

	it('fall back to the zone of n8n for one that does not exist', async () => {
		expect(await dashboard('?tz=Mars/Base')).toContain('<option selected>Europe/Berlin');
		expect(await dashboard('?tz=Asia/Tokyo')).toContain('<option selected>Asia/Tokyo');
	});
});
