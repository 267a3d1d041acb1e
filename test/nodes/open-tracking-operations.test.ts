import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { IDataObject, INodeProperties } from 'n8n-workflow';

import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { resources } from '../../nodes/OpenTracking/resources';
import { openStoreWithKeys } from '../../nodes/shared/installation/signing';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import type { OpenEvent } from '../../src/tracking/event/open-event';
import { signPersonToken, type PersonLinkScope } from '../../src/tracking/links/person-link';
import { RECEIVE_DEFAULTS } from '../../src/intake/receive-defaults';
import { reportedSettings } from '../../src/tracking/receive/reported-tracker';
import { consentRecord, NOTICE } from '../support/consent-records';
import { executeContext, executeNode } from '../support/node-context';
import { openEvent } from '../support/open-events';
import {
	eventSchema,
	expectSchema,
	schemaFile,
	simpleOpenSchema,
	type OutputSchema,
} from '../support/output-schemas';
import { newUserFolder, type UserFolder } from '../support/user-folder';
import { keysOf } from '../support/denylist-keys';

const node = new OpenTracking();
const DAY = 86_400_000;
const CAMPAIGN = 'spring-launch';
const CONTROLLER = { controllerName: 'Example Ltd', controllerContact: 'privacy@example.com' };

/** What the store of these tests holds, and the token of Ada's consent link. */
interface World {
	pixelId: string;
	adaId: string;
	keyId: string;
	consentToken: string;
	unsubscribeToken: string;
}

/** What a run gave the user. */
interface Result {
	items: IDataObject[];
	/** The text of the file in the first item */
	file: string;
	/** What the waiting Webhook node was answered with */
	page: string;
	status: number | undefined;
	/** What the node said beside its items */
	hints: string;
}

/** What one operation does with its default parameters, and with nothing filled in. */
interface Entry {
	/** The minimum that a user fills in */
	fill?: (world: World) => IDataObject;
	/** What has happened besides, before it runs */
	before?: (store: TrackingStore, world: World) => Promise<unknown>;
	/** The item in front of the node */
	item?: (world: World) => IDataObject;
	gives: string;
	check: (result: Result, world: World) => void;
	/** The error when nothing is filled in; or what an empty store gives where nothing needs to be */
	whenEmpty: string | ((result: Result) => void);
}

const pixelId = ({ pixelId: id }: World) => ({ pixelId: id });
const personId = () => ({ personId: 'ada' });
const form = (changes: IDataObject) => (world: World) => ({
	query: { t: world.consentToken },
	body: changes,
});
const click = (world: World, changes: Partial<OpenEvent>) =>
	openEvent({
		pixelId: world.pixelId,
		campaignId: CAMPAIGN,
		event: 'click',
		purpose: 'clicks',
		link: { url: 'https://shop.example/boots', position: 2, label: 'Boots' },
		...changes,
	});
const followLinks = async (store: TrackingStore, world: World) =>
	await store.recordOpens([
		...[1, 2].map(() => click(world, { recipientId: 'ada' })),
		click(world, { recipientId: 'bob', actor: 'scanner', actorReason: 'link-burst' }),
	]);
const nothingListed = ({ items }: Result) => expect(items).toEqual([]);

const ENTRIES: Record<string, Entry> = {
	'consent applyChoice': {
		fill: () => ({ noticeText: NOTICE }),
		item: form({ action: 'save', performance: 'no' }),
		gives: 'the answers that changed, and a page to the person',
		check: ({ items, page }) => {
			expect(items).toEqual([{ changed: [{ purpose: 'performance', status: 'withdrawn' }] }]);
			expect(page).toContain('Your answers are saved');
		},
		whenEmpty: 'Form Data is empty',
	},
	'consent exportProof': {
		fill: () => ({ personId: 'ada', ...CONTROLLER }),
		gives: 'the history of the consent as JSON-LD',
		check: ({ items }) => {
			expect(items[0]['@graph']).toHaveLength(1);
			expect(JSON.stringify(items)).toContain(NOTICE);
		},
		whenEmpty: 'Recipient ID is empty',
	},
	'consent get': {
		fill: personId,
		gives: 'where the person stands, and the record that says so',
		check: ({ items }) =>
			expect(items).toMatchObject([
				{ recipientId: 'ada', purpose: 'performance', status: 'given', record: { method: 'form' } },
			]),
		whenEmpty: 'Recipient ID is empty',
	},
	'consent getLink': {
		fill: personId,
		gives: 'a link that does not show the recipient ID',
		check: ({ items }) => {
			expect(items[0].consentUrl).toMatch(/^https:\/\/.+\/email-open\/privacy\?t=[\w-]+$/);
			expect(items[0].consentUrl).not.toContain('ada');
		},
		whenEmpty: 'Recipient ID is empty',
	},
	'consent record': {
		fill: () => ({ personId: 'eve', consentMethod: 'form', noticeText: NOTICE }),
		gives: 'the record, with the day the consent ends',
		check: ({ items }) =>
			expect(items).toMatchObject([
				{ recipientKey: 'eve', status: 'given', expiresAt: expect.stringMatching(/^\d{4}-/) },
			]),
		whenEmpty: 'Recipient ID is empty',
	},
	'consent showPage': {
		fill: () => ({ noticeText: NOTICE }),
		item: form({}),
		gives: 'the page with the notice to the person',
		check: ({ items, page, status }) => {
			expect(items).toEqual([{ shown: 'consent' }]);
			expect(status).toBe(200);
			expect(page).toContain(NOTICE);
		},
		whenEmpty: 'Notice is empty',
	},
	'consent unsubscribe': {
		item: ({ unsubscribeToken: t }) => ({
			query: { t },
			body: { 'List-Unsubscribe': 'One-Click' },
		}),
		gives: 'who wants no more emails, and a page without a redirect',
		check: ({ items, page, status }) => {
			expect(items).toEqual([{ unsubscribed: true, recipientId: 'ada' }]);
			expect(status).toBe(200);
			expect(page).toContain('You are no longer tracked');
		},
		whenEmpty: 'Form Data is empty',
	},
	'consent withdraw': {
		fill: () => ({ personId: 'ada', withdrawMethod: 'reply to an email' }),
		gives: 'the purposes that the person withdrew from: all',
		check: ({ items }) => {
			expect(items[0].recipientId).toBe('ada');
			expect(items[0].withdrawn).toHaveLength(9);
		},
		whenEmpty: 'Recipient ID is empty',
	},
	'open export': {
		gives: 'a CSV file with a line per open, and how many there are',
		check: ({ items, file }) => {
			expect(items).toEqual([{ opens: 1 }]);
			expect(file.split('\n')[0]).toMatch(/^occurredAt,recipientId,/);
			expect(file).toContain(',ada,');
		},
		whenEmpty: ({ items, file }) => {
			expect(items).toEqual([{ opens: 0 }]);
			expect(file).toMatch(/^occurredAt,[\w,]+\n?$/);
		},
	},
	'open getMany': {
		gives: 'an item per open',
		check: ({ items }) =>
			expect(items).toMatchObject([
				{ recipientId: 'ada', actor: 'human', clientFamily: 'Thunderbird' },
			]),
		whenEmpty: nothingListed,
	},
	'open import': {
		item: () => ({
			body: [
				{ event: 'open', timestamp: 1_790_000_000, email: 'bob@example.com', sg_event_id: 'one' },
				{ event: 'processed', timestamp: 1_790_000_000, email: 'bob@example.com' },
			],
		}),
		fill: () => ({ importOptions: { acceptUnsigned: true } }),
		gives: 'the opens that are new, and how many events were none',
		check: ({ items, hints }) => {
			expect(items).toMatchObject([{ event: 'open', recipientId: 'bob@example.com' }]);
			expect(hints).toBe(
				'1 opens and 0 clicks are new, 0 were known, 0 may not be stored. Other events: 1',
			);
		},
		whenEmpty: 'The payload was refused: there is nothing to check it with',
	},
	'open reclassify': {
		gives: 'how many opens were read and how many changed',
		check: ({ items }) => expect(items).toMatchObject([{ read: 1, relabeled: 0 }]),
		whenEmpty: ({ items }) => expect(items).toMatchObject([{ read: 0, relabeled: 0 }]),
	},
	'pixel create': {
		fill: () => ({ pixelName: 'Autumn' }),
		gives: 'the new pixel',
		check: ({ items }) =>
			expect(items).toMatchObject([{ name: 'Autumn', campaignId: null, counts: { opens: 0 } }]),
		whenEmpty: 'Name is empty',
	},
	'pixel delete': {
		fill: pixelId,
		gives: 'that it was deleted',
		check: ({ items }) => expect(items).toEqual([{ deleted: true }]),
		whenEmpty: 'Pixel ID is empty',
	},
	'pixel get': {
		before: followLinks,
		fill: pixelId,
		gives: 'the pixel with its counters',
		check: ({ items }) =>
			expect(items).toMatchObject([{ name: 'Spring launch', counts: { opens: 1, recipients: 2 } }]),
		whenEmpty: 'Pixel ID is empty',
	},
	'pixel getEmbedCode': {
		fill: pixelId,
		gives: 'the line of HTML with a signed link',
		check: ({ items }) => {
			expect(items[0].embedCode).toMatch(/^<img src="https:\/\/[^"]+pixel\.png\?t=[\w-]+"/);
			expect(items[0].embedCode).toContain(String(items[0].url));
		},
		whenEmpty: 'Pixel ID is empty',
	},
	'pixel getMany': {
		before: followLinks,
		gives: 'an item per pixel',
		check: ({ items }) => expect(items.map(({ name }) => name)).toEqual(['Spring launch']),
		whenEmpty: nothingListed,
	},
	'privacy closeRequest': {
		fill: () => ({ personId: 'bob', requestKind: 'copy' }),
		gives: 'that the request is off the list',
		check: ({ items }) =>
			expect(items).toEqual([{ recipientId: 'bob', request: 'copy', closed: true }]),
		whenEmpty: 'Recipient ID is empty',
	},
	'privacy erasePerson': {
		fill: personId,
		gives: 'a receipt that says how much was erased',
		check: ({ items }) => {
			expect(items).toMatchObject([{ schema: 'erasure-receipt/1', found: true, remark: null }]);
			expect(items[0].erased).toContainEqual({ dataClass: 'open', records: 1 });
		},
		whenEmpty: 'Recipient ID is empty',
	},
	'privacy exportPerson': {
		fill: () => ({ personId: 'ada', ...CONTROLLER }),
		gives: 'everything that is stored about the person',
		check: ({ items }) => {
			expect(items).toMatchObject([{ found: true, remark: null, subject: { recipientId: 'ada' } }]);
			expect(items[0].opens).toHaveLength(1);
		},
		whenEmpty: 'Recipient ID is empty',
	},
	'privacy getConfirmationLink': {
		fill: personId,
		gives: 'the link to email to the person',
		check: ({ items }) =>
			expect(items[0].confirmationUrl).toMatch(/^https:\/\/.+\/email-open\/privacy\?t=[\w-]+$/),
		whenEmpty: 'Recipient ID is empty',
	},
	'privacy getOpenRequests': {
		gives: 'an item per request, with the day it is due',
		check: ({ items }) =>
			expect(items).toEqual([
				{
					recipientId: 'bob',
					request: 'copy',
					askedAt: '2026-11-20T10:00:00.000Z',
					dueAt: '2026-12-20T10:00:00.000Z',
				},
			]),
		whenEmpty: nothingListed,
	},
	'privacy giveUpKey': {
		fill: ({ keyId }) => ({ keyId }),
		gives: 'that the store goes on without the key',
		check: ({ items }) =>
			expect(items).toEqual([{ keyId: expect.stringMatching(/^[0-9a-f]{6}$/), givenUp: true }]),
		whenEmpty: 'Key ID is empty',
	},
	'privacy replayErasures': {
		fill: () => ({ denylistKeys: `d_${'0'.repeat(64)}` }),
		gives: 'how many people were erased again',
		check: ({ items }) =>
			expect(items).toEqual([{ keysAdded: 1, peopleErased: 0, recordsErased: 0 }]),
		whenEmpty: ({ items }) =>
			expect(items).toEqual([{ keysAdded: 0, peopleErased: 0, recordsErased: 0 }]),
	},
	'recipient addMany': {
		fill: (world) => ({ ...pixelId(world), recipients: '[{ "recipientId": 7 }]' }),
		gives: 'an item per recipient',
		check: ({ items }) => expect(items).toMatchObject([{ recipientId: '7', email: null }]),
		whenEmpty: 'Pixel ID is empty',
	},
	'recipient delete': {
		fill: ({ adaId }) => ({ recipientRowId: adaId }),
		gives: 'that the recipient was deleted',
		check: ({ items }) => expect(items).toEqual([{ deleted: true }]),
		whenEmpty: 'ID is empty',
	},
	'recipient exportCsv': {
		fill: pixelId,
		gives: 'a CSV file with a line per recipient, and how many there are',
		check: ({ items, file }, world) => {
			expect(items).toEqual([{ pixelId: world.pixelId, recipients: 2 }]);
			expect(file).toMatch(/^id,recipientId,email,createdAt\n.+,ada,ada@example.com,.+\n.+,bob,/);
		},
		whenEmpty: 'Pixel ID is empty',
	},
	'recipient getMany': {
		fill: pixelId,
		gives: 'an item per recipient with its opens',
		check: ({ items }) =>
			expect(items).toMatchObject([
				{ recipientId: 'ada', counts: { opens: 1 } },
				{ recipientId: 'bob', counts: { opens: 0 } },
			]),
		whenEmpty: 'Pixel ID is empty',
	},
	'recipient getNotOpened': {
		fill: () => ({ notOpenedCampaignId: CAMPAIGN }),
		gives: 'who was sent a message and has not opened it',
		check: ({ items }) =>
			expect(items).toMatchObject([{ recipientId: 'bob', email: 'bob@example.com', sent: 1 }]),
		whenEmpty: 'Campaign ID is empty',
	},
	'recipient getNotClicked': {
		fill: () => ({ notOpenedCampaignId: CAMPAIGN }),
		gives: 'who opened a message and followed no link',
		check: ({ items }) =>
			expect(items).toMatchObject([{ recipientId: 'ada', email: 'ada@example.com', sent: 1 }]),
		whenEmpty: 'Campaign ID is empty',
	},
	'recipient getReadingTimes': {
		fill: () => ({ readingRecipientId: 'ada', timeZone: 'UTC' }),
		gives: 'when a person last opened, and when they best get an email',
		check: ({ items }) =>
			expect(items).toMatchObject([
				{
					recipientId: 'ada',
					lastOpenAt: expect.any(String),
					quietDays: expect.any(Number),
					bestHour: expect.any(Number),
					sendAt: expect.any(String),
					ownShare: 0,
					because: expect.stringContaining('No consent'),
				},
			]),
		whenEmpty: 'Recipient ID is empty',
	},
	'recipient registerSent': {
		item: ({ pixelId: id }) => ({ tracking: { pixelId: id } }),
		fill: () => ({ sentRecipientId: 'carla' }),
		gives: 'what was registered',
		check: ({ items }, world) =>
			expect(items).toMatchObject([
				{ pixelId: world.pixelId, recipientId: 'carla', registered: true },
			]),
		whenEmpty: 'There is no ID to register a sent message under',
	},
	'recipient setSegments': {
		fill: () => ({ segmentRecipientId: 'ada', segments: 'customers, trial' }),
		gives: 'the labels that the recipient got',
		check: ({ items }) =>
			expect(items).toEqual([
				{
					recipientId: 'ada',
					segments: ['customers', 'trial'],
					how: 'add',
					set: true,
					because: null,
				},
			]),
		whenEmpty: 'Recipient ID is empty',
	},
	'report getDashboardPage': {
		gives: 'the dashboard as an HTML file',
		check: ({ file }) => expect(file).toContain('Spring launch'),
		whenEmpty: ({ file }) => expect(file).toContain('</html>'),
	},
	'report getEmailReport': {
		gives: 'subject, HTML and text of an email, with the chart as an image',
		check: ({ items, file }) => {
			expect(items).toEqual([
				{
					subject: expect.stringMatching(/^Email opens from .+: 1 open$/),
					html: expect.stringContaining('One campaign is left out'),
					text: expect.stringContaining('Opens: 1 (loads that count, of all emails)'),
					unusual: 0,
					firstDay: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
					lastDay: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
				},
			]);
			expect(file).toContain('PNG');
			expect(JSON.stringify(items)).not.toMatch(/ada|bob/);
		},
		whenEmpty: ({ items }) =>
			expect(items).toMatchObject([{ subject: expect.stringContaining('0 opens'), unusual: 0 }]),
	},
	'report getLogPage': {
		fill: pixelId,
		gives: 'the log of the pixel as an HTML file',
		check: ({ items, file }, world) => {
			expect(items).toEqual([{ pixelId: world.pixelId }]);
			expect(file).toContain('ada@example.com');
		},
		whenEmpty: 'Pixel ID is empty',
	},
	'report getPrivacyReport': {
		fill: () => CONTROLLER,
		gives: 'the report as an HTML file, and what needs attention',
		check: ({ items, file }) => {
			expect(items).toMatchObject([{ trackers: 0, findings: expect.any(Array) }]);
			expect(file).toContain('Example Ltd');
		},
		whenEmpty: 'Controller is empty',
	},
	'retention dryRun': {
		gives: 'per kind of data, what would be deleted by the default periods',
		check: ({ items }) => {
			expect(items).toContainEqual(
				expect.objectContaining({ dataClass: 'open', action: 'delete', records: 0, dryRun: true }),
			);
			expect(items).toContainEqual(
				expect.objectContaining({ dataClass: 'aggregate', action: 'keep', deleteBefore: null }),
			);
		},
		whenEmpty: ({ items }) => expect(items).toHaveLength(6),
	},
	'retention run': {
		gives: 'per kind of data, what was deleted by the default periods',
		check: ({ items }) =>
			expect(items).toContainEqual(
				expect.objectContaining({ dataClass: 'open', action: 'delete', dryRun: false }),
			),
		whenEmpty: ({ items }) => expect(items).toHaveLength(6),
	},
	'statistics countPeople': {
		gives: 'an item per number, which says where a number is hidden and why',
		check: ({ items }) =>
			expect(items).toContainEqual({
				campaign: CAMPAIGN,
				by: 'family',
				value: 'Thunderbird',
				count: null,
				hidden: true,
				because: expect.stringContaining('fewer than 10 people'),
			}),
		whenEmpty: ({ items }) =>
			expect(items).toEqual([
				{ campaign: null, by: 'family', value: null, count: 0, hidden: false, because: null },
			]),
	},
	'statistics dashboard': {
		before: followLinks,
		gives: 'totals, campaigns and the latest opens',
		check: ({ items }) =>
			expect(items).toMatchObject([
				{
					totals: { opens: 1, sentRecipients: 2, rates: { confirmed: { rate: 0.5 } } },
					campaigns: [{ campaignId: CAMPAIGN }],
					recentOpens: [{ recipientId: 'ada' }],
				},
			]),
		whenEmpty: ({ items }) =>
			expect(items).toMatchObject([
				{ totals: { opens: 0, rates: { confirmed: { rate: null } } }, campaigns: [] },
			]),
	},
	'statistics checkAnomalies': {
		gives: 'what is out of the ordinary, and of which campaigns nothing can be said',
		check: ({ items }) =>
			expect(items).toMatchObject([
				{
					found: 0,
					anomalies: [],
					watched: [CAMPAIGN],
					notComparable: [CAMPAIGN],
					inWords: expect.stringContaining(
						'no campaign of the last two weeks that can be compared',
					),
				},
			]),
		whenEmpty: ({ items }) => expect(items).toHaveLength(1),
	},
	'statistics getLinkClicks': {
		before: followLinks,
		fill: () => ({ linksCampaignId: CAMPAIGN }),
		gives: 'an item per link, with its people and apart from them the machines',
		check: ({ items }) =>
			expect(items).toEqual([
				{
					campaignId: CAMPAIGN,
					position: 2,
					label: 'Boots',
					site: 'https://shop.example/',
					page: 'https://shop.example/boots',
					people: 1,
					clicks: 2,
					machineClicks: 1,
					machinesInWords:
						'1 × Security scanner: Three or more links of one email were followed within ten seconds',
					clicksRead: 3,
				},
			]),
		whenEmpty: 'Campaign ID is empty',
	},
	'statistics getRates': {
		before: followLinks,
		fill: () => ({ ratesCampaignId: CAMPAIGN }),
		gives: 'the three open rates, also in words',
		check: ({ items }) =>
			expect(items).toMatchObject([
				{
					campaignId: CAMPAIGN,
					segment: null,
					withheld: false,
					inWords: '50 % of the 2 readers who can be seen',
					confirmed: { recipients: 1, rate: 0.5 },
					likely: { visible: 2, rate: 0.5 },
					possible: { recipients: 1 },
					hidden: { recipients: 0 },
					clicked: { recipients: 1, rate: 0.5 },
					clickToOpen: { recipients: 1, opened: 1, rate: 1 },
				},
			]),
		whenEmpty: ({ items }) =>
			expect(items).toMatchObject([
				{ campaignId: null, inWords: 'No message is registered as sent, so there is no rate' },
			]),
	},
	'status check': {
		fill: pixelId,
		gives: 'that the email was opened, and when',
		check: ({ items }) =>
			expect(items).toMatchObject([
				{ found: true, opened: true, opens: 1, firstOpenAt: expect.stringMatching(/^\d{4}-/) },
			]),
		whenEmpty: 'Pixel ID is empty',
	},
	'status checkHosted': {
		fill: () => ({ hostedPixelId: 'known-there' }),
		gives: 'what the tracker elsewhere says',
		check: ({ items }) =>
			expect(items).toMatchObject([{ pixelId: 'known-there', opened: true, viewCount: 2 }]),
		whenEmpty: 'Pixel ID is empty',
	},
	'status checkSetup': {
		gives: 'what is wrong with the installation, in words, and what to do',
		check: ({ items }) =>
			expect(items).toMatchObject([
				{
					// The address, what answers there, and that nothing is published.
					problems: 3,
					inWords: expect.stringMatching(/^Public address: Links begin with http:\/\/127/),
					checks: expect.arrayContaining([
						expect.objectContaining({ check: 'Store', result: 'ok', todo: null }),
						expect.objectContaining({ check: 'Signing keys', result: 'ok' }),
					]),
				},
			]),
		whenEmpty: ({ items }) => expect(items).toMatchObject([{ problems: 3 }]),
	},
	'status createProbeEmail': {
		before: async (store) =>
			await store.savePart({
				kind: 'tracker',
				id: 'w/n',
				name: 'Record email opens: Email Open Trigger',
				settings: { ...reportedSettings(RECEIVE_DEFAULTS, null), path: 'email-open/pixel.png' },
			}),
		gives: 'an email to oneself with one image',
		check: ({ items }) => {
			expect(items).toEqual([
				{
					subject: 'Probe of your open tracking',
					html: expect.stringMatching(
						/^[^]+<img src="https:\/\/n8n\.example\.com\/webhook\/email-open\/pixel\.png\?t=[^]+$/,
					),
					text: expect.stringContaining('choose the HTML part'),
				},
			]);
			expect(String(items[0].html).match(/<img/g)).toHaveLength(1);
		},
		whenEmpty: 'Nothing is published that would answer the image of a probe email',
	},
	'status getHostedDashboard': {
		gives: 'the totals of the tracker elsewhere',
		check: ({ items }) =>
			expect(items).toMatchObject([{ totalPixels: 4, openedPixels: 1, openRate: 25 }]),
		whenEmpty: ({ items }) => expect(items).toMatchObject([{ totalPixels: 4 }]),
	},
};

/** What comes out as the table of event fields says. */
const DERIVED: Record<string, () => OutputSchema> = {
	'open getMany': simpleOpenSchema,
	'open import': eventSchema,
};

const operations = resources.flatMap((resource) =>
	resource.operations.map((operation) => ({
		key: `${resource.value} ${operation.value}`,
		title: `${resource.name} → ${operation.name}`,
		resource: resource.value,
		operation: operation.value,
		properties: operation.properties,
	})),
);

describe('every operation of Open Tracking', () => {
	let folder: UserFolder;
	const tracker = createServer((_request, response) => {
		response.setHeader('content-type', 'application/json');
		response.end(
			JSON.stringify({
				opened: true,
				openedAt: '2026-11-20T10:00:00.000Z',
				lastSeenAt: '2026-11-20T10:00:09.000Z',
				viewCount: 2,
				totalViewTime: 9000,
				stats: { totalPixels: 4, openedPixels: 1, openRate: 25, avgViewTime: 9000 },
			}),
		);
	});
	beforeAll(async () => {
		await new Promise<void>((resolve) => tracker.listen(0, '127.0.0.1', resolve));
	});
	afterAll(() => tracker.close());
	beforeEach(() => {
		folder = newUserFolder();
	});
	afterEach(async () => await folder.remove());

	const trackerUrl = () => `http://127.0.0.1:${(tracker.address() as AddressInfo).port}`;

	/** One pixel of a campaign, sent to Ada, who opened it and consented, and to Bob, who did not. */
	async function newWorld(store: TrackingStore): Promise<World> {
		const pixel = await store.createPixel({ name: 'Spring launch', campaignId: CAMPAIGN });
		const people = ['ada', 'bob'].map((recipientId) => ({
			recipientId,
			email: `${recipientId}@example.com`,
		}));
		const { recipients } = await store.addRecipients(pixel.id, people, keysOf);
		const sentAt = new Date(Date.now() - 5 * DAY);
		const mail = { messageId: null, pixelId: pixel.id, campaignId: CAMPAIGN, sentAt };
		await store.registerSent(
			people.map(({ recipientId }) => ({ ...mail, recipientId, trackingMode: 'identified' })),
			keysOf,
		);
		await store.recordOpens([
			openEvent({
				pixelId: pixel.id,
				campaignId: CAMPAIGN,
				recipientId: 'ada',
				occurredAt: new Date(Date.now() - 2 * DAY).toISOString(),
				client: { family: 'Thunderbird', os: 'Linux', device: 'desktop' },
			}),
		]);
		await store.recordConsent([consentRecord({ method: 'form' })], new Date(), keysOf);
		await store.openPrivacyRequest(
			{ recipientId: 'bob', kind: 'copy' },
			new Date('2026-11-20T10:00:00Z'),
		);
		const { keyRing } = await openStoreWithKeys(executeContext(node, []).context);
		const tokenOf = (scope: PersonLinkScope) =>
			signPersonToken(
				{ recipientId: 'ada', scope, issuedAt: new Date() },
				keyRing,
				randomBytes(12),
			);
		return {
			keyId: keyRing.active.id,
			pixelId: pixel.id,
			adaId: recipients[0]!.id,
			consentToken: tokenOf('consent'),
			unsubscribeToken: tokenOf('unsubscribe'),
		};
	}

	async function run(
		{ resource, operation }: { resource: string; operation: string },
		item: IDataObject,
		parameters: IDataObject,
	): Promise<Result> {
		const { output, responses, hints } = await executeNode(node, [{ json: item }], {
			parameters: { resource, operation, ...parameters },
			webhookMethod: 'GET',
			credentials: /hosted/i.test(operation)
				? { hostedPixelTrackerApi: { baseUrl: trackerUrl() } }
				: operation === 'checkSetup'
					? { emailOpenTrackingApi: { baseUrl: trackerUrl() } }
					: {},
		});
		const answer = responses[0] as { body: Buffer; statusCode: number } | undefined;
		return {
			items: output[0].map(({ json }) => json),
			file: Buffer.from(
				Object.values(output[0][0]?.binary ?? {})[0]?.data ?? '',
				'base64',
			).toString(),
			page: String(answer?.body ?? ''),
			status: answer?.statusCode,
			hints: (hints as Array<{ message: string }>).map(({ message }) => message).join(),
		};
	}

	it('has an entry in the table of this file', () => {
		expect(Object.keys(ENTRIES).sort()).toEqual(operations.map(({ key }) => key).sort());
	});

	it.each(operations.map((operation) => ({ ...operation, gives: ENTRIES[operation.key]?.gives })))(
		'$title gives $gives',
		async (operation) => {
			const { before, fill, item, check } = ENTRIES[operation.key];
			const store = await folder.store();
			const world = await newWorld(store);
			await before?.(store, world);
			const result = await run(operation, item?.(world) ?? {}, fill?.(world) ?? {});
			check(result, world);
			const file = schemaFile('OpenTracking', 1, operation.resource, operation.operation);
			expectSchema(file, result.items, DERIVED[operation.key]?.());
		},
	);

	it.each(operations.filter(({ operation }) => /^(get|check|getMany)$/.test(operation)))(
		'$title gives at most ten fields, unless asked for all',
		async (operation) => {
			const { fill, item } = ENTRIES[operation.key];
			const world = await newWorld(await folder.store());
			const fields = async (more: IDataObject) => {
				const { items } = await run(operation, item?.(world) ?? {}, { ...fill?.(world), ...more });
				return Object.keys(items[0]).length;
			};
			expect(await fields({})).toBeLessThanOrEqual(10);
			const canSimplify = operation.properties.some(({ name }) => name === 'simplify');
			if (canSimplify) expect(await fields({ simplify: false })).toBeGreaterThan(10);
		},
	);

	const shown = ({ displayOptions }: INodeProperties) =>
		Object.values(displayOptions?.show ?? {}).every((values) => !values?.includes('link'));
	const EMPTIABLE = new Set(['string', 'json', 'multiOptions', 'resourceLocator']);
	const nothingIn = (properties: INodeProperties[], nothing: string) =>
		Object.fromEntries(
			properties
				.filter((property) => shown(property))
				.filter(({ type }) => EMPTIABLE.has(type))
				.map(({ name, type }) => [
					name,
					type === 'resourceLocator' ? { __rl: true, mode: 'id', value: nothing } : nothing,
				]),
		);

	it.each(
		operations.flatMap((operation) => [
			{ ...operation, how: 'when nothing is typed in', nothing: '' },
			{
				...operation,
				how: 'when its expressions give nothing',
				nothing: '={{ $json.noSuchField }}',
			},
		]),
	)('$title does not pretend $how', async (operation) => {
		const { whenEmpty } = ENTRIES[operation.key];
		const ran = run(operation, {}, nothingIn(operation.properties, operation.nothing));
		if (typeof whenEmpty === 'string') {
			await expect(ran).rejects.toMatchObject({
				message: expect.stringContaining(whenEmpty),
				description: expect.stringMatching(/\w+/),
				context: { itemIndex: 0 },
			});
		} else {
			whenEmpty(await ran);
		}
	});
});
