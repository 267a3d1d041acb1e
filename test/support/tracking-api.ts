import { createSecretKey, randomBytes } from 'node:crypto';

import { RateLimiterMemory } from 'rate-limiter-flexible';
import { v7 as uuidv7 } from 'uuid';

import type { ApiDeps } from '../../src/api/api-deps';
import { TOKEN_REQUESTS, TOKEN_WINDOW_SECONDS } from '../../src/api/routes/recipient-routes';
import { createTrackingApi } from '../../src/api/tracking-api';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import { placeLoad } from '../../src/tracking/bursts/burst-rules';
import { classifyLoad } from '../../src/tracking/classify/classify-load';
import type { OpenEvent } from '../../src/tracking/event/open-event';
import { generateKey, parseKeyRing } from '../../src/tracking/links/key-ring';
import { verifyToken } from '../../src/tracking/links/token';
import { clientAddress } from '../../src/tracking/receive/client-address';
import { NOTHING_WAITS, SOUND_SETUP } from './setup-facts';

export const BASE_URL = 'https://n8n.example.com/webhook';
/** What a current Thunderbird sends. */
export const PERSON = {
	'user-agent':
		'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0',
};
/** The bare user agent of Apple Mail Privacy Protection. */
export const MACHINE = { 'user-agent': 'Mozilla/5.0' };

/** The API over a store, with a clock that tests turn and a client that sends requests. */
export function testApi(store: TrackingStore, changes: Partial<ApiDeps> = {}) {
	const keyRing = parseKeyRing({ activeKey: generateKey(randomBytes) });
	const burstKey = createSecretKey(randomBytes(32));
	const waiting: OpenEvent[] = [];
	const errors: unknown[] = [];
	const clock = { now: new Date('2026-11-20T10:00:00.000Z') };
	const deps: ApiDeps = {
		access: async () => null,
		allowedOrigins: [],
		openStore: async () => store,
		signing: async () => ({ keyRing, baseUrl: BASE_URL }),
		receiveSettings: {
			mode: 'identified',
			purpose: null,
			plainIds: { allowed: true, recipientParameter: 'user' },
			consent: { policy: 'objection-honoured', label: 'test', keepAsAggregate: false },
			keep: { ip: 'drop', userAgent: false, referer: false, acceptLanguage: false },
		},
		receiveDeps: {
			verifyToken: (token) => verifyToken(token, keyRing, { now: clock.now }),
			classify: classifyLoad,
			placeLoad: (load) => placeLoad(load, burstKey),
			isSuppressed: async () => false,
			consentStatus: async () => ({ status: 'unknown', recordId: null }),
			newEventId: () => uuidv7(),
			pseudonym: null,
			ipKey: async () => Buffer.alloc(32, 2),
			noteProbe: async (load) => await (await deps.openStore()).noteProbeLoad(load),
		},
		clientAddress: (headers) =>
			clientAddress({
				remoteAddress: null,
				forwardedFor: headers['x-forwarded-for'],
				trustedHops: 1,
			}),
		inTime: async (ask) => await ask(),
		tokenLimiter: new RateLimiterMemory({
			points: TOKEN_REQUESTS,
			duration: TOKEN_WINDOW_SECONDS,
		}),
		now: () => clock.now,
		randomBytes,
		timeZone: 'Europe/Berlin',
		recordOpen: async ({ event, load }, limitMs) => {
			const store = limitMs > 0 ? await deps.openStore().catch(() => null) : null;
			await store
				?.recordUnlessErased([{ event, load, denylistKeys: [] }])
				.catch(() => waiting.push(event));
			if (store === null) waiting.push(event);
		},
		rights: {
			exportPerson: async () => await Promise.reject(new Error('not in this test')),
			withdraw: async () => await Promise.reject(new Error('not in this test')),
			erasePerson: async () => await Promise.reject(new Error('not in this test')),
		},
		waitingOpens: async () => NOTHING_WAITS,
		setupFacts: async () => SOUND_SETUP,
		onError: (error) => errors.push(error),
		...changes,
	};
	const api = createTrackingApi(deps);
	const send = async (path: string, init?: RequestInit) =>
		await api.fetch(new Request(new URL(path, 'http://api'), init));
	const sendJson = async (path: string, body: unknown) =>
		await send(path, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(body),
		});
	/** Loads a tracking link as it was given out, like an email client. */
	const load = async (trackingUrl: string, headers: Record<string, string> = PERSON) =>
		await send(trackingUrl.replace(BASE_URL, ''), { headers });
	return { api, deps, keyRing, send, sendJson, load, waiting, errors, clock };
}
