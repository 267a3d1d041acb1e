import type { PrivacyStore } from './storage/privacy-store';

type KeyStore = Pick<PrivacyStore, 'dailyKey' | 'destroyOldKeys'>;

const known = new WeakMap<KeyStore, { key: Buffer; until: Date }>();

/**
 * The key that addresses are hashed with today. It is remembered until midnight UTC and destroyed
 * then, in memory and in the store, whether anybody asks again or not. Where the process does not
 * run at midnight, the store destroys it at the next use or nightly run.
 */
export async function dailyIpKey(store: KeyStore, now: Date): Promise<Buffer> {
	const today = known.get(store);
	if (today && today.until > now) return today.key;
	const fresh = await store.dailyKey(now);
	known.set(store, fresh);
	const timer = setTimeout(() => {
		known.delete(store);
		fresh.key.fill(0);
		// When the store is away, the key goes at its next use or in the nightly run.
		store.destroyOldKeys(new Date()).catch(() => undefined);
	}, fresh.until.getTime() - now.getTime());
	timer.unref();
	return fresh.key;
}
