import { createHmac, createSecretKey, randomBytes } from 'node:crypto';

import { keyedHash } from '../../../../src/tracking/people/keyed-hash';

describe('keyedHash', () => {
	const texts = {
		nothing: '',
		'an id': 'denylist\0reader-42',
		'letters of several bytes': 'denylist\0Zoë 🙂 日本',
		'half a letter': '\ud83d',
		'a long text': 'x'.repeat(600) + '日'.repeat(90),
		'a text without room behind the key': 'x'.repeat(5000),
	};

	it.each(Object.entries(texts))('is HMAC-SHA-256 of %s, for keys of any length', (_, text) => {
		for (const bytes of [16, 32, 64, 65, 200]) {
			const key = createSecretKey(randomBytes(bytes));
			const expected = createHmac('sha256', key).update(text).digest('hex');
			// A longer text before it leaves nothing behind.
			keyedHash('before'.repeat(100), key, 'test');

			expect(keyedHash(text, key, 'test')).toBe(expected);
			expect(keyedHash(text, key.export(), 'test')).toBe(expected);
		}
	});

	it('refuses a key that is too short', () => {
		const key = createSecretKey(randomBytes(15));

		expect(() => keyedHash('reader-42', key, 'denylist')).toThrow(
			'The denylist key is too short. Pass at least 16 bytes.',
		);
	});
});
