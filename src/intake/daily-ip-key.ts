import type { PrivacyStore } from '../storage/port/privacy-store';

type KeyStore = Pick<PrivacyStore, 'dailyKey' | 'destroyOldKeys'>;

const known = new WeakMap<KeyStore, { key: Buffer; until: Date }>();
/** Many loads at midnight share one question. */
const asked = new WeakMap<KeyStore, Promise<Buffer>>();

/**
 * The key that addresses are hashed with today. It is remembered until midnight UTC and destroyed
 * then, in memory and in the store, whether anybody asks again or not. Where the process does not
 * run at midnight, the store destroys it at the next use or nightly run.
 *
 * Use the key before the event loop goes on: at midnight its bytes become zeros.
 */
export async function dailyIpKey(store: KeyStore, now: Date): Promise<Buffer> {
	const today = known.get(store);
	if (today && today.until > now) return today.key;
	const waiting = asked.get(store);
	if (waiting) return await waiting;
	const asking = askForKey(store, now).finally(() => asked.delete(store));
	asked.set(store, asking);
	return await asking;
}

async function askForKey(store: KeyStore, now: Date): Promise<Buffer> {
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
