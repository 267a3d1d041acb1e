import { createHmac, timingSafeEqual } from 'node:crypto';

import { deriveKey, type KeyRing } from '../../tracking/links/key-ring';

const HOUR_MS = 3_600_000;
/** How many hours a page may stay open before its forms are refused. */
const VALID_HOURS = 24;

/**
 * A hidden value of the dashboard's forms. Only who has read the page knows it, so another site
 * cannot make a signed-in browser send the form.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export function formToken(keyRing: KeyRing, now: Date): string {
	return tokenOfHour(keyRing, Math.floor(now.getTime() / HOUR_MS));
}

/** Whether a form carries a token of the last 24 hours. */
export function isFormToken(text: string, keyRing: KeyRing, now: Date): boolean {
	const given = Buffer.from(text);
	const hour = Math.floor(now.getTime() / HOUR_MS);
	return Array.from({ length: VALID_HOURS + 1 }, (_, age) => tokenOfHour(keyRing, hour - age)).some(
		(token) => {
			const expected = Buffer.from(token);
			return expected.length === given.length && timingSafeEqual(expected, given);
		},
	);
}

function tokenOfHour(keyRing: KeyRing, hour: number): string {
	return createHmac('sha256', deriveKey(keyRing.active, 'form-token'))
		.update(String(hour))
		.digest('base64url');
}
