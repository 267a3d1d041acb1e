import { randomBytes } from 'node:crypto';

import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import type { OpenTrackingCredential } from '../../nodes/shared/installation/credential';
import { readSigning } from '../../nodes/shared/installation/signing';
import { createLookups } from '../../src/intake/lookups';
import { createReceiveDeps } from '../../src/intake/receive-deps';
import { generateKey } from '../../src/tracking/links/key-ring';
import { signPersonToken, type PersonLinkScope } from '../../src/tracking/links/person-link';
import { PIXEL_PATH, signTrackingLink } from '../../src/tracking/links/tracking-link';
import { receiveOpen } from '../../src/tracking/receive/receive-open';
import { NOTICE } from '../support/consent-records';
import { executeNode } from '../support/node-context';
import { newUserFolder, type UserFolder } from '../support/user-folder';

describe('a change of keys, as docs/tracking-links.md tells it', () => {
	const first = generateKey(randomBytes);
	const second = generateKey(randomBytes);
	const before: OpenTrackingCredential = { activeSecretKey: first };
	const rotated: OpenTrackingCredential = { activeSecretKey: second, previousSecretKeys: first };
	const afterLeak: OpenTrackingCredential = {
		activeSecretKey: second,
		denylistOnlySecretKeys: first,
	};
	const forgotten: OpenTrackingCredential = { activeSecretKey: second };

	const signing = async (credential: OpenTrackingCredential) => await readSigning(credential);

	let folder: UserFolder;
	let trackingLinks: Record<'ada' | 'erased', string>;
	let consentLink: string;
	let rightsLink: string;
	beforeAll(async () => {
		folder = newUserFolder();
		const { keyRing } = await signing(before);
		const tracking = (recipientId: string) =>
			signTrackingLink({
				baseUrl: 'https://n8n.example.com',
				path: PIXEL_PATH,
				keyRing,
				iv: randomBytes(12),
				claims: {
					recipientId,
					pixelId: null,
					campaignId: 'spring',
					messageId: null,
					trackingMode: null,
					purpose: 'performance',
					issuedAt: new Date(),
					preview: false,
				},
			}).token;
		const person = (scope: PersonLinkScope) =>
			signPersonToken(
				{ recipientId: 'ada', scope, issuedAt: new Date() },
				keyRing,
				randomBytes(12),
			);
		trackingLinks = { ada: tracking('ada'), erased: tracking('erased') };
		consentLink = person('consent');
		rightsLink = person('rights');
		await run(before, 'privacy', 'erasePerson', { personBy: 'id', personId: 'erased' });
	});
	afterAll(async () => await folder.remove());

	async function run(
		credential: OpenTrackingCredential,
		resource: string,
		operation: string,
		parameters: object,
	) {
		const { responses } = await executeNode(new OpenTracking(), [{ json: {} }], {
			parameters: { resource, operation, ...parameters },
			credentials: { emailOpenTrackingApi: { ...credential } },
		});
		return responses[0] as { statusCode: number } | undefined;
	}

	/** What a load becomes, through the store and the parts that every door uses. */
	async function load(credential: OpenTrackingCredential, query: Record<string, string>) {
		const keys = await signing(credential);
		const { event, reason } = await receiveOpen(
			{ method: 'GET', query, headers: {}, ip: null, receivedAt: new Date() },
			{
				mode: 'identified',
				purpose: 'performance',
				plainIds: { allowed: true, recipientParameter: 'id' },
				consent: { policy: 'objection-honoured', label: 'test', keepAsAggregate: false },
				keep: { ip: 'drop', userAgent: false, referer: false, acceptLanguage: false },
			},
			createReceiveDeps({
				signing: () => keys,
				lookups: createLookups(async () => await folder.store()),
			}),
		);
		return { recipientId: event?.recipientId ?? null, reason };
	}
	const consentPage = async (credential: OpenTrackingCredential) =>
		(
			await run(credential, 'consent', 'showPage', {
				personToken: consentLink,
				noticeText: NOTICE,
			})
		)?.statusCode;
	const rightsPage = async (credential: OpenTrackingCredential) =>
		(
			await run(credential, 'privacy', 'exportPerson', {
				personBy: 'link',
				personToken: rightsLink,
				controllerName: 'Example Ltd',
				controllerContact: 'privacy@example.com',
			})
		)?.statusCode;

	it('leaves links in sent emails alone, but for those to a copy or an erasure', async () => {
		for (const credential of [before, rotated]) {
			expect((await load(credential, { t: trackingLinks.ada })).recipientId).toBe('ada');
			expect(await consentPage(credential)).toBe(200);
		}
		expect(await rightsPage(before)).toBe(200);
		expect(await rightsPage(rotated)).toBe(403);
	});

	it('after a leak lets no link of the old key do anything', async () => {
		expect((await load(afterLeak, { t: trackingLinks.ada })).recipientId).toBeNull();
		expect(await consentPage(afterLeak)).toBe(403);
		expect(await rightsPage(afterLeak)).toBe(403);
	});

	it('leaves erased people erased, by any link, as long as the old key is kept somewhere', async () => {
		for (const credential of [before, rotated, afterLeak]) {
			expect((await load(credential, { t: trackingLinks.erased })).recipientId).toBeNull();
			expect(await load(credential, { id: 'erased' })).toEqual({
				recipientId: null,
				reason: 'suppressed',
			});
		}
		// What the documents warn of: without the key nobody can be recognized.
		expect((await load(forgotten, { id: 'erased' })).recipientId).toBe('erased');
	});
});
