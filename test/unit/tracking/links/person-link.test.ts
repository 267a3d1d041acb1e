import { randomBytes } from 'node:crypto';

import fc from 'fast-check';

import { generateKey, parseKeyRing } from '../../../../src/tracking/links/key-ring';
import {
	PERSON_LINK_SCOPES,
	readPersonToken,
	signPersonToken,
	withdrawalLink,
} from '../../../../src/tracking/links/person-link';
import {
	denylistKeysOf,
	pseudonymOf,
	pseudonymsOf,
} from '../../../../src/tracking/people/subject-keys';

const activeKey = generateKey(randomBytes);
const keyRing = parseKeyRing({ activeKey });
const rotated = parseKeyRing({ activeKey: generateKey(randomBytes), previousKeys: activeKey });
const stranger = parseKeyRing({ activeKey: generateKey(randomBytes) });
const issuedAt = new Date('2026-11-21T10:00:00Z');
const sign = (recipientId: string, scope: 'consent' | 'rights' = 'consent') =>
	signPersonToken({ recipientId, scope, issuedAt }, keyRing, randomBytes(12));

describe('links to consent pages', () => {
	it('carry any recipient id and scope there and back, and never readable', () => {
		fc.assert(
			fc.property(
				fc
					.string({ minLength: 1, maxLength: 256, unit: 'grapheme' })
					.filter((s) => s.length <= 256),
				fc.constantFrom(...PERSON_LINK_SCOPES),
				(recipientId, scope) => {
					const token = sign(recipientId, scope);
					const wellFormed = Buffer.from(recipientId, 'utf8').toString('utf8');
					expect(readPersonToken(token, keyRing, issuedAt)).toEqual({
						ok: true,
						link: { recipientId: wellFormed, scope, issuedAt },
					});
				},
			),
			{ numRuns: 200 },
		);
		const bytes = Buffer.from(sign('somebody@example.com'), 'base64url');
		expect(bytes.includes('somebody')).toBe(false);
	});

	it('hold after a change of keys, and nowhere else', () => {
		const token = sign('ada');
		expect(readPersonToken(token, rotated, issuedAt)).toMatchObject({ ok: true });
		expect(readPersonToken(token, stranger, issuedAt)).toEqual({
			ok: false,
			reason: 'not-genuine',
		});
	});

	it('are not believed when a single bit is changed, or they are cut', () => {
		const bytes = Buffer.from(sign('ada'), 'base64url');
		for (let bit = 0; bit < bytes.length * 8; bit += 1) {
			const forged = Buffer.from(bytes);
			forged[bit >> 3] ^= 1 << (bit & 7);
			expect(readPersonToken(forged.toString('base64url'), keyRing, issuedAt).ok).toBe(false);
		}
		for (let length = 0; length < bytes.length; length += 1) {
			const cut = bytes.subarray(0, length).toString('base64url');
			expect(readPersonToken(cut, keyRing, issuedAt).ok).toBe(false);
		}
		fc.assert(
			fc.property(fc.string(), (text) => {
				expect(readPersonToken(text, keyRing, issuedAt).ok).toBe(false);
			}),
			{ numRuns: 200 },
		);
	});

	it('for a copy or an erasure end after 48 hours, for consent never', () => {
		const later = new Date('2026-11-23T10:00:01Z');
		expect(readPersonToken(sign('ada', 'rights'), keyRing, later)).toEqual({
			ok: false,
			reason: 'expired',
		});
		const years = new Date('2036-11-21T10:00:00Z');
		expect(readPersonToken(sign('ada'), keyRing, years)).toMatchObject({ ok: true });
	});

	it('lead to the page below the base URL', () => {
		const url = withdrawalLink({
			baseUrl: 'https://n8n.example.com',
			keyRing,
			iv: randomBytes(12),
			link: { recipientId: 'ada', scope: 'consent', issuedAt },
		});
		expect(url).toMatch(
			/^https:\/\/n8n\.example\.com\/webhook\/email-open\/privacy\?t=[A-Za-z0-9_-]+$/,
		);
		const noId = { recipientId: '', scope: 'consent' as const, issuedAt };
		expect(() => signPersonToken(noId, keyRing, randomBytes(12))).toThrow('1 to 256');
	});
});

describe('names of a person under a ring of keys', () => {
	it('are found again after a change of keys', () => {
		const [before] = denylistKeysOf('ada', keyRing);
		expect(denylistKeysOf('ada', rotated)).toContain(before);
		expect(denylistKeysOf('ada', rotated)[0]).not.toBe(before);
		expect(denylistKeysOf('ada', stranger)).not.toContain(before);
		const pseudonym = pseudonymOf('ada', 'spring', keyRing);
		expect(pseudonymsOf('ada', 'spring', rotated)).toContain(pseudonym);
		expect(pseudonymOf('ada', 'spring', rotated)).not.toBe(pseudonym);
		expect(pseudonymOf('ada', 'autumn', keyRing)).not.toBe(pseudonym);
	});
});
