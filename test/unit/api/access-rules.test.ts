import fc from 'fast-check';

import {
	faultOfRules,
	levelOfKey,
	levelOfSignIn,
	type AccessRules,
} from '../../../src/api/access-rules';

const rules = (changes: Partial<AccessRules> = {}): AccessRules => ({
	headerName: 'X-Api-Key',
	keys: { manage: '', read: '' },
	signIns: { manage: { user: '', password: '' }, read: { user: '', password: '' } },
	...changes,
});
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const secret = fc.string({ unit: 'grapheme', minLength: 1 });
const user = secret.filter((text) => !text.includes(':'));

describe('who is let in', () => {
	it('is whoever sends a key as it is, and nobody else', () => {
		fc.assert(
			fc.property(secret, secret, secret, (manage, read, sent) => {
				fc.pre(manage !== read);
				const given = rules({ keys: { manage, read } });
				expect(levelOfKey(given, manage)).toBe('manage');
				expect(levelOfKey(given, read)).toBe('read');
				const expected = sent === manage ? 'manage' : sent === read ? 'read' : null;
				expect(levelOfKey(given, sent)).toBe(expected);
			}),
		);
	});

	it('is whoever signs in with user and password, in any script, and nobody else', () => {
		fc.assert(
			fc.property(user, secret, secret, (name, password, other) => {
				const manage = { user: name, password };
				const given = rules({ signIns: { ...rules().signIns, manage } });
				expect(levelOfSignIn(given, basic(`${name}:${password}`))).toBe('manage');
				fc.pre(other !== password);
				expect(levelOfSignIn(given, basic(`${name}:${other}`))).toBeNull();
			}),
		);
	});

	it('is nobody where nothing is filled in, whatever is sent', () => {
		expect(levelOfKey(rules(), '')).toBeNull();
		expect(levelOfKey(rules(), undefined)).toBeNull();
		for (const header of [undefined, '', 'Basic', basic(''), basic(':'), 'Bearer x']) {
			expect(levelOfSignIn(rules(), header)).toBeNull();
		}
		expect(faultOfRules(rules())).toMatch(/nobody is let in/);
	});

	it('may be programs alone, or people alone', () => {
		expect(faultOfRules(rules({ keys: { manage: 'a', read: '' } }))).toBeNull();
		const read = { user: 'reader', password: 'a' };
		expect(faultOfRules(rules({ signIns: { ...rules().signIns, read } }))).toBeNull();
	});
});
