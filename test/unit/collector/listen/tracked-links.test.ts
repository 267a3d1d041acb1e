import { randomBytes } from 'node:crypto';

import {
	signTrackedLink,
	type TrackedLinkClaims,
} from '../../../../src/tracking/links/tracked-link';
import { LINK_NOT_FOUND, redirectTo } from '../../../../src/tracking/receive/link-response';
import type { LinkDeps } from '../../../../src/tracking/receive/receive-types';
import { KEY_RING, listen, RECEIVE, type TestListener } from '../../../support/collector-listener';

const TRANSPORT_HEADERS = ['date', 'connection', 'keep-alive'];
const TARGET = 'https://shop.example/boots?email=ada@example.com';
const claims: TrackedLinkClaims = {
	recipientId: 'ada',
	pixelId: null,
	campaignId: 'spring',
	messageId: null,
	trackingMode: null,
	purpose: 'clicks',
	issuedAt: new Date('2026-11-01T00:00:00Z'),
	preview: false,
	link: { url: TARGET, position: 2, label: 'Boots' },
};

describe('a collector that tracks clicks', () => {
	let server: TestListener;
	const start = async (
		settings: Parameters<typeof listen>[0] = {},
		receive: Partial<LinkDeps> = {},
	) => (server = await listen({ clicks: true, ...settings }, { receive }));
	afterEach(async () => await server?.stop());

	const tokenOf = (changes: Partial<TrackedLinkClaims> = {}) => {
		const link = signTrackedLink({
			baseUrl: 'https://n8n.example.com/webhook',
			claims: { ...claims, ...changes },
			keyRing: KEY_RING,
			iv: randomBytes(12),
		});
		return new URL(link ?? '').searchParams.get('t') ?? '';
	};
	const follow = async (token: string, method = 'GET') => {
		const url = `${server.url}/webhook/email-open/link?t=${token}`;
		const response = await fetch(url, {
			method,
			redirect: 'manual',
			headers: { 'x-forwarded-for': '203.0.113.9' },
		});
		const headers = [...response.headers].filter(([name]) => !TRANSPORT_HEADERS.includes(name));
		const body = Buffer.from(await response.arrayBuffer());
		return { status: response.status, headers: Object.fromEntries(headers), body };
	};

	it('sends whoever follows a link to where it leads, and logs the click', async () => {
		await start();
		expect(await follow(tokenOf())).toEqual(redirectTo(TARGET));
		expect(server.events()).toEqual([
			expect.objectContaining({
				event: 'click',
				purpose: 'clicks',
				recipientId: 'ada',
				campaignId: 'spring',
				link: { url: 'https://shop.example/boots', position: 2, label: 'Boots' },
			}),
		]);
		expect(server.counters).toMatchObject({ requests: 1, answered: 1, recorded: 1, commits: 1 });
	});

	it('answers HEAD alike, without counting it', async () => {
		await start();
		expect(await follow(tokenOf(), 'HEAD')).toEqual(redirectTo(TARGET));
		expect(server.events()).toEqual([]);
		// The rules for machines get to know, of nobody by name and not where it leads.
		const [record] = server.records();
		expect(record).toMatchObject({
			looked: {
				event: { pixelId: null, campaignId: 'spring', recipientId: null },
				load: { open: false, link: { position: 2, head: true } },
			},
		});
		expect(JSON.stringify(record)).not.toMatch(/ada|shop|203\.0/);
		expect(server.counters).toMatchObject({ recorded: 0, notRecorded: 1, commits: 1 });
	});

	it.each([
		['erased', { isSuppressed: async () => true }],
		['withdrawn', { consentStatus: async () => ({ status: 'withdrawn', recordId: 'r' }) }],
		['refused', { consentStatus: async () => ({ status: 'refused', recordId: 'r' }) }],
	] as const)('sends them there as well when they %s, and keeps nothing', async (_, receive) => {
		await start({}, receive as Partial<LinkDeps>);
		expect(await follow(tokenOf())).toEqual(redirectTo(TARGET));
		expect(await follow(tokenOf(), 'HEAD')).toEqual(redirectTo(TARGET));
		expect(server.records()).toEqual([]);
		// The answer waits for the disk all the same.
		expect(server.counters).toMatchObject({ notRecorded: 2, commits: 2 });
	});

	it('asks for consent to clicks, whatever there is for opens', async () => {
		const asked: unknown[] = [];
		await start(
			{ receive: { ...RECEIVE, consent: { ...RECEIVE.consent, policy: 'consent-required' } } },
			{
				consentStatus: async (_, purpose) => {
					asked.push(purpose);
					return { status: purpose === 'performance' ? 'given' : 'unknown', recordId: null };
				},
			},
		);
		expect((await follow(tokenOf())).status).toBe(302);
		expect(asked).toEqual(['clicks']);
		expect(server.records()).toEqual([]);
	});

	it('sends them there beyond any limit, and while the store is away', async () => {
		const away = async () => {
			throw new Error('away');
		};
		await start(
			{ proxyHops: 1, flood: { perSecond: 0.001, burst: 1 } },
			{ isSuppressed: away, consentStatus: away },
		);
		for (let turn = 0; turn < 3; turn += 1) {
			expect(await follow(tokenOf())).toEqual(redirectTo(TARGET));
		}
		expect(server.events()).toHaveLength(1);
		expect(server.counters).toMatchObject({ rateLimited: 2, lookupErrors: 1 });
	});

	it('does not say what is wrong with a link that it did not make', async () => {
		await start();
		const token = tokenOf();
		const damaged = [
			'',
			'x',
			token.slice(0, -1),
			`${token}A`,
			token.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')),
			`B${token.slice(1)}`,
		];
		for (const text of damaged) expect(await follow(text)).toEqual(LINK_NOT_FOUND);
		const head = { ...LINK_NOT_FOUND, body: Buffer.alloc(0) };
		expect(await follow('x', 'HEAD')).toEqual(head);
		expect(server.records()).toEqual([]);
	});

	it('does not follow a link of whose token any character was changed', async () => {
		await start();
		const token = tokenOf();
		const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
		for (const [at, letter] of [...token].entries()) {
			const other = alphabet[(alphabet.indexOf(letter) + 1 + (at % 63)) % 64];
			const changed = token.slice(0, at) + other + token.slice(at + 1);
			expect([at, await follow(changed)]).toEqual([at, LINK_NOT_FOUND]);
		}
		expect(server.records()).toEqual([]);
	});

	it('serves the pixel as before; without the switch it serves nothing else', async () => {
		await start();
		expect((await fetch(`${server.url}/email-open/pixel.png?t=${tokenOf()}`)).status).toBe(200);
		await server.stop();
		await start({ clicks: false });
		const { status, headers } = await follow(tokenOf());
		expect([status, headers['content-type']]).toEqual([200, 'image/png']);
		expect(server.events()).toMatchObject([{ event: 'open', recipientReason: 'invalid-token' }]);
	});
});
