import { OpenDataMinimizer } from '../../nodes/OpenDataMinimizer/OpenDataMinimizer.node';
import { openEventSchema } from '../../src/tracking/event/open-event';
import { executeNode } from '../support/node-context';
import { openEvent } from '../support/open-events';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const node = new OpenDataMinimizer();
const THUNDERBIRD =
	'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0';

describe('Open Data Minimizer', () => {
	let folder: UserFolder;
	beforeEach(() => {
		folder = newUserFolder();
	});
	afterEach(async () => await folder.remove());

	const minimized = async (json: object, parameters: Record<string, unknown> = {}) => {
		const { output } = await executeNode(node, [{ json: json as never }], { parameters });
		return output[0][0];
	};
	const full = openEvent({
		eventId: '0198f0a0-0000-7000-8000-000000000001',
		occurredAt: '2026-11-20T10:34:56.789Z',
		recipientId: 'marker-ada',
		messageId: 'marker-message',
		trackingMode: 'full',
		request: {
			ip: '203.0.113.77',
			userAgent: THUNDERBIRD,
			referer: 'https://example.com/marker',
			acceptLanguage: 'fr',
		},
	});

	it('keeps with its defaults a valid event that names nobody, and lists what went by name', async () => {
		const item = await minimized(full);
		expect(item.pairedItem).toEqual({ item: 0 });
		expect(JSON.stringify(item)).not.toMatch(/marker|203\.0\.113|Thunderbird\/128|34:56/);
		expect(openEventSchema.safeParse(item.json).success).toBe(true);
		expect(item.json).toMatchObject({
			occurredAt: '2026-11-20T10:00:00.000Z',
			recipientId: expect.stringMatching(/^p_[0-9a-f]{32}$/),
			client: { family: expect.stringContaining('Thunderbird'), os: expect.any(String) },
			request: { ip: null, userAgent: null },
			minimized: {
				removed: ['messageId', 'request.acceptLanguage', 'request.ip', 'request.referer'],
				reduced: expect.arrayContaining(['occurredAt', 'recipientId', 'request.userAgent']),
			},
		});
	});

	it('gives the same person another pseudonym in another campaign, and the same one again', async () => {
		const name = async (campaignId: string) =>
			(await minimized({ ...full, campaignId })).json.recipientId;
		expect(await name('spring')).toBe(await name('spring'));
		expect(await name('autumn')).not.toBe(await name('spring'));
	});

	it('keeps a network, or a hash that is the same all day, where it is asked to', async () => {
		const fields = ['eventId', 'event', 'occurredAt', 'trackingMode', 'actor', 'request.ip'];
		const network = await minimized(full, { fields, ip: 'truncate', recipient: 'drop' });
		expect(network.json.request).toMatchObject({ ip: '203.0.113.0' });
		const hash = async () =>
			(
				(await minimized(full, { fields, ip: 'hash', recipient: 'drop' })).json.request as {
					ip: string;
				}
			).ip;
		expect(await hash()).toMatch(/^[0-9a-f]{32}$/);
		expect(await hash()).toBe(await hash());
	});

	it('takes from a click what it takes from an open, and where the link leads', async () => {
		const link = { url: 'https://shop.example/boots?for=ada', position: 2, label: 'Boots' };
		const click = { ...full, event: 'click', purpose: 'clicks', link };
		const fields = ['eventId', 'event', 'occurredAt', 'trackingMode', 'actor', 'link.position'];
		const { json } = await minimized(click, { fields, recipient: 'drop' });
		expect(json).toMatchObject({ event: 'click', link: { position: 2 } });
		expect(JSON.stringify(json)).not.toMatch(/shop\.example|Boots|203\.0/);
	});

	it('works on any item by the paths it is told', async () => {
		const item = await minimized(
			{ customer: { email: 'a@example.com', plan: 'pro' }, at: '2026-11-20T10:34:56Z', list: [1] },
			{
				fields: [],
				time: 'day',
				options: {
					moreFields: 'customer.email, customer.plan, at',
					recipient: 'customer.email',
					time: 'at',
					reportField: 'report',
				},
			},
		);
		expect(item.json).toEqual({
			customer: { email: expect.stringMatching(/^p_/), plan: 'pro' },
			at: '2026-11-20T00:00:00.000Z',
			report: { removed: ['list'], reduced: ['at', 'customer.email'] },
		});
	});
});
