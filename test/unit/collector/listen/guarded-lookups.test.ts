import { guardLookups } from '../../../../src/collector/listen/guarded-lookups';

const given = { status: 'given', recordId: '1' } as const;

describe('consent lookups of the collector', () => {
	it('pass on what the store says, and what it throws', async () => {
		const lookups = guardLookups({
			isSuppressed: async (id) => id === 'erased',
			consentStatus: async () => {
				throw new Error('away');
			},
		});
		await expect(lookups.isSuppressed('erased')).resolves.toBe(true);
		await expect(lookups.isSuppressed('other')).resolves.toBe(false);
		await expect(lookups.consentStatus('a', null)).rejects.toThrow('away');
	});

	it('fail in time when the store hangs, then at once, and ask again after a rest', async () => {
		let asked = 0;
		let hangs = true;
		const lookups = guardLookups(
			{
				isSuppressed: async () => {
					asked += 1;
					if (hangs) await new Promise(() => undefined);
					return false;
				},
				consentStatus: async () => given,
			},
			{ limitMs: 30, restMs: 60 },
		);
		await expect(lookups.isSuppressed('a')).rejects.toThrow('did not answer');
		await expect(lookups.isSuppressed('a')).rejects.toThrow('did not answer');
		await expect(lookups.consentStatus('a', null)).rejects.toThrow('did not answer');
		expect(asked).toBe(1);
		hangs = false;
		await new Promise((resolve) => setTimeout(resolve, 80));
		await expect(lookups.isSuppressed('a')).resolves.toBe(false);
		await expect(lookups.consentStatus('a', null)).resolves.toEqual(given);
	});
});
