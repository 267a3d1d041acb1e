import { randomBytes } from 'node:crypto';

import type { IDataObject, INodeType } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { OpenEventSink } from '../../nodes/OpenEventSink/OpenEventSink.node';
import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { RespondAndLogOpen } from '../../nodes/RespondAndLogOpen/RespondAndLogOpen.node';
import { TrackingConsentFilter } from '../../nodes/TrackingConsentFilter/TrackingConsentFilter.node';
import { TrackingPixel } from '../../nodes/TrackingPixel/TrackingPixel.node';
import { signingOf } from '../../nodes/shared/installation/signing';
import * as sentMessages from '../../src/storage/pixels/sent-messages';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import { signPersonToken } from '../../src/tracking/links/person-link';
import { TOKEN_IV_BYTES } from '../../src/tracking/links/sealed-token';
import { consentRecord, NOTICE } from '../support/consent-records';
import { executeContext, executeNode } from '../support/node-context';
import { openEvent } from '../support/open-events';
import { newUserFolder, type UserFolder } from '../support/user-folder';
import { keysOf } from '../support/denylist-keys';

const UNKNOWN = '00000000-0000-4000-8000-000000000000';
const CONTROLLER = { controllerName: 'Example Ltd', controllerContact: 'privacy@example.com' };
/** An expression that gives nothing, as one with a misspelled field does. */
const NOTHING = '={{ $json.noSuchField }}';
const tracking = new OpenTracking();

let folder: UserFolder;
let store: TrackingStore;
beforeEach(async () => {
	folder = newUserFolder();
	store = await folder.store();
});
afterEach(async () => await folder.remove());

async function execute(node: INodeType, parameters: IDataObject, json: IDataObject = {}) {
	const { output, responses, hints } = await executeNode(node, [{ json }], { parameters });
	return { items: output.flat().map((item) => item.json), responses, hints };
}

const run = async (resource: string, operation: string, parameters: IDataObject = {}) =>
	await execute(tracking, { resource, operation, ...parameters });

/** The error of a run that must fail: what is wrong, what to do, and of which item. */
async function errorOf(ran: Promise<unknown>): Promise<NodeOperationError> {
	const error: unknown = await ran.then(
		() => Promise.reject(new Error('It succeeded')),
		(thrown) => thrown,
	);
	expect(error).toBeInstanceOf(NodeOperationError);
	const { description, context } = error as NodeOperationError;
	expect({ description, itemIndex: context.itemIndex }).toEqual({
		description: expect.stringMatching(/^[A-Z].+/),
		itemIndex: 0,
	});
	return error as NodeOperationError;
}

describe('an ID that the store does not know', () => {
	it.each([
		['pixel', 'get'],
		['pixel', 'getEmbedCode'],
		['recipient', 'getMany'],
		['recipient', 'exportCsv'],
		['recipient', 'addMany'],
		['report', 'getLogPage'],
	])('of a pixel is an error in %s → %s', async (resource, operation) => {
		const error = await errorOf(run(resource, operation, { pixelId: UNKNOWN }));
		expect(error.message).toBe('There is no pixel with this Pixel ID');
		expect(error.description).toContain('Pixel → Get Many');
	});

	it.each([
		['pixel', 'delete', { pixelId: UNKNOWN }, 'no pixel with this Pixel ID', 'Pixel → Get Many'],
		['recipient', 'delete', { recipientRowId: 'ada' }, 'no recipient with this ID', 'Get Many'],
		[
			'recipient',
			'getNotOpened',
			{ notOpenedCampaignId: 'sprnig' },
			'no campaign with this Campaign ID',
			'Register Sent',
		],
		[
			'consent',
			'exportProof',
			{ personId: 'adda', ...CONTROLLER },
			'Nothing is recorded about the consent of this person',
			'denylistKey',
		],
	])('is an error in %s → %s', async (resource, operation, parameters, message, advice) => {
		const error = await errorOf(run(resource, operation, parameters));
		expect(error.message).toContain(message);
		expect(error.description).toContain(advice);
	});

	it('is told apart from a pixel and a campaign that have nothing to list yet', async () => {
		const { id: pixelId } = await store.createPixel({ name: 'New', campaignId: 'new' });
		expect((await run('recipient', 'getMany', { pixelId })).items).toEqual([]);
		expect((await run('recipient', 'exportCsv', { pixelId })).items).toEqual([
			{ pixelId, recipients: 0 },
		]);
		const asked = { notOpenedCampaignId: 'new' };
		const error = await errorOf(run('recipient', 'getNotOpened', asked));
		expect(error.message).toBe('No message of this campaign is registered as sent to a recipient');
		const mail = { pixelId, campaignId: 'new', recipientId: 'ada', messageId: null };
		await store.registerSent([{ ...mail, sentAt: new Date(), trackingMode: 'identified' }], keysOf);
		// Sent today: too young to be called not opened, and so nobody is listed.
		expect((await run('recipient', 'getNotOpened', asked)).items).toEqual([]);
	});

	it('has not been opened as far as the store can tell, and the status says that it does not know it', async () => {
		const { items } = await run('status', 'check', { pixelId: UNKNOWN });
		expect(items).toEqual([
			{
				pixelId: UNKNOWN,
				found: false,
				opened: false,
				message: expect.stringContaining('no pixel with this ID, no message registered as sent'),
			},
		]);
		const { id: pixelId } = await store.createPixel({ name: 'Known' });
		const known = await run('status', 'check', { pixelId, statusRecipientId: 'nobody' });
		expect(known.items).toMatchObject([
			{ found: false, opened: false, message: expect.stringContaining('this recipient') },
		]);
	});
});

describe('an erasure or a copy that finds nothing', () => {
	const erase = async (personId: string) =>
		(await run('privacy', 'erasePerson', { personId })).items[0];

	it('says so, and still keeps pixels in sent emails silent', async () => {
		const receipt = await erase('adda');
		expect(receipt).toMatchObject({
			found: false,
			remark: expect.stringMatching(/^Nothing was found .+ Check the ID/),
		});
		expect(receipt.kept).toContainEqual(
			expect.objectContaining({ dataClass: 'denylist', records: 1 }),
		);
		expect(JSON.stringify(receipt)).not.toContain('adda');
	});

	it('says of an address that people may be known by an ID alone', async () => {
		const receipt = await erase('ada@example.com');
		expect(receipt.remark).toContain('known by their ID alone');
		const { items } = await run('privacy', 'exportPerson', {
			personId: 'ada@example.com',
			...CONTROLLER,
		});
		expect(items[0]).toMatchObject({
			found: false,
			remark: expect.stringContaining('erased before'),
		});
	});

	it('tells a second erasure from one of somebody unknown', async () => {
		await store.recordOpens([openEvent({ recipientId: 'ada' })]);
		expect(await erase('ada')).toMatchObject({ found: true, remark: null });
		expect(await erase('ada')).toMatchObject({
			found: false,
			remark: expect.stringContaining('erased before'),
		});
	});

	it.each([
		['stored', true, 'Your data is erased'],
		['not stored', false, 'We found nothing that is stored about you'],
	])('tells a person who is %s what happened', async (_case, isStored, words) => {
		if (isStored) await store.recordOpens([openEvent({ recipientId: 'ada' })]);
		const { keyRing } = await signingOf(executeContext(tracking, []).context);
		const link = { recipientId: 'ada', scope: 'rights' as const, issuedAt: new Date() };
		const { items, responses } = await run('privacy', 'erasePerson', {
			personBy: 'link',
			personToken: signPersonToken(link, keyRing, randomBytes(TOKEN_IV_BYTES)),
		});
		expect(items).toMatchObject([{ found: isStored }]);
		const page = String((responses[0] as { body: Buffer }).body);
		expect(page).toContain(words);
		expect(page).toContain(items[0].receiptId);
	});

	it('counts proof of consent alone as found', async () => {
		await store.recordConsent([consentRecord()], new Date(), keysOf);
		expect(await erase('ada')).toMatchObject({ found: true });
	});

	it('leaves proof of consent that is found by the key on the receipt', async () => {
		await store.recordConsent([consentRecord()], new Date(), keysOf);
		const { denylistKey } = await erase('ada');
		const { items } = await run('consent', 'exportProof', {
			personId: denylistKey as string,
			...CONTROLLER,
		});
		expect(items[0]['@graph']).toHaveLength(1);
	});
});

describe('Register Sent', () => {
	it('registers nothing without an ID that opens could be compared by', async () => {
		const error = await errorOf(
			run('recipient', 'registerSent', { sentFields: { messageId: 'message-1' } }),
		);
		expect(error.message).toBe('There is no ID to register a sent message under');
		expect((await store.getDashboard()).totals.sent).toBe(0);
	});

	it('takes a recipient ID that is a number', async () => {
		const { items } = await execute(
			tracking,
			{
				resource: 'recipient',
				operation: 'registerSent',
				sentRecipientId: '={{ $json.customer }}',
			},
			{ customer: 42 },
		);
		expect(items).toMatchObject([{ recipientId: '42', registered: true }]);
	});

	const LONG = 'x'.repeat(2000);
	const sentTo = async (recipients: unknown[], continueOnFail: boolean) =>
		await executeNode(
			tracking,
			recipients.map((recipient) => ({ json: { recipient } as IDataObject })),
			{
				parameters: {
					resource: 'recipient',
					operation: 'registerSent',
					sentRecipientId: '={{ $json.recipient }}',
				},
				continueOnFail,
			},
		);

	it.each([
		['has no ID', '', /no ID to register/],
		['is refused by the store', LONG, /longer than 256 characters/],
	])('goes on past an item that %s', async (_what, bad, error) => {
		const { output } = await sentTo(['ada', bad, 'bob', 'ada'], true);
		expect(output[0]?.map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 1, 2, 3].map((item) => ({ item })),
		);
		expect(output[0]?.map(({ json }) => json)).toMatchObject([
			{ recipientId: 'ada', registered: true },
			{ recipient: bad, error: expect.stringMatching(error) },
			{ recipientId: 'bob', registered: true },
			{ recipientId: 'ada', registered: false, because: expect.stringContaining('already') },
		]);
		expect((await store.getDashboard()).totals.sent).toBe(2);
	});

	it.each([
		['has no ID', ''],
		['is refused by the store', LONG],
	])('stops at an item that %s, with those before it registered', async (_what, bad) => {
		const error: unknown = await sentTo(['ada', bad, 'bob'], false).catch((thrown) => thrown);
		expect(error).toBeInstanceOf(NodeOperationError);
		expect((error as NodeOperationError).context.itemIndex).toBe(1);
		expect((await store.getDashboard()).totals.sent).toBe(1);
	});

	it('registers a thousand messages in two calls of the store', async () => {
		const items = Array.from({ length: 1000 }, (_, index) => `recipient-${index}`);
		const calls = jest.spyOn(sentMessages, 'registerSent');
		const { output } = await sentTo(items, false);
		expect(output[0]?.map(({ json }) => json.recipientId)).toEqual(items);
		expect(calls).toHaveBeenCalledTimes(2);
		expect((await store.getDashboard()).totals.sent).toBe(1000);
	});

	it('says why a message was not registered', async () => {
		const sent = async (sentFields: IDataObject) =>
			(await run('recipient', 'registerSent', { sentRecipientId: 'ada', sentFields })).items[0];
		expect(await sent({})).toMatchObject({ registered: true, because: null });
		expect(await sent({})).toMatchObject({
			registered: false,
			because: expect.stringContaining('registered already'),
		});
		expect(await sent({ trackingMode: 'off' })).toMatchObject({
			registered: false,
			because: expect.stringContaining('Off'),
		});
	});
});

describe('a consent page', () => {
	const page = { resource: 'consent', operation: 'applyChoice', noticeText: NOTICE };
	const visit = { query: {}, body: { action: 'save', performance: 'given' } };

	it.each([
		['consent', 'applyChoice', { noticeText: NOTICE }],
		['consent', 'unsubscribe', {}],
		['privacy', 'erasePerson', { personBy: 'link' }],
		['privacy', 'exportPerson', { personBy: 'link', ...CONTROLLER }],
		['privacy', 'getConfirmationLink', { personBy: 'link', ...CONTROLLER }],
	])(
		'without a token is answered in %s → %s, and is an error of the workflow',
		async (resource, operation, parameters) => {
			const { context, responses } = executeContext(tracking, [{ json: visit }], {
				parameters: { resource, operation, ...parameters },
			});
			const error = await errorOf(tracking.execute.call(context));
			expect(error.message).toBe('There is no token');
			expect(error.description).toContain('query.t');
			expect(responses).toMatchObject([{ statusCode: 403 }]);
			expect(String((responses[0] as { body: Buffer }).body)).toContain('This link does not work');
		},
	);

	it('that somebody only looks at without a token shows that the link does not work', async () => {
		const { items, responses } = await execute(tracking, { ...page, operation: 'showPage' }, visit);
		expect(items).toEqual([{ shown: 'invalid', reason: 'The link does not hold' }]);
		expect(responses).toMatchObject([{ statusCode: 403 }]);
	});

	it('with a forged token changes nothing, and says why', async () => {
		const { items } = await execute(tracking, page, { ...visit, query: { t: 'forged' } });
		expect(items).toEqual([{ changed: [], reason: 'The link does not hold' }]);
	});

	it('whose form is no JSON says so in plain words', async () => {
		const error = await errorOf(execute(tracking, { ...page, choiceForm: '{' }, visit));
		expect(error.message).toBe('Form Data is not valid JSON');
	});
});

describe('a field that an expression filled with something else', () => {
	it.each([
		[
			'a person who is an object',
			'consent',
			'withdraw',
			{ personId: '={{ $json }}' },
			'Recipient ID is not text',
		],
		[
			'a limit that is no number',
			'open',
			'getMany',
			{ limit: '={{ $json.word }}' },
			'Limit is not a number of at least 1',
		],
		[
			'page 0',
			'report',
			'getLogPage',
			{ pixelId: UNKNOWN, page: 0 },
			'Page is not a number of at least 1',
		],
		[
			'an unknown language',
			'consent',
			'showPage',
			{ noticeText: NOTICE, pageLanguage: '={{ $json.word }}' },
			'Language is none of en, fr, de, it',
		],
		[
			'an unknown purpose',
			'consent',
			'showPage',
			{ noticeText: NOTICE, consentPurposes: ['soon'] },
			'Purposes is none of',
		],
		[
			'a time zone that does not exist',
			'report',
			'getDashboardPage',
			{ timeZone: 'Mars/Olympus' },
			'There is no time zone "Mars/Olympus"',
		],
		[
			'an empty list of recipients',
			'recipient',
			'addMany',
			{ recipients: '[]' },
			'Recipients is an empty list',
		],
		[
			'a method that is too long',
			'consent',
			'record',
			{ personId: 'ada', consentMethod: 'm'.repeat(300), noticeText: NOTICE },
			'method is longer than 256 characters',
		],
		[
			'a filter without a value',
			'open',
			'getMany',
			{ filters: { recipientId: NOTHING } },
			'The filter Recipient ID has no value',
		],
	])('is refused: %s', async (_case, resource, operation, parameters, message) => {
		const { id: pixelId } = await store.createPixel({ name: 'Known' });
		const known = operation === 'addMany' ? { pixelId } : {};
		const error = await errorOf(
			execute(tracking, { resource, operation, ...known, ...parameters }, { word: 'soon' }),
		);
		expect(error.message).toContain(message);
	});

	it('is understood where it is a number for text', async () => {
		const { id: pixelId } = await store.createPixel({ name: 'Known' });
		await store.addRecipients(pixelId, [{ recipientId: '42' }], keysOf);
		const { items } = await execute(
			tracking,
			{
				resource: 'status',
				operation: 'check',
				pixelId,
				statusRecipientId: '={{ $json.customer }}',
			},
			{ customer: 42 },
		);
		expect(items).toMatchObject([{ found: true, opened: false }]);
	});
});

describe('Tracking Pixel', () => {
	const pixel = new TrackingPixel();

	it.each([
		['Recipient ID', { operation: 'createLink', recipientId: NOTHING }],
		['HTML', { operation: 'embed', html: NOTHING, link: 'https://n8n.example.com/p.png' }],
		['Image as Base64', { operation: 'createImage', imageBase64: NOTHING }],
	])('makes nothing out of an empty %s', async (field, parameters) => {
		const error = await errorOf(execute(pixel, parameters));
		expect(error.message).toBe(`${field} is empty`);
	});
});

describe('Tracking Consent Filter', () => {
	it('does not take an email to nobody for one to somebody who did not object', async () => {
		const filter = { consentPolicy: 'objection-honoured' };
		const error = await errorOf(execute(new TrackingConsentFilter(), filter, { mail: 'hello' }));
		expect(error.message).toBe('Recipient ID is empty');
		const open = openEvent({ recipientId: null, recipientReason: 'missing' });
		const { items } = await execute(new TrackingConsentFilter(), filter, { ...open });
		expect(items).toMatchObject([{ trackingConsent: { allowed: true, status: 'unknown' } }]);
	});
});

describe('an item that is no open event', () => {
	it.each([
		['Respond and Log Open', new RespondAndLogOpen()],
		['Open Event Sink', new OpenEventSink()],
	])('is refused by %s in plain words', async (_name, node) => {
		// Who has no login is told so first, and nothing of the item.
		const credentials = { openTrackingSignedWebhookApi: {} };
		const run = async (json: IDataObject) => await executeNode(node, [{ json }], { credentials });
		const missing = await errorOf(run({ mail: 'hello' }));
		expect(missing.message).toBe('The item is not an open event: eventId is missing');
		const changed = { ...openEvent(), actor: 'me', occurredAt: 'today' };
		const wrong = await errorOf(run(changed as unknown as IDataObject));
		expect(wrong.message).toBe(
			'The item is not an open event: occurredAt is not a date and time in ISO 8601',
		);
	});
});

it('Open Event Sink without a login says so, and nothing of the item', async () => {
	const error = await errorOf(execute(new OpenEventSink(), {}, { mail: 'hello' }));
	expect(error.message).toBe('There is no login for Signed Webhook');
	expect(error.description).toContain('Choose its credential');
});

describe('Count People', () => {
	it('says for one value that nobody has which ones there are', async () => {
		await store.recordOpens([
			openEvent({ client: { family: 'Gmail', os: null, device: null }, campaignId: 'spring' }),
		]);
		const { items, hints } = await run('statistics', 'countPeople', {
			peopleOptions: { only: 'gmial' },
		});
		expect(items).toMatchObject([
			{ campaign: 'spring', value: 'gmial', count: 0, hidden: false },
			{ campaign: null, value: 'gmial', count: 0, hidden: false },
		]);
		expect(hints).toEqual([{ message: 'Nobody is counted under "gmial". There is: Gmail' }]);
	});
});
