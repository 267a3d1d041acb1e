import { TrackingPixel } from '../../nodes/TrackingPixel/TrackingPixel.node';
import { signingOf } from '../../nodes/shared/installation/signing';
import { readTrackedLink } from '../../src/tracking/links/tracked-link';
import { consentRecord } from '../support/consent-records';
import { keysOf } from '../support/denylist-keys';
import { executeContext, executeNode } from '../support/node-context';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const node = new TrackingPixel();
const html = '<p><a href="https://shop.example/boots?size=42">Boots</a></p>';

describe('Tracking Pixel: Track Links in HTML', () => {
	let folder: UserFolder;
	beforeEach(() => {
		folder = newUserFolder();
	});
	afterEach(async () => await folder.remove());

	const track = async (recipientId: string, parameters: Record<string, unknown> = {}) => {
		const { output } = await executeNode(node, [{ json: { html } }], {
			parameters: { operation: 'trackLinks', recipientId, ...parameters },
		});
		const [{ json }] = output[0];
		return json as { html: string; links: { tracked: number; untracked: string | null } };
	};
	const consent = async (recipientKey: string, purpose: string, status: string) => {
		const store = await folder.store();
		const record = consentRecord({ recipientKey, purpose, status } as never);
		await store.recordConsent([record], new Date(), keysOf);
	};

	it('seals who follows, where it leads and what it is for', async () => {
		const linksPixelId = '0191d5f0-5f0e-7c3a-9d2b-1f2e3d4c5b6a';
		const tracked = await track('42', { campaignId: 'spring', linksPixelId });
		const [, token] = /link\?t=([\w-]+)"/.exec(tracked.html) ?? [];
		const { keyRing } = await signingOf(executeContext(node, [], {}).context as never);
		expect(readTrackedLink(token, keyRing)).toMatchObject({
			ok: true,
			claims: {
				recipientId: '42',
				campaignId: 'spring',
				pixelId: linksPixelId,
				purpose: 'clicks',
				trackingMode: null,
				link: { url: 'https://shop.example/boots?size=42', position: 1, label: null },
			},
		});
	});

	it('leaves the email of somebody alone who did not allow it, and says why', async () => {
		await consent('refused', 'clicks', 'refused');
		await consent('withdrawn', 'clicks', 'withdrawn');
		await consent('given', 'clicks', 'given');
		await consent('opens-only', 'performance', 'given');
		await consent('no-opens', 'performance', 'withdrawn');
		const store = await folder.store();
		const subject = { recipientId: 'erased', pseudonymsOf: () => [], denylistKeysOf: keysOf };
		const { keyRing } = await signingOf(executeContext(node, [], {}).context as never);
		const { denylistKeysOf } = await import('../../src/tracking/people/subject-keys');
		await store.eraseSubject(
			{ ...subject, denylistKeysOf: (id) => denylistKeysOf(id, keyRing) },
			new Date(),
		);
		const people = ['given', 'unknown', 'opens-only', 'no-opens', 'refused', 'withdrawn', 'erased'];
		const outcome = async (linksConsentPolicy: string) =>
			await Promise.all(
				people.map(async (id) => {
					const tracked = await track(id, { linksConsentPolicy });
					expect(tracked.html === html).toBe(tracked.links.untracked !== null);
					return tracked.links.untracked;
				}),
			);
		const refused = 'The person refused to be tracked';
		const withdrew = 'The person withdrew consent to be tracked';
		const erased = 'The person was erased and is not tracked again';
		const unknown = 'The person has not consented to be tracked';
		const objection = [null, null, null, null, refused, withdrew, erased];
		expect(await outcome('objection-honoured')).toEqual(objection);
		const asked = [null, unknown, unknown, unknown, refused, withdrew, erased];
		expect(await outcome('consent-required')).toEqual(asked);
		expect(await outcome('france')).toEqual(asked);
		expect(await outcome('us')).toEqual(objection);
	});

	it('leaves it alone in mode Off, and tells nobody apart in mode Aggregate', async () => {
		const off = await track('42', { linksOptions: { trackingMode: 'off' } });
		expect(off).toMatchObject({ html, links: { untracked: 'The tracking mode is Off' } });
		const shared = { linksOptions: { trackingMode: 'aggregate' } };
		expect((await track('42', shared)).html).toBe((await track('43', shared)).html);
	});
});
