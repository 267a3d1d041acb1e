import { randomBytes } from 'node:crypto';

import fc from 'fast-check';

import { generateKey, parseKeyRing } from '../../../../src/tracking/links/key-ring';
import {
	MAX_TRACKED_LINK_LENGTH,
	readTrackedLink,
	signTrackedLink,
	type TrackedLinkClaims,
} from '../../../../src/tracking/links/tracked-link';
import { verifyToken } from '../../../../src/tracking/links/token';

const ring = parseKeyRing({ activeKey: generateKey(randomBytes) });
const baseUrl = 'https://n8n.example.com/webhook';
const claims: TrackedLinkClaims = {
	recipientId: 'customer-42',
	pixelId: '0191d5f0-5f0e-7c3a-9d2b-1f2e3d4c5b6a',
	campaignId: 'spring',
	messageId: null,
	trackingMode: 'identified',
	purpose: 'clicks',
	issuedAt: new Date('2026-11-20T10:00:00.000Z'),
	preview: false,
	link: { url: 'https://shop.example/a?b=c&d=%C3%A9#e', position: 3, label: 'Grüße' },
};
const sign = (changes: Partial<TrackedLinkClaims> = {}, iv: Uint8Array = randomBytes(12)) =>
	signTrackedLink({ baseUrl, claims: { ...claims, ...changes }, keyRing: ring, iv });
const tokenOf = (url: string | null) => new URL(url ?? '').searchParams.get('t') ?? '';

describe('a tracked link', () => {
	it('says all that following it needs, its destination as well', () => {
		const url = sign() ?? '';
		expect(url.startsWith('https://n8n.example.com/webhook/email-open/link?t=')).toBe(true);
		expect(url).not.toContain('shop.example');
		expect(readTrackedLink(tokenOf(url), ring)).toEqual({ ok: true, claims });
	});

	it('gives back any destination, position and label', () => {
		fc.assert(
			fc.property(
				fc.webUrl({ withQueryParameters: true, withFragments: true }),
				fc.integer({ min: 1, max: 65535 }),
				fc.option(fc.string({ minLength: 1, maxLength: 60 }), { nil: null }),
				(address, position, label) => {
					const link = { url: new URL(address).href, position, label };
					const url = sign({ link });
					expect(readTrackedLink(tokenOf(url), ring)).toEqual({
						ok: true,
						claims: { ...claims, link },
					});
				},
			),
			{ numRuns: 200 },
		);
	});

	it('is not believed when any byte of its token is changed', () => {
		const bytes = Buffer.from(tokenOf(sign()), 'base64url');
		fc.assert(
			fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
				const changed = Buffer.from(bytes);
				changed[at] ^= flip;
				expect(readTrackedLink(changed.toString('base64url'), ring).ok).toBe(false);
			}),
			{ numRuns: 2000 },
		);
	});

	it('is no pixel, and a pixel is no link', () => {
		expect(verifyToken(tokenOf(sign()), ring, { now: new Date() }).ok).toBe(false);
	});

	it('has at most 2,000 characters, or there is none', () => {
		const longest = (length: number) => `https://shop.example/${'x'.repeat(length)}`;
		for (let length = 1200; length < 1500; length += 1) {
			const url = sign({ link: { ...claims.link, url: longest(length) } });
			if (url === null) continue;
			expect(url.length).toBeLessThanOrEqual(MAX_TRACKED_LINK_LENGTH);
			expect(readTrackedLink(tokenOf(url), ring).ok).toBe(true);
		}
		expect(sign({ link: { ...claims.link, url: longest(1500) } })).toBeNull();
	});

	it('of mode aggregate is the same for everybody on one day', () => {
		const shared = { trackingMode: 'aggregate' as const, recipientId: null, pixelId: null };
		const later = new Date('2026-11-20T18:00:00.000Z');
		expect(sign(shared)).toBe(sign({ ...shared, issuedAt: later }));
		expect(sign()).not.toBe(sign());
	});

	it.each([
		[{ trackingMode: 'off' as const }, /mode is off/],
		[{ trackingMode: 'aggregate' as const }, /must not tell recipients apart/],
		[{ link: { ...claims.link, url: 'javascript:alert(1)' } }, /web address/],
		[{ link: { ...claims.link, url: 'https://shop.example' } }, /normal form/],
		[{ link: { ...claims.link, position: 0 } }, /position/],
		[{ link: { ...claims.link, label: 'ä'.repeat(200) } }, /label/],
	])('is refused where it could not hold: %o', (changes, message) => {
		expect(() => sign(changes)).toThrow(message);
	});
});
