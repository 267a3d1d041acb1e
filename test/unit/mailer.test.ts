import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';

import * as mailer from '../../src/mailer';
import { readPersonToken } from '../../src/tracking/links/person-link';
import { readTrackedLink } from '../../src/tracking/links/tracked-link';

const projectFolder = join(__dirname, '../..');
const key = mailer.generateKey();
const baseUrl = 'https://n8n.example.com/webhook';
const tracker = mailer.createTracker({ baseUrl, key });
const tokenOf = (url: string) => new URL(url).searchParams.get('t') ?? '';

describe('a tracker for mailers outside n8n', () => {
	it('makes a link that the holder of the key can read', () => {
		const before = Math.floor(Date.now() / 1000) * 1000;
		const link = tracker.link({ recipientId: 'r1', campaignId: 'c1', trackingMode: 'identified' });
		expect(link.url).toMatch(/^https:\/\/n8n\.example\.com\/webhook\/email-open\/pixel\.png\?t=/);
		expect(link.embedCode).toBe(mailer.embedCode(link.url));
		const verdict = tracker.verify(tokenOf(link.url));
		expect(verdict).toEqual({
			ok: true,
			claims: {
				pixelId: link.pixelId,
				campaignId: 'c1',
				messageId: null,
				recipientId: 'r1',
				trackingMode: 'identified',
				purpose: null,
				issuedAt: expect.any(Date),
				preview: false,
			},
		});
		if (!verdict.ok) return;
		expect(verdict.claims.issuedAt.getTime()).toBeGreaterThanOrEqual(before);
		expect(verdict.claims.issuedAt.getTime()).toBeLessThanOrEqual(Date.now());
	});

	it('never uses a pixel twice, nor an IV', () => {
		const links = Array.from({ length: 50 }, () => tracker.link({ pixelId: undefined }));
		expect(new Set(links.map((link) => link.pixelId)).size).toBe(50);
		const ivs = links.map((link) =>
			Buffer.from(tokenOf(link.url), 'base64url').subarray(8, 20).toString('hex'),
		);
		expect(new Set(ivs).size).toBe(50);
	});

	it('tracks the links of an email, under a purpose of their own', () => {
		const html = '<a href="https://shop.example/">x</a><a href="https://x.example/optout">y</a>';
		const mail = tracker.trackLinks(html, { recipientId: 'r1', campaignId: 'c1' });
		expect(mail).toMatchObject({ tracked: 1, left: [{ position: 2, reason: 'unsubscribe' }] });
		const [link] = /https:\/\/n8n[^"]+/.exec(mail.html) ?? [];
		expect(link).toMatch(/^https:\/\/n8n\.example\.com\/webhook\/email-open\/link\?t=/);
		const keyRing = mailer.parseKeyRing({ activeKey: key });
		expect(readTrackedLink(tokenOf(link ?? ''), keyRing)).toMatchObject({
			claims: { recipientId: 'r1', campaignId: 'c1', purpose: 'clicks' },
		});
		const off = tracker.trackLinks(html, { trackingMode: 'off' });
		expect(off).toEqual({ html, tracked: 0, left: [] });
	});

	it('makes the headers by which somebody unsubscribes with one click, and does not name them', () => {
		const { listUnsubscribe, listUnsubscribePost } = tracker.unsubscribe('ada@example.com');
		expect(listUnsubscribePost).toBe('List-Unsubscribe=One-Click');
		const [, url] = /^<(https:\/\/n8n\.example\.com\/webhook\/email-open\/privacy\?t=[^>]+)>$/.exec(
			listUnsubscribe,
		) ?? [, ''];
		expect(url).not.toContain('ada');
		const keyRing = mailer.parseKeyRing({ activeKey: key });
		expect(readPersonToken(tokenOf(url), keyRing, new Date())).toMatchObject({
			link: { recipientId: 'ada@example.com', scope: 'unsubscribe' },
		});
		expect(() => tracker.unsubscribe('')).toThrow('1 to 256 characters');
	});

	it('embeds one pixel and says which', () => {
		const mail = tracker.embed('<p>Hi</p>', { recipientId: 'r1', position: 'start' });
		expect(mail).toMatchObject({ embedded: true, reason: null });
		expect(mail.html).toBe(`${mail.link?.embedCode}<p>Hi</p>`);
		expect(tracker.embed(mail.html, { recipientId: 'r2' })).toMatchObject({
			html: mail.html,
			embedded: false,
			reason: 'already-embedded',
			link: null,
		});
	});

	it('sends the email as it is when tracking is off', () => {
		const html = '<p>Hi</p>';
		expect(tracker.embed(html, { trackingMode: 'off' })).toEqual({
			html,
			embedded: false,
			reason: 'tracking-off',
			link: null,
			beyondGmailClipping: false,
		});
		expect(() => tracker.link({ trackingMode: 'off' })).toThrow('without tracking');
	});

	it('puts one and the same link into all emails that are only counted', () => {
		jest.useFakeTimers({ now: new Date('2026-11-21T10:00:00Z') });
		const subject = { campaignId: 'c1', trackingMode: 'aggregate' } as const;
		const mails = ['<p>a</p>', '<p>b</p>'].map((html) => tracker.embed(html, subject));
		jest.useRealTimers();
		expect(mails[0].link).toEqual({ ...mails[1].link, pixelId: null });
	});

	it('marks a preview, listens elsewhere, and knows previous keys', () => {
		const newer = mailer.createTracker({
			baseUrl,
			key: mailer.generateKey(),
			previousKeys: key,
			path: 'o.png',
		});
		const { url } = tracker.link({ preview: true });
		expect(newer.verify(tokenOf(url))).toMatchObject({ ok: true, claims: { preview: true } });
		expect(newer.link({}).url).toContain('/webhook/o.png?t=');
		expect(tracker.verify(tokenOf(newer.link({}).url))).toEqual({
			ok: false,
			reason: 'unknown-key',
		});
	});

	it('is not made with an unusable key or base URL', () => {
		expect(() => mailer.createTracker({ baseUrl, key: '' })).toThrow('active key');
		expect(() => mailer.createTracker({ baseUrl: 'n8n', key })).toThrow('base URL');
	});
});

describe('the package', () => {
	it('exports the mailer', () => {
		const source = readFileSync(join(projectFolder, 'index.js'), 'utf8');
		const exported: { exports: unknown } = { exports: null };
		runInNewContext(source, {
			module: exported,
			require: (name: string) => (name === './dist/src/mailer.js' ? mailer : undefined),
		});
		expect(exported.exports).toBe(mailer);
	});

	it('does in the example of docs/tracking-links.md what its comments say', () => {
		const text = readFileSync(join(projectFolder, 'docs/tracking-links.md'), 'utf8');
		const example = /```js\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
		const printed: unknown[] = [];
		runInNewContext(example, {
			require: (name: string) => (name === 'n8n-nodes-email-open-tracking' ? mailer : undefined),
			process: { env: { OPEN_TRACKING_KEY: key } },
			console: { log: (value: unknown) => printed.push(value) },
		});
		expect(printed).toEqual([
			true,
			expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/),
			expect.stringMatching(
				/^<html><body><p>Hello<\/p><img src="https:\/\/n8n\.example\.com\/[^"]+" [^>]+ \/><\/body><\/html>$/,
			),
		]);
	});

	it('has the types that the example in TypeScript uses, which is a file that is type-checked', () => {
		const text = readFileSync(join(projectFolder, 'docs/tracking-links.md'), 'utf8');
		const example = /```ts\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
		const file = join(projectFolder, 'test/fixtures/mailer-example.ts');
		expect(example.replace('n8n-nodes-email-open-tracking', '../../src/mailer')).toBe(
			readFileSync(file, 'utf8'),
		);
	});
});
