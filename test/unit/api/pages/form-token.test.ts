import { randomBytes } from 'node:crypto';

import { formToken, isFormToken } from '../../../../src/api/pages/form-token';
import { generateKey, parseKeyRing } from '../../../../src/tracking/links/key-ring';

const ring = () => parseKeyRing({ activeKey: generateKey(randomBytes) });
const now = new Date('2026-11-20T10:30:00Z');
const later = (hours: number) => new Date(now.getTime() + hours * 3_600_000);

describe('form tokens', () => {
	it('hold for a day and no longer', () => {
		const keys = ring();
		const token = formToken(keys, now);
		expect(isFormToken(token, keys, now)).toBe(true);
		expect(isFormToken(token, keys, later(24))).toBe(true);
		expect(isFormToken(token, keys, later(26))).toBe(false);
		expect(isFormToken(token, keys, later(-2))).toBe(false);
	});

	it('are not believed from another installation, changed or empty', () => {
		const keys = ring();
		expect(isFormToken(formToken(ring(), now), keys, now)).toBe(false);
		expect(isFormToken(`${formToken(keys, now)}x`, keys, now)).toBe(false);
		expect(isFormToken('', keys, now)).toBe(false);
	});
});
