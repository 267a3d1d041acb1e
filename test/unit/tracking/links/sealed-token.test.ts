import { createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

import fc from 'fast-check';

import { generateKey, parseKeyRing } from '../../../../src/tracking/links/key-ring';
import {
	maxTokenLength,
	openToken,
	sealToken,
	tokenFromText,
	type TokenKind,
} from '../../../../src/tracking/links/sealed-token';

const KINDS = ['pixel', 'link', 'person'] as const satisfies TokenKind[];
const ring = parseKeyRing({ activeKey: generateKey(randomBytes) });
const kind = fc.constantFrom(...KINDS);
const content = fc.uint8Array({ minLength: 1, maxLength: 150 });
const iv = fc.uint8Array({ minLength: 12, maxLength: 12 });
const bytesOf = (token: string) => Buffer.from(token, 'base64url');
const textOf = (bytes: Buffer) => bytes.toString('base64url');

/** That a text opens as no kind at all; neither may it throw. */
const refused = (text: string, keys = ring): void => {
	for (const one of KINDS) expect(openToken(one, text, keys).ok).toBe(false);
};

describe('the format of tokens', () => {
	const secret = Buffer.alloc(32, 7);
	const fixed = parseKeyRing({ activeKey: `k1:${secret.toString('base64')}` });
	const fixedIv = Buffer.from('000102030405060708090a0b', 'hex');
	const plain = Buffer.from('what the link says');

	it.each([
		['pixel', fixedIv, 'CQJrMQABAgMEBQYHCAkKC1Bk2O5onShH4Oz4V_707Vfy-BqHpSgF_YVrPVrA4zK8zos'],
		['link', fixedIv, 'CgJrMQABAgMEBQYHCAkKC49UebcIFPl-S-X1AOzSvDv9j1RSl5MrfXoMawe0C44oo-A'],
		['person', fixedIv, 'CwJrMQABAgMEBQYHCAkKC8t_CNnhjqpnR4iwY3bkQSj68H01NghPb_p_o3OkIZVOOUI'],
		['pixel', 'of-content', 'CQJrMa_z_yYk776fWgyRnHGngoVPBzVnbbxAgaKcxYXZcdd5JAUQqVIeJshBnTUMBCQ'],
	] as const)(
		'is frozen, because sent emails cannot be changed: %s, IV %s',
		(one, given, token) => {
			expect(sealToken(one, plain, fixed.active, given)).toBe(token);
			expect(openToken(one, token, fixed)).toEqual({ ok: true, content: plain, keyId: 'k1' });
		},
	);

	it.each([
		['pixel', 0x09],
		['link', 0x0a],
		['person', 0x0b],
	] as const)('is AES-256-GCM behind an authenticated head: %s', (one, headByte) => {
		const bytes = bytesOf(sealToken(one, plain, fixed.active, fixedIv));
		const head = Buffer.from([headByte, 2, 'k'.charCodeAt(0), '1'.charCodeAt(0)]);
		expect(bytes.subarray(0, 4)).toEqual(head);
		expect(bytes.subarray(4, 16)).toEqual(fixedIv);
		const info = `n8n-nodes-email-open-tracking/${one}-token`;
		const key = Buffer.from(hkdfSync('sha256', secret, '', info, 32));
		const cipher = createDecipheriv('aes-256-gcm', key, fixedIv, { authTagLength: 16 });
		cipher.setAAD(head);
		cipher.setAuthTag(bytes.subarray(-16));
		const read = Buffer.concat([cipher.update(bytes.subarray(16, -16)), cipher.final()]);
		expect(read).toEqual(plain);
	});
});

describe('a sealed token', () => {
	it('gives back exactly what was sealed', () => {
		fc.assert(
			fc.property(kind, content, iv, (one, input, usedIv) => {
				const token = sealToken(one, input, ring.active, usedIv);
				expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
				expect(openToken(one, token, ring)).toEqual({
					ok: true,
					content: Buffer.from(input),
					keyId: ring.active.id,
				});
			}),
			{ numRuns: 200 },
		);
	});

	it('is refused when any bit is flipped', () => {
		for (const one of KINDS) {
			const bytes = bytesOf(sealToken(one, Buffer.from('content'), ring.active, randomBytes(12)));
			for (let bit = 0; bit < bytes.length * 8; bit += 1) {
				const changed = Buffer.from(bytes);
				changed[bit >> 3] ^= 1 << (bit & 7);
				refused(textOf(changed));
			}
		}
	});

	it('is refused when it is cut or lengthened, at either end', () => {
		fc.assert(
			fc.property(
				kind,
				content,
				fc.uint8Array({ minLength: 1, maxLength: 20 }),
				(one, input, more) => {
					const bytes = bytesOf(sealToken(one, input, ring.active, randomBytes(12)));
					for (let length = 0; length < bytes.length; length += 1) {
						refused(textOf(bytes.subarray(0, length)));
						refused(textOf(bytes.subarray(bytes.length - length)));
					}
					refused(textOf(Buffer.concat([bytes, more])));
					refused(textOf(Buffer.concat([more, bytes])));
				},
			),
			{ numRuns: 8 },
		);
	});

	it('is refused when one character is changed, added or missing', () => {
		const token = sealToken('pixel', Buffer.from('content'), ring.active, randomBytes(12));
		fc.assert(
			fc.property(
				fc.nat(token.length - 1),
				fc.constantFrom(...'AZaz09-_+/=. %é'),
				(at, character) => {
					fc.pre(token[at] !== character);
					refused(token.slice(0, at) + character + token.slice(at + 1));
					refused(token.slice(0, at) + character + token.slice(at));
					refused(token.slice(0, at) + token.slice(at + 1));
				},
			),
			{ numRuns: 200 },
		);
	});

	it('is refused when it is put together from two', () => {
		fc.assert(
			fc.property(kind, kind, content, content, fc.nat(200), fc.nat(200), (a, b, x, y, i, j) => {
				const one = bytesOf(sealToken(a, x, ring.active, randomBytes(12)));
				const other = bytesOf(sealToken(b, y, ring.active, randomBytes(12)));
				const spliced = Buffer.concat([one.subarray(0, i), other.subarray(j)]);
				fc.pre(!spliced.equals(one) && !spliced.equals(other));
				refused(textOf(spliced));
			}),
			{ numRuns: 300 },
		);
	});

	it('is refused as another kind, also with its head rewritten', () => {
		for (const one of KINDS) {
			const token = sealToken(one, Buffer.from('content'), ring.active, randomBytes(12));
			for (const other of KINDS.filter((candidate) => candidate !== one)) {
				expect(openToken(other, token, ring)).toEqual({ ok: false, reason: 'malformed' });
			}
			const bytes = bytesOf(token);
			const own = bytes[0];
			for (let head = 0; head < 256; head += 1) {
				if (head === own) continue;
				bytes[0] = head;
				refused(textOf(bytes));
			}
		}
	});

	it('is refused under other keys, of another id or of the same', () => {
		const token = sealToken('pixel', Buffer.from('content'), ring.active, randomBytes(12));
		expect(
			openToken('pixel', token, parseKeyRing({ activeKey: generateKey(randomBytes) })),
		).toEqual({ ok: false, reason: 'unknown-key' });
		const [, secret] = generateKey(randomBytes).split(':');
		const sameId = parseKeyRing({ activeKey: `${ring.active.id}:${secret}` });
		expect(openToken('pixel', token, sameId)).toEqual({ ok: false, reason: 'bad-signature' });
	});

	it('is refused when it is random text or bytes', () => {
		fc.assert(
			fc.property(
				fc.oneof(
					fc.string(),
					fc.string({ unit: 'binary' }),
					fc.uint8Array({ maxLength: 192 }).map((bytes) => textOf(Buffer.from(bytes))),
					// With a head that looks right.
					fc
						.tuple(fc.constantFrom(0x09, 0x0a, 0x0b), fc.nat(20), fc.uint8Array({ maxLength: 190 }))
						.map(([head, length, rest]) => textOf(Buffer.from([head, length, ...rest]))),
				),
				(text) => refused(text),
			),
			{ numRuns: 500 },
		);
	});

	it('has one spelling: the unused bits of the last character must be zero', () => {
		const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
		const spellings = ['a', 'ab', 'abc'].flatMap((text) => {
			const token = sealToken('pixel', Buffer.from(text), ring.active, randomBytes(12));
			return [...alphabet]
				.map((last) => token.slice(0, -1) + last)
				.filter((other) => other !== token && bytesOf(other).equals(bytesOf(token)));
		});
		expect(spellings.length).toBeGreaterThan(0);
		for (const other of spellings) refused(other);
	});

	it('is not even decoded beyond its greatest length', () => {
		for (const one of KINDS) {
			const decode = jest.spyOn(Buffer, 'from');
			const opened = openToken(one, 'A'.repeat(maxTokenLength(one) + 1), ring);
			const calls: unknown[][] = decode.mock.calls;
			const decoded = calls.some(([, encoding]) => encoding === 'base64url');
			decode.mockRestore();
			expect(opened).toEqual({ ok: false, reason: 'malformed' });
			expect(decoded).toBe(false);
		}
	});

	it('shared by all is the same for the same content, key and kind, and only then', () => {
		const seal = (text: string, one: TokenKind = 'pixel', keys = ring) =>
			sealToken(one, Buffer.from(text), keys.active, 'of-content');
		const ivOf = (token: string) =>
			bytesOf(token)
				.subarray(2 + ring.active.id.length, 14 + ring.active.id.length)
				.toString('hex');
		const other = parseKeyRing({ activeKey: generateKey(randomBytes) });
		expect(seal('spring')).toBe(seal('spring'));
		const ivs = [seal('spring'), seal('summer'), seal('spring', 'person')].map(ivOf);
		ivs.push(ivOf(seal('spring', 'pixel', other)));
		expect(new Set(ivs).size).toBe(4);
	});

	it('is not sealed with an IV of another length', () => {
		for (const length of [0, 11, 13, 16]) {
			expect(() => sealToken('pixel', Buffer.from('x'), ring.active, randomBytes(length))).toThrow(
				'12 fresh random bytes',
			);
		}
	});
});

describe('the token in a text', () => {
	const token = sealToken('pixel', Buffer.from('content'), ring.active, randomBytes(12));

	it.each([
		['alone', token],
		['between blanks', ` ${token}\n`],
		['in a tracking link', `https://n8n.example.com/webhook/email-open/pixel.png?t=${token}`],
		['behind other parameters', `https://n8n.example.com/p.png?x=1&t=${token}&y=2#end`],
		['in a link of the Mail Tracker API', `https://n8n.example.com/tracker/a.png?token=${token}`],
		['in a link in HTML', `https://n8n.example.com/p.png?x=1&amp;t=${token}`],
		['behind something else of that name', `https://n8n.example.com/p.png?t=5&t=${token}`],
		['in a path and a query', `/tracker/a.png?token=${token}`],
	])('is found %s', (_where, text) => {
		expect(tokenFromText('pixel', text)).toBe(token);
	});

	it.each([
		['nothing', ''],
		['another parameter', `https://n8n.example.com/p.png?at=${token}`],
		['a path', `https://n8n.example.com/${token}`],
		['half a token', `https://n8n.example.com/p.png?t=${token.slice(0, 20)}`],
		['a token and more', `https://n8n.example.com/p.png?t=${token}AAAA${'A'.repeat(300)}`],
		['another kind', sealToken('person', Buffer.from('content'), ring.active, randomBytes(12))],
	])('is not found in %s', (_what, text) => {
		expect(tokenFromText('pixel', text)).toBeNull();
	});

	it('is looked for in any text without an error, and what is found has the form of a token', () => {
		fc.assert(
			fc.property(
				kind,
				fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl({ withQueryParameters: true })),
				(one, text) => expect(tokenFromText(one, text)).toBeNull(),
			),
			{ numRuns: 300 },
		);
	});
});
