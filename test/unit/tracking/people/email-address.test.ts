import fc from 'fast-check';

import { isEmailAddress } from '../../../../src/tracking/people/email-address';

const LONG_NAME = 'n'.repeat(64);
const LONG_LABEL = 'd'.repeat(63);

describe('isEmailAddress', () => {
	test.each([
		'a@b.co',
		'A.B@EXAMPLE.com',
		'a+b@x.example',
		"o'neil@x.com",
		'a&b@x.com',
		'a!#$%*/=?^_`{|}~-@x.com',
		'-a-@x.com',
		'"a b"@x.com',
		'"a\\"b@c"@x.com',
		'jörg@example.com',
		'a@bücher.example',
		'用户@例子.广告',
		'a@xn--bcher-kva.example',
		'a@example.xn--p1ai',
		'a@1.2.example',
		`${LONG_NAME}@${LONG_LABEL}.com`,
	])('takes %j', (text) => {
		expect(isEmailAddress(text)).toBe(true);
	});

	test.each([
		'',
		'@',
		'a',
		'a@',
		'@b.co',
		'a@b',
		'a@localhost',
		'a..b@x.com',
		'.a@x.com',
		'a.@x.com',
		'a b@x.com',
		'a@b@x.com',
		'""@x.com',
		'"a"b"@x.com',
		'a@x_y.com',
		'a@-x.com',
		'a@x-.com',
		'a@x..com',
		'a@.x.com',
		'a@x.com.',
		'a@x.c',
		'a@x.1com',
		'a@1.2.3.4',
		'a@[1.2.3.4]',
		' a@x.com',
		'a@x.com\n',
		'a@x.com\u0000',
		'"a\nb"@x.com',
		'Ada <a@x.com>',
		'a@x.com,b@x.com',
		`${LONG_NAME}n@x.com`,
		`${'ö'.repeat(33)}@x.com`,
		`a@${LONG_LABEL}d.com`,
		`a@${'x.'.repeat(130)}com`,
	])('refuses %j', (text) => {
		expect(isEmailAddress(text)).toBe(false);
	});

	test('takes every plain address, and none of them twice or with a name around it', () => {
		fc.assert(
			fc.property(fc.emailAddress(), (address) => {
				expect(isEmailAddress(address)).toBe(true);
				expect(isEmailAddress(`${address}@${address}`)).toBe(false);
				expect(isEmailAddress(`<${address}>`)).toBe(false);
			}),
		);
	});

	test('answers at once for long texts made to be slow', () => {
		const started = performance.now();
		for (const text of [`a@${'a-'.repeat(5e5)}`, `${'a.'.repeat(5e5)}@`, `"${'\\'.repeat(1e6)}`]) {
			expect(isEmailAddress(text)).toBe(false);
		}
		for (const text of [`a@${'a.'.repeat(126)}1`, `"${'\\\\'.repeat(31)}\\@x.com`]) {
			expect(isEmailAddress(text)).toBe(false);
		}
		expect(performance.now() - started).toBeLessThan(500);
	});
});
