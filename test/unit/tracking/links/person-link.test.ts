import { randomBytes } from 'node:crypto';

import fc from 'fast-check';

import { generateKey, parseKeyRing } from '../../../../src/tracking/links/key-ring';
import {
	PERSON_LINK_SCOPES,
	personLink,
	type PersonLinkScope,
	readPersonToken,
	signPersonToken,
} from '../../../../src/tracking/links/person-link';
import { sealToken } from '../../../../src/tracking/links/sealed-token';
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
const sign = (recipientId: string, scope: PersonLinkScope = 'consent') =>
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

	it('for a copy or an erasure hold with the active key only, so that a leaked one opens nothing', () => {
		const token = sign('ada', 'rights');
		expect(readPersonToken(token, keyRing, issuedAt)).toMatchObject({ ok: true });
		expect(readPersonToken(token, rotated, issuedAt)).toEqual({
			ok: false,
			reason: 'not-genuine',
		});
	});

	it('hold no longer with a key that is kept for erased people only', () => {
		const ring = parseKeyRing({
			activeKey: generateKey(randomBytes),
			denylistOnlyKeys: activeKey,
		});
		for (const scope of PERSON_LINK_SCOPES) {
			expect(readPersonToken(sign('ada', scope), ring, issuedAt)).toEqual({
				ok: false,
				reason: 'not-genuine',
			});
		}
	});

	it('for a copy or an erasure do not hold before they were made', () => {
		const earlier = new Date(issuedAt.getTime() - 1);
		expect(readPersonToken(sign('ada', 'rights'), keyRing, earlier)).toEqual({
			ok: false,
			reason: 'not-genuine',
		});
	});

	it('have room for a long id in any writing', () => {
		const recipientId = '語'.repeat(256);
		expect(readPersonToken(sign(recipientId), keyRing, issuedAt)).toMatchObject({
			ok: true,
			link: { recipientId },
		});
	});

	it('with claims that this version does not know are not believed, though genuine', () => {
		const active = keyRing.active;
		for (const content of ['', '00', '0000000000', '030000000041']) {
			const token = sealToken('person', Buffer.from(content, 'hex'), active, 'of-content');
			expect(readPersonToken(token, keyRing, issuedAt).ok).toBe(false);
		}
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
		const url = personLink({
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

	it('are found with a key that verifies nothing any more, and not without it', () => {
		const newKey = generateKey(randomBytes);
		const afterLeak = parseKeyRing({ activeKey: newKey, denylistOnlyKeys: activeKey });
		const withoutIt = parseKeyRing({ activeKey: newKey });
		const [erased] = denylistKeysOf('ada', keyRing);
		expect(denylistKeysOf('ada', afterLeak)).toContain(erased);
		expect(denylistKeysOf('ada', afterLeak)[0]).toBe(denylistKeysOf('ada', withoutIt)[0]);
		expect(denylistKeysOf('ada', withoutIt)).not.toContain(erased);
		const pseudonym = pseudonymOf('ada', 'spring', keyRing);
		expect(pseudonymsOf('ada', 'spring', afterLeak)).toContain(pseudonym);
		expect(pseudonymsOf('ada', 'spring', withoutIt)).not.toContain(pseudonym);
	});
});
