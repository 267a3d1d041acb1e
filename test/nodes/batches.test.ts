import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { IDataObject, INodeType } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { resources } from '../../nodes/OpenTracking/resources';
import { TrackingConsentFilter } from '../../nodes/TrackingConsentFilter/TrackingConsentFilter.node';
import { TrackingPixel } from '../../nodes/TrackingPixel/TrackingPixel.node';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import { consentRecord } from '../support/consent-records';
import { keysOf } from '../support/denylist-keys';
import { executeNode } from '../support/node-context';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const tracking = new OpenTracking();
const PIXEL = 'newsletter';

interface Work {
	title: string;
	node: INodeType;
	parameters: IDataObject;
	/** The item of one person */
	item: (person: string) => IDataObject;
	/** What makes an item fail */
	bad: IDataObject;
	/** Every question or write of the store that this needs */
	calls: Array<keyof TrackingStore>;
}

const person = (recipientId: string) => ({ recipientId });
const operation = (resource: string, name: string, parameters: IDataObject = {}) => ({
	resource,
	operation: name,
	...parameters,
});
const UNSIGNED_IMPORT = operation('open', 'import', { importOptions: { acceptUnsigned: true } });
const personId = '={{ $json.recipientId }}';

const WORK: Work[] = [
	{
		title: 'Tracking Consent Filter',
		node: new TrackingConsentFilter(),
		parameters: { consentPolicy: 'objection-honoured', recipientId: personId },
		item: person,
		bad: { recipientId: '' },
		calls: ['deniedAmong', 'listConsentsOf'],
	},
	{
		title: 'Create Tracking Link',
		node: new TrackingPixel(),
		parameters: {
			operation: 'createLink',
			recipientId: personId,
			linkOptions: { trackingMode: 'identified', pixelId: PIXEL },
		},
		item: person,
		bad: { recipientId: '' },
		calls: ['deniedAmong', 'listConsentsOf', 'listParts', 'findPixels'],
	},
	{
		title: 'Consent → Get',
		node: tracking,
		parameters: operation('consent', 'get', { personId }),
		item: person,
		bad: { recipientId: '' },
		calls: ['listConsentsOf'],
	},
	{
		title: 'Consent → Record',
		node: tracking,
		parameters: operation('consent', 'record', {
			personId,
			consentMethod: 'form',
			noticeText: 'We would like to know',
		}),
		item: person,
		bad: { recipientId: 'x'.repeat(2000) },
		calls: ['recordConsent'],
	},
	{
		title: 'Consent → Withdraw',
		node: tracking,
		parameters: operation('consent', 'withdraw', {
			personId,
			withdrawPurpose: 'performance',
			withdrawMethod: 'reply to an email',
		}),
		item: person,
		bad: { recipientId: 'x'.repeat(2000) },
		calls: ['listConsentsOf', 'recordConsent'],
	},
	{
		title: 'Open → Import',
		node: tracking,
		parameters: UNSIGNED_IMPORT,
		item: (id) => ({
			body: [{ event: 'open', timestamp: 1_790_000_000, email: id, sg_event_id: id }],
		}),
		bad: { body: [{ event: 'open', timestamp: 'no time', email: 'eve', sg_event_id: 'eve' }] },
		calls: ['deniedAmong', 'listConsentsOf', 'recordUnlessErased'],
	},
	{
		title: 'Pixel → Create',
		node: tracking,
		parameters: operation('pixel', 'create', { pixelName: personId }),
		item: person,
		bad: { recipientId: 'x'.repeat(3000) },
		calls: ['createPixels'],
	},
	{
		title: 'Pixel → Get',
		node: tracking,
		parameters: operation('pixel', 'get', { pixelId: '={{ $json.pixelId }}' }),
		item: () => ({ pixelId: PIXEL }),
		bad: { pixelId: 'unknown' },
		calls: ['findPixels'],
	},
	{
		title: 'Pixel → Get Embed Code',
		node: tracking,
		parameters: operation('pixel', 'getEmbedCode', {
			pixelId: '={{ $json.pixelId }}',
			embedRecipientId: personId,
		}),
		item: (recipientId) => ({ pixelId: PIXEL, recipientId }),
		bad: { pixelId: 'unknown' },
		calls: ['deniedAmong', 'findPixels', 'listConsentsOf'],
	},
	{
		title: 'Recipient → Add Many',
		node: tracking,
		parameters: operation('recipient', 'addMany', {
			pixelId: PIXEL,
			recipients: '={{ $json.list }}',
		}),
		item: (recipientId) => ({ list: [{ recipientId }] }),
		bad: { list: [{ recipientId: 'x'.repeat(2000) }] },
		calls: ['findPixels', 'addRecipients'],
	},
	{
		title: 'Recipient → Register Sent',
		node: tracking,
		parameters: operation('recipient', 'registerSent', {
			sentPixelId: PIXEL,
			sentRecipientId: personId,
		}),
		item: person,
		bad: { recipientId: 'x'.repeat(2000) },
		calls: ['registerSent'],
	},
	{
		title: 'Recipient → Set Segments',
		node: tracking,
		parameters: operation('recipient', 'setSegments', {
			segmentRecipientId: personId,
			segments: 'customers',
		}),
		item: person,
		bad: { recipientId: 'x'.repeat(2000) },
		calls: ['changeSegments'],
	},
	{
		title: 'Status → Check',
		node: tracking,
		parameters: operation('status', 'check', {
			pixelId: '={{ $json.pixelId }}',
			statusRecipientId: personId,
		}),
		item: (recipientId) => ({ pixelId: PIXEL, recipientId }),
		bad: { pixelId: '' },
		calls: ['listStatuses'],
	},
];

describe.each(WORK)('$title with many items', ({ node, parameters, item, bad, calls }) => {
	let folder: UserFolder;
	let store: TrackingStore;
	beforeEach(async () => {
		folder = newUserFolder();
		store = await folder.store();
		await store.createPixel({ id: PIXEL, name: 'Newsletter' });
	});
	afterEach(async () => await folder.remove());

	const run = async (items: IDataObject[], continueOnFail = false) => {
		const { output } = await executeNode(
			node,
			items.map((json) => ({ json })),
			{ parameters, continueOnFail, mode: 'manual' },
		);
		return output.flat();
	};

	it('asks and writes the store once per 500 items', async () => {
		// Whether the store knows the keys is asked once for each process.
		await run([item('before')]);
		const asked = new Map<string, number>();
		for (const name of Object.keys(store) as Array<keyof TrackingStore>) {
			const real = store[name] as (...args: unknown[]) => unknown;
			Object.assign(store, {
				[name]: (...args: unknown[]) => {
					asked.set(name, (asked.get(name) ?? 0) + 1);
					return real(...args);
				},
			});
		}
		const people = Array.from({ length: 1000 }, (_, n) => `person-${n}`);
		const items = await run(people.map(item));
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual(
			people.map((_, index) => ({ item: index })),
		);
		expect(Object.fromEntries(asked)).toEqual(Object.fromEntries(calls.map((name) => [name, 2])));
	});

	it('does the others where one fails and the user chose to continue', async () => {
		const items = await run([item('ada'), bad, item('bob')], true);
		const failed = items.filter(({ json }) => json.error !== undefined);
		expect(failed).toMatchObject([{ json: bad, pairedItem: { item: 1 } }]);
		expect(items.map(({ pairedItem }) => (pairedItem as { item: number }).item).sort()).toEqual([
			0, 1, 2,
		]);
	});

	it('names the first item that fails', async () => {
		const error: unknown = await run([item('ada'), bad, item('bob'), bad]).catch(
			(thrown) => thrown,
		);
		expect(error).toBeInstanceOf(NodeOperationError);
		expect((error as NodeOperationError).context.itemIndex).toBe(1);
	});
});

it('every operation on many items of Open Tracking is in the table of this file', () => {
	const onMany = resources.flatMap(({ name: resource, operations }) =>
		operations.filter((one) => 'executeMany' in one).map(({ name }) => `${resource} → ${name}`),
	);
	expect(WORK.filter(({ node }) => node === tracking).map(({ title }) => title)).toEqual(onMany);
});

describe('many items', () => {
	let folder: UserFolder;
	let store: TrackingStore;
	beforeEach(async () => {
		folder = newUserFolder();
		store = await folder.store();
	});
	afterEach(async () => await folder.remove());

	const opens = (...ids: string[]) => ({
		body: ids.map((id) => ({
			event: 'open',
			timestamp: 1_790_000_000,
			email: id,
			sg_event_id: id,
		})),
	});
	const imported = async (items: IDataObject[], continueOnFail = false) =>
		await executeNode(
			tracking,
			items.map((json) => ({ json })),
			{ parameters: UNSIGNED_IMPORT, continueOnFail },
		);
	const storedPeople = async () =>
		(await store.listOpens({ limit: 1000 })).opens.map(({ recipientId }) => recipientId).sort();

	it('each get the answer about their own person', async () => {
		await store.recordConsent(
			[
				consentRecord({ recipientKey: 'ada', status: 'given' }),
				consentRecord({ recipientKey: 'bob', status: 'refused' }),
			],
			new Date(),
			keysOf,
		);
		const people = ['bob', 'ada', 'carla', 'ada'];
		const filtered = await executeNode(
			new TrackingConsentFilter(),
			people.map((recipientId) => ({ json: { recipientId } })),
			{ parameters: { consentPolicy: 'consent-required', recipientId: personId } },
		);
		expect(filtered.output.map((items) => items.map(({ pairedItem }) => pairedItem))).toEqual([
			[{ item: 1 }, { item: 3 }],
			[{ item: 0 }, { item: 2 }],
		]);
		const linked = await executeNode(
			new TrackingPixel(),
			people.map((recipientId) => ({ json: { recipientId } })),
			{ parameters: { operation: 'createLink', recipientId: personId } },
		);
		expect(linked.output[0].map(({ json }) => (json.tracking as IDataObject).untracked)).toEqual([
			'The person refused to be tracked',
			null,
			null,
			null,
		]);
	});

	it('are imported up to the first one that cannot be read, and none behind it', async () => {
		const bad = { body: [{ event: 'open', timestamp: 'no time', email: 'x', sg_event_id: 'x' }] };
		await expect(imported([opens('ada'), bad, opens('bob')])).rejects.toMatchObject({
			context: { itemIndex: 1 },
		});
		expect(await storedPeople()).toEqual(['ada']);
	});

	it('that were imported come out, where the store goes away behind them', async () => {
		const many = Array.from({ length: 500 }, (_, n) => `person-${String(n).padStart(3, '0')}`);
		const real = store.recordUnlessErased;
		let calls = 0;
		jest.spyOn(store, 'recordUnlessErased').mockImplementation(async (checked) => {
			calls += 1;
			if (calls > 1) throw new Error('The store went away.');
			return await real(checked);
		});
		const { output } = await imported([opens(...many), opens('late')], true);
		expect(output[0].map(({ json }) => json.error ?? json.recipientId)).toEqual([
			...many,
			'The store went away.',
		]);
		expect(await storedPeople()).toEqual(many);
	});

	it('say once together what became of them', async () => {
		const { hints } = await imported([opens('ada', 'bob'), opens('ada'), opens('carla')]);
		expect(hints).toEqual([
			{
				message: '3 opens and 0 clicks are new, 1 were known, 0 may not be stored. Other events: 0',
			},
		]);
	});

	it('are added to the pixel that each one names', async () => {
		await store.createPixels([
			{ id: 'one', name: 'One' },
			{ id: 'two', name: 'Two' },
		]);
		const { output } = await executeNode(
			tracking,
			['one', 'one', 'two', 'gone', 'one'].map((pixelId, n) => ({
				json: { pixelId, list: [{ recipientId: `a${n}` }, { recipientId: `b${n}` }] },
			})),
			{
				parameters: operation('recipient', 'addMany', {
					pixelId: '={{ $json.pixelId }}',
					recipients: '={{ $json.list }}',
				}),
				continueOnFail: true,
			},
		);
		expect(output[0].map(({ json }) => [json.pixelId, json.recipientId ?? 'failed'])).toEqual([
			['one', 'a0'],
			['one', 'b0'],
			['one', 'a1'],
			['one', 'b1'],
			['two', 'a2'],
			['two', 'b2'],
			['gone', 'failed'],
			['one', 'a4'],
			['one', 'b4'],
		]);
	});

	it('ask a hosted tracker for one pixel after the other', async () => {
		let open = 0;
		let most = 0;
		const server = createServer((_request, response) => {
			most = Math.max(most, (open += 1));
			setImmediate(() => {
				open -= 1;
				response.setHeader('content-type', 'application/json');
				response.end(
					JSON.stringify({ id: 'p', embedCode: '<img src="https://tracker.example.com/p.png">' }),
				);
			});
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const { port } = server.address() as AddressInfo;
		const { output } = await executeNode(
			new TrackingPixel(),
			Array.from({ length: 20 }, () => ({ json: {} })),
			{
				parameters: { operation: 'createLink', trackedBy: 'hosted' },
				credentials: { hostedPixelTrackerApi: { baseUrl: `http://127.0.0.1:${port}` } },
			},
		);
		server.close();
		expect(output[0].map(({ json }) => (json.tracking as IDataObject).url)).toEqual(
			Array(20).fill('https://tracker.example.com/p.png'),
		);
		expect(most).toBe(1);
	});
});
