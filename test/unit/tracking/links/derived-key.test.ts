import { deriveSigningKey } from '../../../../src/tracking/links/derived-key';
import { parseKeyRing } from '../../../../src/tracking/links/key-ring';

const OF_N8N = 'hcYlPVNu0AjBGnzZsXgoVmzcwSMpjQnG';

describe('the signing key that is derived from the encryption key of n8n', () => {
	it('is the same in every process and every version, or links in emails would die', () => {
		expect(deriveSigningKey(OF_N8N)).toBe('7684ab:HHiKCIDfM/uWAlEJq9L/c2efBZdi6n9PtJWb6TrMm4c=');
	});

	it('is a usable key, and another one, with another id, for another encryption key', () => {
		const [one, other] = [OF_N8N, `${OF_N8N}x`].map(deriveSigningKey);
		const ring = parseKeyRing({ activeKey: other, previousKeys: one });
		expect(ring.keys.size).toBe(2);
		expect(one.split(':')[1]).not.toBe(other.split(':')[1]);
	});

	it('is refused from a text that could be found by trying, without showing it', () => {
		expect(() => deriveSigningKey('correct horse')).toThrow(/fewer than 24 characters.*active key/);
		expect(() => deriveSigningKey('correct horse')).not.toThrow('correct horse');
	});
});
