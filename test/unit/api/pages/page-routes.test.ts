import { StoreError } from '../../../../src/storage/port/store-error';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { onEachEngine, type StorePlace } from '../../../support/stores';
import { SOUND_SETUP } from '../../../support/setup-facts';
import { BASE_URL, testApi } from '../../../support/tracking-api';

onEachEngine('the pages and their forms on $name', ({ newPlace }) => {
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
		expect(html).toContain(`${BASE_URL}/tracker/${pixels[0].id}.png</code>`);
		expect(html).toContain(`${BASE_URL}/tracker/${pixels[0].id}.png?token=CQ`);
		expect(html).toContain('?user=john@example.com');
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

	it('make a pixel with the tracking mode that was chosen, of those that the operator allows', async () => {
		const formToken = await tokenOfForm();
		const offered = [...(await dashboard('?new')).matchAll(/<option value="(\w*)"/g)];
		expect(offered.map(([, mode]) => mode)).toEqual([
			'',
			'aggregate',
			'hygiene',
			'pseudonymous',
			'identified',
		]);
		for (const trackingMode of ['', 'aggregate']) {
			await post('/dashboard/pixels', { name: `mode ${trackingMode}`, trackingMode, formToken });
		}
		const { pixels } = await store.listPixels({ limit: 10 });
		expect(new Map(pixels.map((pixel) => [pixel.name, pixel.trackingMode]))).toEqual(
			new Map([
				['mode', null],
				['mode aggregate', 'aggregate'],
			]),
		);
	});

	const isPage = async (response: Response, status: number) => {
		expect(response.status).toBe(status);
		expect(response.headers.get('content-type')).toMatch(/^text\/html/);
		expect(response.headers.get('x-frame-options')).toBe('DENY');
		const html = await response.text();
		expect(html).toMatch(/^<!doctype html>/);
		return html;
	};

	it.each([
		[{ name: '  ' }, 'Pixel name is required.'],
		[{ name: 'Long', campaignId: 'c'.repeat(128) }, /campaignId takes 129 bytes.*shorter/],
		[{ name: 'Long', campaignId: 'ä'.repeat(63) }, /campaignId takes 127 bytes.*shorter/],
		[{ name: 'Above', trackingMode: 'full' }, 'at most identified'],
	])('say on a page what is wrong with %j, and keep what was typed', async (fields, reason) => {
		const formToken = await tokenOfForm();
		const html = await isPage(await post('/dashboard/pixels', { ...fields, formToken }), 400);
		expect(html).toEqual(expect.stringMatching(reason));
		expect((await store.listPixels({ limit: 10 })).pixels).toEqual([]);
		for (const text of Object.values(fields)) {
			if (text !== 'full') expect(html).toContain(`value="${text}"`);
		}
		const corrected = {
			name: 'Short',
			formToken: /name="formToken" value="([^"]+)"/.exec(html)![1],
		};
		const action = /<form method="post" action="([^"]+)"/.exec(html)![1];
		const path = new URL(action, 'http://api/dashboard/pixels').pathname;
		expect((await post(path, corrected)).status).toBe(303);
		expect(await store.listPixels({ limit: 10 })).toMatchObject({ pixels: [{ name: 'Short' }] });
	});

	it('delete a pixel from its log page, and then say so on the dashboard', async () => {
		const { id } = await store.createPixel({ name: 'Gone' });
		const other = await store.createPixel({ name: 'Stays' });
		const asked = await isPage(await client.send(`/logs/${id}?delete`), 200);
		const [, formToken] = /name="formToken" value="([^"]+)"/.exec(asked)!;
		const [, action] = /<form method="post" action="([^"]+)"/.exec(asked)!;
		const path = new URL(action, `http://api/logs/${id}`).pathname;
		expect(await isPage(await post(path, { formToken: 'guessed' }), 403)).toContain('too old');
		expect(await store.getPixel(id)).not.toBeNull();
		const response = await post(path, { formToken });
		expect(response.status).toBe(303);
		const target = new URL(response.headers.get('location')!, `${BASE_URL}${path}`);
		expect(`${target.origin}${target.pathname}`).toBe(`${BASE_URL}/dashboard`);
		expect(await dashboard(target.search)).toContain('The pixel was deleted');
		expect(await store.listPixels({ limit: 10 })).toMatchObject({ pixels: [{ id: other.id }] });
		expect(await isPage(await post(path, { formToken }), 404)).toContain('Pixel not found');
	});

	it.each([
		['/dashboard', 'href=""', 'Try again'],
		['/logs/some-pixel', 'href=""', 'Try again'],
	])('say in plain words why %s cannot be shown, with status 503', async (path, link, text) => {
		const reason = 'PostgreSQL could not be reached (ECONNREFUSED). Check host & port.';
		const away = testApi(store, {
			openStore: async () => {
				throw new StoreError('unavailable', reason);
			},
		});
		const html = await isPage(await away.send(path), 503);
		expect(html).toContain(reason.replace('&', '&amp;'));
		expect(html).toContain(link);
		expect(html).toContain(text);
		expect(away.errors).toMatchObject([{ message: reason }]);
	});

	it('show the setup also while the store is away, and none of it to strangers', async () => {
		const sound = await isPage(await client.send('/setup'), 200);
		expect(sound).toContain('<a href="setup" aria-current="page">Setup</a>');
		expect(await dashboard()).toContain('<a href="setup">Setup</a>');
		const away = testApi(store, {
			openStore: async () => {
				throw new StoreError('unavailable', 'It could not be reached.');
			},
			setupFacts: async () => ({
				...SOUND_SETUP,
				store: { error: 'It could not be reached.' },
				doors: null,
				probe: null,
			}),
		});
		expect(await isPage(await away.send('/setup'), 200)).toContain('It could not be reached.');
		const asked = jest.fn();
		const closed = testApi(store, {
			access: async () => ({
				headerName: 'X-Api-Key',
				keys: { read: '', manage: 'key' },
				signIns: {
					read: { user: 'reader', password: 'reading' },
					manage: { user: '', password: '' },
				},
			}),
			setupFacts: asked,
		});
		expect(await isPage(await closed.send('/setup'), 401)).not.toContain('Public address');
		expect(asked).not.toHaveBeenCalled();
	});

	it('say no more than that something failed where the reason may be anything', async () => {
		const broken = testApi(store, {
			openStore: async () => {
				throw new Error('secret@example.com');
			},
		});
		const html = await isPage(await broken.send('/dashboard'), 500);
		expect(html).not.toContain('secret');
		expect(broken.errors).toHaveLength(1);
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

	it('have live figures only where asked for, in a frame that loads itself again', async () => {
		expect(await dashboard()).not.toContain('<iframe');
		expect(await dashboard('?live=on')).toContain('<iframe class="live" src="dashboard/live');
		const { headers } = await client.send('/dashboard/live');
		expect(headers.get('refresh')).toBe('30');
		expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
		expect(headers.get('content-security-policy')).toContain("frame-ancestors 'self'");
		const page = await client.send('/dashboard?live=on');
		expect(page.headers.get('refresh')).toBeNull();
		expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
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
		await store.createPixel({ name: 'x' });
		expect(await dashboard('?tz=Mars/Base')).toContain('<option selected>Europe/Berlin');
		expect(await dashboard('?tz=Asia/Tokyo')).toContain('<option selected>Asia/Tokyo');
	});
});
