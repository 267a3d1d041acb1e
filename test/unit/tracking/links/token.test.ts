import { randomBytes } from 'node:crypto';

import fc from 'fast-check';

import { PURPOSES } from '../../../../src/tracking/event/purpose';
import { TRACKING_MODES } from '../../../../src/tracking/event/tracking-mode';
import { generateKey, parseKeyRing } from '../../../../src/tracking/links/key-ring';
import { maxTokenLength, sealToken } from '../../../../src/tracking/links/sealed-token';
import { signToken, verifyToken } from '../../../../src/tracking/links/token';
import {
	packClaims,
	unpackClaims,
	type TokenClaims,
} from '../../../../src/tracking/links/token-claims';

const key = generateKey(randomBytes);
const ring = parseKeyRing({ activeKey: key });
const now = new Date('2026-11-21T10:00:00Z');
const claims: TokenClaims = {
	pixelId: '0192f1c4-7d5e-7aaa-8bbb-0123456789ab',
	campaignId: 'spring-2026',
	messageId: '<20261121.42@mail.example.com>',
	recipientId: 'reader@example.com',
	trackingMode: 'identified',
	purpose: 'performance',
	issuedAt: now,
	preview: false,
};
const sign = (changes: Partial<TokenClaims> = {}) =>
	signToken({ ...claims, ...changes }, ring, { iv: randomBytes(12) });
const verify = (token: string, keys = ring) => verifyToken(token, keys, { now });

const id = fc.oneof(
	fc.constant(null),
	fc.uuid(),
	fc.uuid().map((uuid) => uuid.toUpperCase()),
	fc
		.string({ unit: 'grapheme', minLength: 1, maxLength: 10 })
		.filter(
			(text) => !/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(text) && Buffer.byteLength(text) <= 25,
		),
);
const anyClaims: fc.Arbitrary<TokenClaims> = fc.record({
	pixelId: id,
	campaignId: id,
	messageId: id,
	recipientId: id,
	trackingMode: fc.constantFrom(null, ...TRACKING_MODES),
	purpose: fc.constantFrom(null, ...PURPOSES),
	issuedAt: fc.integer({ min: 0, max: 0xffff_ffff }).map((seconds) => new Date(seconds * 1000)),
	preview: fc.boolean(),
});

describe('a token', () => {
	it('gives back exactly what was signed, for arbitrary claims', () => {
		fc.assert(
			fc.property(anyClaims, fc.uint8Array({ minLength: 12, maxLength: 12 }), (input, iv) => {
				const token = signToken(input, ring, { iv });
				expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
				expect(verify(token)).toEqual({ ok: true, claims: input });
			}),
			{ numRuns: 300 },
		);
	});

	it('shows nothing of its ids', () => {
		const token = sign();
		const bytes = Buffer.from(token, 'base64url');
		for (const text of ['reader', 'example.com', 'spring-2026']) {
			expect(token).not.toContain(text);
			expect(bytes.includes(text)).toBe(false);
		}
		expect(bytes.includes(Buffer.from('0192f1c47d5e', 'hex'))).toBe(false);
	});

	it('looks different each time, even for one recipient, down to its ciphertext', () => {
		const ciphertexts = Array.from({ length: 20 }, () =>
			Buffer.from(sign(), 'base64url').subarray(20, -16).toString('hex'),
		);
		expect(new Set(ciphertexts).size).toBe(20);
	});

	it('still counts after its key was replaced, and no longer once the key is gone', () => {
		const token = sign();
		const newKey = generateKey(randomBytes);
		expect(verify(token, parseKeyRing({ activeKey: newKey, previousKeys: key })).ok).toBe(true);
		for (const denylistOnlyKeys of [undefined, key]) {
			expect(verify(token, parseKeyRing({ activeKey: newKey, denylistOnlyKeys }))).toEqual({
				ok: false,
				reason: 'unknown-key',
			});
		}
	});

	it('is refused under another key of the same id', () => {
		const [keyId] = key.split(':');
		const other = `${keyId}:${generateKey(randomBytes).split(':')[1]}`;
		expect(verify(sign(), parseKeyRing({ activeKey: other }))).toEqual({
			ok: false,
			reason: 'bad-signature',
		});
	});

	it('expires when it is older than allowed, and not a second before', () => {
		const token = sign();
		const at = (seconds: number) =>
			verifyToken(token, ring, { now: new Date(now.getTime() + seconds * 1000), maxAgeDays: 30 });
		expect(at(30 * 86_400).ok).toBe(true);
		expect(at(30 * 86_400 + 1)).toEqual({ ok: false, reason: 'expired' });
		expect(at(-3600).ok).toBe(true);
		expect(verifyToken(token, ring, { now: new Date('2099-01-01T00:00:00Z') }).ok).toBe(true);
		for (const maxAgeDays of [0, -1, NaN]) {
			expect(() => verifyToken(token, ring, { now, maxAgeDays })).toThrow(
				'positive number of days',
			);
		}
	});

	it('keeps the issue time to the second', () => {
		const verdict = verify(sign({ issuedAt: new Date('2026-11-21T10:00:00.987Z') }));
		expect(verdict).toMatchObject({ ok: true, claims: { issuedAt: now } });
	});

	it('of a newer version with unknown claims is malformed, though genuine', () => {
		const packed = packClaims(claims);
		packed[1] = 0x40;
		expect(verify(sealToken('pixel', packed, ring.active, randomBytes(12)))).toEqual({
			ok: false,
			reason: 'malformed',
		});
	});
});

describe('signing', () => {
	it.each([
		['recipientId', ''],
		['campaignId', 'line\nbreak'],
		['messageId', 'half a \ud83d smile'],
		['pixelId', 'x'.repeat(256)],
	] as const)('names %s when it is not usable and does not repeat it', (field, value) => {
		expect(() => sign({ [field]: value })).toThrow(new RegExp(`^${field} `));
		if (value !== '') expect(() => sign({ [field]: value })).not.toThrow(value);
	});

	it('names the id that makes the link too long, and by how much', () => {
		const messageId = 'm'.repeat(120);
		const message = /messageId takes 121 bytes\. Make it at least (\d+) bytes shorter/;
		let excess = 0;
		try {
			sign({ messageId });
		} catch (error) {
			excess = Number(message.exec(String(error))?.[1]);
		}
		expect(excess).toBeGreaterThan(0);
		expect(sign({ messageId: messageId.slice(excess) }).length).toBeLessThanOrEqual(
			maxTokenLength('pixel'),
		);
		expect(() => sign({ messageId: messageId.slice(excess - 1) })).toThrow('too long');
	});

	it('refuses an IV of another length, an impossible date, an unknown mode or purpose', () => {
		expect(() => signToken(claims, ring, { iv: randomBytes(16) })).toThrow('12 fresh random bytes');
		expect(() => sign({ issuedAt: new Date(NaN) })).toThrow('between 1970 and 2106');
		expect(() => sign({ issuedAt: new Date('2107-01-01') })).toThrow('between 1970 and 2106');
		expect(() => sign(JSON.parse('{"trackingMode":"all"}'))).toThrow('tracking mode is unknown');
		expect(() => sign(JSON.parse('{"purpose":"fun"}'))).toThrow('purpose is unknown');
		expect(() => sign(JSON.parse('{"recipientId":42}'))).toThrow('recipientId is not text');
	});
});

describe('packed claims', () => {
	it('keep their meaning for ever: links in sent emails cannot be changed', () => {
		expect(
			packClaims({ ...claims, campaignId: null, messageId: null, recipientId: 'r1' }).toString(
				'hex',
			),
		).toBe(`15${'00'}${'81'}${'6b016ba0'}${'0192f1c47d5e7aaa8bbb0123456789ab'}${'027231'}`);
		const codes = TRACKING_MODES.map(
			(trackingMode) => packClaims({ ...claims, trackingMode })[0] & 15,
		);
		expect(Object.fromEntries(TRACKING_MODES.map((mode, index) => [mode, codes[index]]))).toEqual({
			off: 1,
			aggregate: 2,
			hygiene: 3,
			pseudonymous: 4,
			identified: 5,
			full: 6,
		});
		expect(PURPOSES.map((purpose) => packClaims({ ...claims, purpose })[0] >> 4)).toEqual([
			1, 2, 3, 4, 5, 6, 7, 8, 9,
		]);
	});

	it('never throw on arbitrary or damaged bytes, and have a date wherever they can be read', () => {
		const packed = packClaims(claims);
		const damaged = fc.tuple(fc.nat(packed.length - 1), fc.nat(255)).map(([at, value]) => {
			const bytes = Uint8Array.from(packed);
			bytes[at] = value;
			return bytes;
		});
		let read = 0;
		fc.assert(
			fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), damaged), (bytes) => {
				const unpacked = unpackClaims(Buffer.from(bytes));
				if (unpacked === null) return;
				read += 1;
				expect(unpacked.issuedAt.getTime()).not.toBeNaN();
			}),
			{ numRuns: 300 },
		);
		expect(read).toBeGreaterThan(50);
		expect(unpackClaims(Buffer.concat([packClaims(claims), Buffer.from([0])]))).toBeNull();
		expect(unpackClaims(packClaims(claims).subarray(0, -1))).toBeNull();
	});
});
