import { dailyIpKey } from '../../../src/intake/daily-ip-key';
import type { PrivacyStore } from '../../../src/storage/port/privacy-store';

const BEFORE_MIDNIGHT = new Date('2026-11-21T23:59:00Z');
const MIDNIGHT = new Date('2026-11-22T00:00:00Z');
const NEXT_MIDNIGHT = new Date('2026-11-23T00:00:00Z');

/** A store that gives a key per day, and notes what it was asked. */
function keyStore() {
	const asked: string[] = [];
	let away = false;
	const store: Pick<PrivacyStore, 'dailyKey' | 'destroyOldKeys'> = {
		dailyKey: async (now) => {
			if (away) throw new Error('the store is away');
			const day = now < MIDNIGHT ? 1 : 2;
			asked.push(`day ${day}`);
			return { key: Buffer.alloc(32, day), until: day === 1 ? MIDNIGHT : NEXT_MIDNIGHT };
		},
		destroyOldKeys: async (now) => {
			asked.push(`destroy before ${now.toISOString()}`);
			return 1;
		},
	};
	return { store, asked, setAway: (value: boolean) => (away = value) };
}

describe('the key that addresses are hashed with', () => {
	beforeEach(() => jest.useFakeTimers({ now: BEFORE_MIDNIGHT }));
	afterEach(() => jest.useRealTimers());

	it('is asked for once a day, also by many loads at once', async () => {
		const { store, asked } = keyStore();
		const keys = await Promise.all(
			Array.from({ length: 100 }, () => dailyIpKey(store, new Date())),
		);
		expect(new Set(keys.map((key) => key.toString('hex')))).toEqual(
			new Set([Buffer.alloc(32, 1).toString('hex')]),
		);
		expect(asked).toEqual(['day 1']);
	});

	it('changes at midnight UTC, and the old one is destroyed in memory and in the store', async () => {
		const { store, asked } = keyStore();
		const old = await dailyIpKey(store, new Date());
		await jest.advanceTimersByTimeAsync(60_000);
		expect(old).toEqual(Buffer.alloc(32));
		expect(await dailyIpKey(store, new Date())).toEqual(Buffer.alloc(32, 2));
		expect(asked).toEqual(['day 1', `destroy before ${MIDNIGHT.toISOString()}`, 'day 2']);
	});

	it('is asked for again after a failure', async () => {
		const { store, setAway } = keyStore();
		setAway(true);
		await expect(dailyIpKey(store, new Date())).rejects.toThrow('away');
		setAway(false);
		expect(await dailyIpKey(store, new Date())).toEqual(Buffer.alloc(32, 1));
	});
});
