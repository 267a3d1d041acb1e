import { randomBytes, randomUUID } from 'node:crypto';

import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';

import { within } from '../../../src/async/time-limit';
import { isQueueMode } from '../../../src/intake/instance-environment';
import { KeyError } from '../../../src/intake/intake-settings';
import { checkKeys } from '../../../src/intake/known-keys';
import { shownCertificate } from '../../../src/intake/shown-certificate';
import { isRefusal } from '../../../src/reports/setup-check/answer-checks';
import type { Found, SetupFacts, Visit } from '../../../src/reports/setup-check/setup-facts';
import type { TrackingStore } from '../../../src/storage/port/tracking-store';
import { clockAheadOfPostgres } from '../../../src/storage/postgres-store';
import { TOKEN_IV_BYTES } from '../../../src/tracking/links/sealed-token';
import { signTrackedLink } from '../../../src/tracking/links/tracked-link';
import { normaliseBaseUrl } from '../../../src/tracking/links/tracking-link';
import type { KeyRing } from '../../../src/tracking/links/key-ring';
import { imagePaths, type ReportedTracker } from '../../../src/tracking/receive/reported-tracker';
import { credentialOf } from '../installation/credential';
import { sendThroughN8n } from '../installation/hosted-tracker';
import { signingOf, type Signing } from '../installation/signing';
import { openTrackingStore, storeSettings } from '../installation/store';
import { liveSetup, placeOfStore } from '../person/live-setup';
import { waitingFolders } from '../receive/waiting-opens';

/** Nothing that is asked may hold up the answer for longer. */
const LIMIT_MS = 5000;
const HEADERS = ['age', 'cache-control', 'content-type', 'location', 'x-robots-tag'];

type AskingContext = Pick<
	IExecuteFunctions | IWebhookFunctions,
	'getNode' | 'helpers' | 'logger'
> & {
	getCredentials: IExecuteFunctions['getCredentials'];
};

/**
 * Finds out all that a setup is checked by. What cannot be found out is said, and no error.
 *
 * @param asked `ownAddress`: where n8n itself says that it serves webhooks; `requestHeaders`: those of a
 *   request that came in as readers' do, if one is known
 */
export async function setupFacts(
	node: AskingContext,
	asked: { ownAddress: string; requestHeaders: SetupFacts['requestHeaders'] },
): Promise<SetupFacts> {
	const signing = await found(async () => await signingOf(node));
	const opened = await found(async () => {
		const store = await openTrackingStore(node);
		const [place, { totals }, { trackers }, probe] = await Promise.all([
			placeOfStore(node),
			store.getDashboard({ recentOpens: 1 }),
			liveSetup(store),
			store.lastProbe(),
		]);
		return { store, trackers, probe, inWords: { ...place, clicks: totals.clicks } };
	});
	const doors = 'value' in opened ? opened.value.trackers : null;
	const address = addressOf(asked.ownAddress, signing);
	const visits = await visitAll(node, address.text, doors ?? [], signing);
	const store = 'value' in opened ? opened.value.store : null;
	const [certificate, waiting, databaseClockAheadMs, keys] = await Promise.all([
		certificateAt(address.text, visits),
		found(async () => await waitingFolders().report()),
		databaseClock(node),
		keysOf(node, signing, store),
	]);
	return {
		checkedAt: new Date(),
		address,
		visits,
		certificate,
		environment: process.env,
		requestHeaders: asked.requestHeaders,
		store: 'value' in opened ? { value: opened.value.inWords } : opened,
		waiting,
		databaseClockAheadMs,
		keys,
		doors,
		probe: 'value' in opened ? opened.value.probe : null,
	};
}

/** Gives what `ask` gives in time, or else the reason why not as a sentence. */
async function found<T>(ask: () => Promise<T>): Promise<Found<T>> {
	try {
		const late = () => {
			throw new Error('It did not answer within five seconds.');
		};
		return { value: await within(LIMIT_MS, ask(), late) };
	} catch (error) {
		const advice = error instanceof KeyError ? error.advice : undefined;
		const message = error instanceof Error ? error.message : String(error);
		return { error: advice === undefined ? message : `${message} ${advice}` };
	}
}

function addressOf(ownAddress: string, signing: Found<Signing>): SetupFacts['address'] {
	const given = 'value' in signing ? signing.value.baseUrl : '';
	if (given !== '') return { text: given, from: 'credential' };
	return {
		text: ownAddress,
		from: process.env.WEBHOOK_URL ? 'WEBHOOK_URL' : 'n8n',
	};
}

/** Asks for every published pixel, and follows a tracked link where they are followed. */
async function visitAll(
	node: AskingContext,
	address: string,
	doors: readonly ReportedTracker[],
	signing: Found<Signing>,
): Promise<Visit[]> {
	let base: string;
	try {
		base = normaliseBaseUrl(address);
	} catch {
		// Which is said by the check of the address.
		return [];
	}
	const distinct = (paths: Array<string | undefined>) => [
		...new Set(paths.filter((path) => path !== undefined)),
	];
	const asked: Array<Omit<Visit, 'answer'> & { url: () => string }> = imagePaths(doors).map(
		(path) => ({ path, url: () => `${base}/${path}` }),
	);
	if ('value' in signing) {
		const { keyRing } = signing.value;
		for (const path of distinct(doors.map(({ linkPath }) => linkPath))) {
			const leadsTo = `https://example.com/${randomUUID()}`;
			asked.push({ path, leadsTo, url: () => linkTo(leadsTo, base, path, keyRing) });
		}
	}
	return await Promise.all(
		asked.map(async ({ url, ...visited }) => ({ ...visited, answer: await visit(node, url) })),
	);
}

/** A tracked link for nobody, which leaves nothing where it is followed. */
function linkTo(leadsTo: string, baseUrl: string, path: string, keyRing: KeyRing): string {
	const url = signTrackedLink({
		baseUrl,
		path,
		keyRing,
		iv: randomBytes(TOKEN_IV_BYTES),
		claims: {
			recipientId: null,
			pixelId: null,
			campaignId: null,
			messageId: null,
			trackingMode: 'aggregate',
			purpose: 'clicks',
			issuedAt: new Date(),
			preview: true,
			link: { url: leadsTo, position: 1, label: null },
		},
	});
	return url ?? '';
}

/** HEAD is answered as GET is, and is never an open or a click. */
async function visit(node: AskingContext, urlOf: () => string): Promise<Visit['answer']> {
	const signal = AbortSignal.timeout(LIMIT_MS);
	try {
		const { status, headers, body } = await sendThroughN8n(node)(urlOf(), {
			method: 'HEAD',
			signal,
		});
		const answeredAt = Date.now();
		// There is none after HEAD; a server that sends one all the same is not listened to.
		for await (const chunk of body ?? []) if (chunk.length > 0) break;
		const date = Date.parse(headers.get('date') ?? '');
		return {
			status,
			headers: Object.fromEntries(HEADERS.map((name) => [name, headers.get(name) ?? ''])),
			clockAheadMs: Number.isNaN(date) ? null : date - answeredAt,
		};
	} catch (error) {
		return { code: signal.aborted ? 'no answer within five seconds' : codeOf(error) };
	}
}

/** What Node.js calls it, wherever n8n and its HTTP client have put that. */
function codeOf(error: unknown): string {
	let at = error as { code?: unknown; cause?: unknown; name?: string } | null | undefined;
	for (; typeof at === 'object' && at !== null; at = at.cause as typeof at) {
		if (typeof at.code === 'string') return at.code;
	}
	return (error as Error).name;
}

/** Looked at only where n8n itself let a request through. */
async function certificateAt(
	address: string,
	visits: readonly Visit[],
): Promise<SetupFacts['certificate']> {
	if (visits.length === 0 || !/^https:/i.test(address)) return null;
	const isThere = visits.some(({ answer }) => 'status' in answer || isRefusal(answer.code));
	if (!isThere) return { error: 'No server answered at the address of links' };
	return await found(async () => await shownCertificate(new URL(address)));
}

async function databaseClock(node: AskingContext): Promise<Found<number> | null> {
	const settings = await found(async () => await storeSettings(node));
	if ('error' in settings || settings.value.engine !== 'postgres') return null;
	const { value } = settings;
	return await found(async () => await clockAheadOfPostgres(value));
}

async function keysOf(
	node: AskingContext,
	signing: Found<Signing>,
	store: TrackingStore | null,
): Promise<SetupFacts['keys']> {
	if ('error' in signing) return signing;
	const { keyRing } = signing.value;
	return await found(async () => {
		if (store !== null) await checkKeys(store, keyRing);
		const { activeSecretKey } = await credentialOf(node);
		const ofN8n = isQueueMode()
			? 'the encryption key of n8n'
			: 'signing-keys.json in the folder of n8n';
		return {
			source: activeSecretKey ? 'the credential Email Open Tracking' : ofN8n,
			id: keyRing.active.id,
			others: keyRing.keys.size - 1,
			knownToStore: store !== null,
		};
	});
}
