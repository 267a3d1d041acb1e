import { createHash, timingSafeEqual } from 'node:crypto';

/** What a requester may do: look, or also make and delete. */
export type AccessLevel = 'read' | 'manage';

/** User and password of a person. */
export interface SignIn {
	user: string;
	password: string;
}

/** Who is let in. An empty key, user or password lets in nobody. */
export interface AccessRules {
	/** The header in which programs send their key */
	headerName: string;
	keys: Readonly<Record<AccessLevel, string>>;
	signIns: Readonly<Record<AccessLevel, SignIn>>;
}

/** What is wrong with rules, in words for the operator; `null` where nothing is. */
export function faultOfRules({ headerName, keys, signIns }: AccessRules): string | null {
	if (!/^[\w!#$%&'*+.^`|~-]+$/.test(headerName)) {
		return 'The header name is not one. Use letters, digits and hyphens, such as X-Api-Key.';
	}
	for (const [level, { user, password }] of Object.entries(signIns)) {
		if ((user === '') !== (password === '')) {
			return `The ${level} sign-in has a user or a password, and not the other. Fill in both, or neither.`;
		}
		if (user.includes(':')) {
			return `The ${level} user has a colon in it, which a browser cannot send. Choose another.`;
		}
	}
	if (keys.read !== '' && keys.read === keys.manage) {
		return 'The two API keys are the same, so the one to read could do everything. Change one.';
	}
	if (signIns.read.user !== '' && isSame(signIns.read, signIns.manage)) {
		return 'The two sign-ins are the same, so the one to read could do everything. Change one.';
	}
	const isEmpty =
		[...Object.values(keys), ...Object.values(signIns).map(({ user }) => user)].join('') === '';
	return isEmpty ? 'There is no API key and no sign-in, so nobody is let in. Fill in one.' : null;
}

function isSame(one: SignIn, other: SignIn): boolean {
	return one.user === other.user && one.password === other.password;
}

/** What the sender of a key may do; `null` for a stranger. */
export function levelOfKey({ keys }: AccessRules, sent: string | undefined): AccessLevel | null {
	return levelOf({ manage: keys.manage, read: keys.read }, sent ?? '');
}

/** What somebody who signs in may do, by the header of Basic authentication; `null` for a stranger. */
export function levelOfSignIn(
	{ signIns }: AccessRules,
	header: string | undefined,
): AccessLevel | null {
	const [, base64 = ''] = /^Basic +([\w+/=-]+) *$/i.exec(header ?? '') ?? [];
	const text = ({ user, password }: SignIn) =>
		user === '' || password === '' ? '' : `${user}:${password}`;
	return levelOf(
		{ manage: text(signIns.manage), read: text(signIns.read) },
		Buffer.from(base64, 'base64').toString('utf8'),
	);
}

/** Always compares with both, so that the time of the answer does not tell which one was close. */
function levelOf(secrets: Record<AccessLevel, string>, sent: string): AccessLevel | null {
	const manages = isEqual(secrets.manage, sent);
	const reads = isEqual(secrets.read, sent);
	if (sent === '') return null;
	if (manages) return 'manage';
	return reads ? 'read' : null;
}

function isEqual(one: string, other: string): boolean {
	const hash = (text: string) => createHash('sha256').update(text).digest();
	return timingSafeEqual(hash(one), hash(other));
}
