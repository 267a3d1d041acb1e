import { randomBytes } from 'node:crypto';

import fc from 'fast-check';

import { generateKey, parseKeyRing } from '../../../../src/tracking/links/key-ring';
import { verifyToken } from '../../../../src/tracking/links/token';
import type { TokenClaims } from '../../../../src/tracking/links/token-claims';
import {
	normaliseBaseUrl,
	PIXEL_PATH,
	signTrackingLink,
	trackingLink,
} from '../../../../src/tracking/links/tracking-link';

describe('the base URL', () => {
	it.each([
		['https://n8n.example.com/webhook', 'https://n8n.example.com/webhook'],
		['  https://n8n.example.com/webhook/\n', 'https://n8n.example.com/webhook'],
		['https://n8n.example.com', 'https://n8n.example.com/webhook'],
		['https://N8N.Example.com:443/', 'https://n8n.example.com/webhook'],
		['http://localhost:5678//webhook//', 'http://localhost:5678/webhook'],
		['https://example.com/n8n/webhook', 'https://example.com/n8n/webhook'],
		['https://mail.example.com/o', 'https://mail.example.com/o'],
		['https://bücher.example/webhook', 'https://xn--bcher-kva.example/webhook'],
	])('%j becomes %s', (text, expected) => {
		expect(normaliseBaseUrl(text)).toBe(expected);
		expect(normaliseBaseUrl(expected)).toBe(expected);
	});

	it.each([
		['https://n8n.example.com/webhook-test', 'only while the editor listens'],
		['https://example.com/n8n/webhook-test/', 'only while the editor listens'],
		['n8n.example.com/webhook', 'not a web address'],
		['', 'not a web address'],
		['ftp://n8n.example.com/webhook', 'https:// or http://'],
		['https://user:hunter2@n8n.example.com/webhook', 'user name or password'],
		['https://user@n8n.example.com/webhook', 'user name or password'],
		['https://n8n.example.com/webhook?x=1', '"?" or "#"'],
		['https://n8n.example.com/webhook?', '"?" or "#"'],
		['https://n8n.example.com/webhook#top', '"?" or "#"'],
	])('%j is refused with a reason', (text, message) => {
		expect(() => normaliseBaseUrl(text)).toThrow(message);
		expect(() => normaliseBaseUrl(text)).not.toThrow('hunter2');
	});
});

describe('a tracking link', () => {
	const baseUrl = 'https://n8n.example.com/webhook';

	it('joins base URL, path and token with single slashes', () => {
		const expected = 'https://n8n.example.com/webhook/email-open/pixel.png?t=AQ-_';
		expect(trackingLink({ baseUrl, path: PIXEL_PATH, token: 'AQ-_' })).toBe(expected);
		expect(trackingLink({ baseUrl: `${baseUrl}/`, path: `/${PIXEL_PATH}/`, token: 'AQ-_' })).toBe(
			expected,
		);
	});

	it.each([
		[{ path: '' }, 'path is empty'],
		[{ path: ' / ' }, 'path is empty'],
		[{ path: 'p.png?id=1' }, 'Keep only the path'],
		[{ path: 'a\\b' }, 'Keep only the path'],
		[{ token: 'a b' }, 'not base64url'],
		[{ token: '' }, 'not base64url'],
		[{ token: 'A'.repeat(260) }, 'would have'],
		[{ baseUrl: `https://${'long-name.'.repeat(12)}example.com` }, '150 are the most'],
		[{ baseUrl: 'https://n8n.example.com/webhook-test' }, 'test address'],
	])('is not made from %j', (changes, message) => {
		expect(() => trackingLink({ baseUrl, path: PIXEL_PATH, token: 'AQ', ...changes })).toThrow(
			message,
		);
	});
});

describe('a signed tracking link', () => {
	const keyRing = parseKeyRing({ activeKey: generateKey(randomBytes) });
	const claims: TokenClaims = {
		pixelId: '0192f1c4-7d5e-7aaa-8bbb-0123456789ab',
		campaignId: 'spring',
		messageId: null,
		recipientId: null,
		trackingMode: null,
		purpose: null,
		issuedAt: new Date('2026-11-21T10:00:00Z'),
		preview: false,
	};
	const make = (changes: Partial<TokenClaims>, baseUrl = 'https://n8n.example.com/webhook') =>
		signTrackingLink({
			baseUrl,
			path: PIXEL_PATH,
			keyRing,
			iv: randomBytes(12),
			claims: { ...claims, ...changes },
		});

	it('stays under 300 characters or is not made, and its token verifies', () => {
		const host = fc
			.integer({ min: 1, max: 100 })
			.map((n) => `https://${'h.'.repeat(n / 2)}example`);
		fc.assert(
			fc.property(host, fc.integer({ min: 1, max: 200 }), (baseUrl, length) => {
				try {
					const { url, token } = make({ recipientId: 'r'.repeat(length) }, baseUrl);
					expect(url.length).toBeLessThan(300);
					expect(new URL(url).searchParams.get('t')).toBe(token);
					expect(verifyToken(token, keyRing, { now: claims.issuedAt }).ok).toBe(true);
				} catch (error) {
					expect(String(error)).toMatch(/recipientId takes|recipientId is too long/);
				}
			}),
			{ numRuns: 200 },
		);
	});

	it('has room for a message id of 70 and an address of 40 characters', () => {
		const { url } = make({ messageId: 'm'.repeat(70), recipientId: 'r'.repeat(40) });
		expect(url.length).toBeLessThan(300);
	});

	it('is not made when tracking is off', () => {
		expect(() => make({ trackingMode: 'off' })).toThrow('without tracking');
	});

	it('tells no recipients apart when it only counts', () => {
		expect(() => make({ trackingMode: 'aggregate', recipientId: 'r' })).toThrow('recipients apart');
		expect(() => make({ trackingMode: 'aggregate', messageId: 'm' })).toThrow('recipients apart');
		const shared = { trackingMode: 'aggregate', pixelId: null } as const;
		const first = make({ ...shared, issuedAt: new Date('2026-11-21T00:00:00Z') });
		const last = make({ ...shared, issuedAt: new Date('2026-11-21T23:59:59Z') });
		expect(last.url).toBe(first.url);
		expect(verifyToken(last.token, keyRing, { now: claims.issuedAt })).toEqual({
			ok: true,
			claims: { ...claims, ...shared, issuedAt: new Date('2026-11-21T00:00:00Z') },
		});
		expect(make({ ...shared, campaignId: 'other' }).url).not.toBe(first.url);
		expect(make({ ...shared, issuedAt: new Date('2026-11-22T00:00:00Z') }).url).not.toBe(first.url);
	});

	it('leaves room for a longer name of its parameter', () => {
		const options = {
			baseUrl: 'https://n8n.example.com/webhook',
			path: 'tracker/a.png',
			keyRing,
			iv: randomBytes(12),
		};
		const { url, token } = signTrackingLink({ ...options, claims, parameter: 'token' });
		expect(url).toBe(`https://n8n.example.com/webhook/tracker/a.png?token=${token}`);
		const longest = (parameter: string): number => {
			for (let length = 1; ; length += 1) {
				try {
					const subject = { ...claims, recipientId: 'r'.repeat(length) };
					const path = `tracker/${'a'.repeat(80)}.png`;
					signTrackingLink({ ...options, path, claims: subject, parameter });
				} catch {
					return length - 1;
				}
			}
		};
		expect(longest('t') - longest('token')).toBe(3);
	});

	it('differs each time when it stands for one email', () => {
		expect(make({}).url).not.toBe(make({}).url);
	});
});
