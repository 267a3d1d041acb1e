import { hkdfSync, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';

import { deriveKey, generateKey, parseKeyRing } from '../../../../src/tracking/links/key-ring';

const secret = Buffer.alloc(32, 7).toString('base64');
const otherSecret = Buffer.alloc(33, 8).toString('base64url');

describe('a key ring', () => {
	it('signs with the active key and knows the previous ones', () => {
		const ring = parseKeyRing({
			activeKey: ` new:${secret}\n`,
			previousKeys: `old-1:${secret}\n\n old_2:${otherSecret},old3:${secret}`,
		});
		expect(ring.active.id).toBe('new');
		expect([...ring.keys.keys()]).toEqual(['new', 'old-1', 'old_2', 'old3']);
		expect(ring.keys.get('old_2')?.secret.export().equals(Buffer.alloc(33, 8))).toBe(true);
	});

	it('takes a generated key', () => {
		const first = generateKey(randomBytes);
		expect(parseKeyRing({ activeKey: first, previousKeys: '' }).keys.size).toBe(1);
		expect(first).not.toBe(generateKey(randomBytes));
	});

	it.each([
		['', undefined, 'The active key is not a signing key'],
		[secret, undefined, 'The active key is not a signing key'],
		[`a b:${secret}`, undefined, 'The active key is not a signing key'],
		[`${'i'.repeat(17)}:${secret}`, undefined, 'The active key is not a signing key'],
		[`id:${secret}!`, undefined, 'The active key is not a signing key'],
		['id:c2hvcnQ=', undefined, 'The active key is too short: its secret has 5 bytes'],
		[`id:${secret}`, `ok:${secret}\nbroken`, 'Previous key 2 is not a signing key'],
		[`id:${secret}`, `id:${otherSecret}`, 'Previous key 1 has the id of another key'],
	])('says what is wrong with %j and %j', (activeKey, previousKeys, message) => {
		expect(() => parseKeyRing({ activeKey, previousKeys })).toThrow(message);
		for (const text of [secret, 'broken', 'c2hvcnQ']) {
			expect(() => parseKeyRing({ activeKey, previousKeys })).not.toThrow(text);
		}
	});

	it('never shows a secret when it is printed or serialised', () => {
		const ring = parseKeyRing({ activeKey: `id:${secret}` });
		const shown = inspect(ring, { depth: 9, showHidden: true }) + JSON.stringify([...ring.keys]);
		expect(shown).not.toContain(secret);
		expect(shown).not.toContain('07 07');
		expect(shown).not.toContain('7,7');
	});
});

describe('a derived key', () => {
	const { active } = parseKeyRing({ activeKey: `id:${secret}` });

	it('is HKDF-SHA-256 of the secret and its label', () => {
		const expected = hkdfSync(
			'sha256',
			Buffer.alloc(32, 7),
			Buffer.alloc(0),
			'n8n-nodes-email-open-tracking/token-mac',
			32,
		);
		expect(deriveKey(active, 'token-mac').export().equals(Buffer.from(expected))).toBe(true);
	});

	it('differs by label and by ring key, and is the same when asked again', () => {
		const other = parseKeyRing({ activeKey: `id:${otherSecret}` }).active;
		const labels = [
			'token-encryption',
			'token-mac',
			'recipient-pseudonym',
			'denylist',
			'withdrawal-link',
		] as const;
		const all = [active, other].flatMap((key) =>
			labels.map((label) => deriveKey(key, label).export().toString('hex')),
		);
		expect(new Set(all).size).toBe(10);
		expect(deriveKey(active, 'denylist')).toBe(deriveKey(active, 'denylist'));
	});
});
