import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { Parser } from 'htmlparser2';

import { generateKey, parseKeyRing } from '../../../../src/tracking/links/key-ring';
import { personLink } from '../../../../src/tracking/links/person-link';
import {
	readTrackedLink,
	signTrackedLink,
	type LinkTarget,
} from '../../../../src/tracking/links/tracked-link';
import { redirectTo } from '../../../../src/tracking/receive/link-response';
import { escapeAttribute } from '../../../../src/tracking/mail/embed-code';
import { trackLinks } from '../../../../src/tracking/mail/track-links';

const keyRing = parseKeyRing({ activeKey: generateKey(randomBytes) });
const baseUrl = 'https://n8n.example.com/webhook';
const FIXTURES = join(__dirname, '../../../fixtures/newsletters');

const sign = (link: LinkTarget) =>
	signTrackedLink({
		baseUrl,
		keyRing,
		iv: randomBytes(12),
		claims: {
			recipientId: '42',
			pixelId: null,
			campaignId: 'spring',
			messageId: null,
			trackingMode: null,
			purpose: 'clicks',
			issuedAt: new Date('2026-11-20T10:00:00.000Z'),
			preview: false,
			link,
		},
	});
const track = (html: string, listUnsubscribe?: string) =>
	trackLinks(html, sign, { listUnsubscribe });

const TRACKED = /https:\/\/n8n\.example\.com\/webhook\/email-open\/link\?t=([A-Za-z0-9_-]+)/g;
const targetsIn = (html: string): LinkTarget[] =>
	Array.from(html.matchAll(TRACKED), ([, token]) => {
		const read = readTrackedLink(token, keyRing);
		if (!read.ok) throw new Error(read.reason);
		return read.claims.link;
	});
/** The email as it was, where each address was written in its normal form. */
const undone = (html: string) => {
	const urls = targetsIn(html).map(({ url }) => url);
	return html.replace(TRACKED, () => escapeAttribute(urls.shift() ?? ''));
};

describe('tracking links in an email', () => {
	it('puts a tracked link in place of each web link, and changes nothing else', () => {
		const html =
			'<p>Hi <A class=x HREF="https://shop.example/a?b=1&amp;c=2">shop</A> and ' +
			"<a href='http://shop.example/b'>b</a> <map><area href=https://shop.example/c></map></p>";
		const result = track(html);
		expect(result).toMatchObject({ tracked: 3, left: [] });
		expect(targetsIn(result.html)).toEqual([
			{ url: 'https://shop.example/a?b=1&c=2', position: 1, label: null },
			{ url: 'http://shop.example/b', position: 2, label: null },
			{ url: 'https://shop.example/c', position: 3, label: null },
		]);
		expect(undone(result.html)).toBe(html);
	});

	it('reads character references as a browser does in an attribute', () => {
		const html =
			'<a href="https://x.example/?a=1&copy=2&copy;&#x26;b&amp;amp;c">x</a><a href=https://x.example/&lt;y>y</a>';
		expect(targetsIn(track(html).html).map(({ url }) => url)).toEqual([
			'https://x.example/?a=1&copy=2%C2%A9&b&amp;c',
			'https://x.example/%3Cy',
		]);
	});

	it.each([
		['another scheme', '<a href="mailto:a@b.example">x</a><a href="tel:+49">x</a>'],
		['an anchor', '<a href="#top">x</a><a name="top">x</a>'],
		['a relative address', '<a href="/x">x</a><a href="//x.example/">x</a>'],
		[
			'an image, a form, a stylesheet',
			'<img src="https://x.example/i"><link href="https://x.example">',
		],
		['a script address', '<a href="javascript:location=\'https://x.example\'">x</a>'],
		['a comment', '<!-- <a href="https://x.example/">x</a> -->'],
		['text', '&lt;a href="https://x.example/">'],
		[
			'raw text',
			'<style><a href="https://x.example/"></style><textarea><a href="https://x.example/">',
		],
		['an attribute value', '<p title="<a href=\'https://x.example/\'>x</a>">y</p>'],
		['a tag that never ends', '<p><a href="https://x.example/"'],
		['a second href', '<a href="#a" href="https://x.example/">x</a>'],
	])('leaves what is no web link: %s', (_, html) => {
		expect(track(html)).toEqual({ html, tracked: 0, left: [] });
	});

	const consent = personLink({
		baseUrl,
		keyRing,
		iv: randomBytes(12),
		link: { recipientId: '42', scope: 'consent', issuedAt: new Date('2026-11-20T10:00:00.000Z') },
	});
	it.each([
		['marked', '<a data-no-track href="https://x.example/esim">x</a>'],
		['consent', `<a href="${consent}">How we track</a>`],
		['unsubscribe', '<a href="https://x.example/u/1"><b>Un</b>subscribe here</a>'],
		['unsubscribe', '<a href="https://x.example/unsub?u=1">click here</a>'],
		['unsubscribe', '<a href="https://x.example/1"><img src="i" alt="Abmelden"></a>'],
		['unsubscribe', '<a href="https://x.example/1">Se d&eacute;sabonner</a>'],
		['unsubscribe', '<a href="https://x.example/1">Manage your preferences</a>'],
		['unsubscribe', '<a href="https://x.example/1">Newsletter abbestellen</a>'],
		['unsubscribe', '<a href="https://x.example/1">Disiscriviti</a>'],
		['placeholder', '<a href="https://x.example/?e={{email}}">x</a>'],
		['placeholder', '<a href="https://x.example/*|ID|*">x</a>'],
		['too-long', `<a href="https://x.example/${'x'.repeat(1800)}">x</a>`],
	])('leaves a link and says why: %s, %s', (reason, html) => {
		expect(track(html)).toEqual({ html, tracked: 0, left: [{ position: 1, reason }] });
	});

	it('leaves what the List-Unsubscribe header names', () => {
		const html = '<a href="https://x.example/out?a=1&amp;b=2">here</a>';
		expect(track(html).tracked).toBe(1);
		const header = '<mailto:out@x.example>, <https://x.example/out?a=1&b=2>';
		expect(track(html, header)).toMatchObject({
			html,
			left: [{ position: 1, reason: 'unsubscribe' }],
		});
	});

	it.each(['Subscribe now', 'Our shop', 'Contact us', 'Opting in pays', 'Unsubtle colors'])(
		'tracks an ordinary link: %s',
		(text) => expect(track(`<a href="https://x.example/1">${text}</a>`).tracked).toBe(1),
	);

	it('names a link by its place and by the label that its author gave it', () => {
		const html =
			'<a href="https://x.example/unsubscribe">x</a>' +
			'<a data-track-label=" Big &amp; red&#10;button " href="https://x.example/">x</a>';
		expect(targetsIn(track(html).html)).toEqual([
			{ url: 'https://x.example/', position: 2, label: 'Big & red button' },
		]);
	});

	it('keeps the names when it is used again, and tracks what was added', () => {
		const once = track(
			'<a href="https://x.example/1">x</a><a href="https://x.example/2">x</a>',
		).html;
		const twice = track(`${once}<a href="https://x.example/3">x</a>`);
		expect(twice).toMatchObject({ tracked: 1, left: [{ position: 1 }, { position: 2 }] });
		expect(targetsIn(twice.html).map(({ position }) => position)).toEqual([1, 2, 3]);
	});
});

/** HTML of any kind, with many links and much that only looks like one. */
const address = fc
	.webUrl({ withQueryParameters: true, withFragments: true })
	.map((url) => new URL(url).href);
const piece = fc.oneof(
	fc.string(),
	fc.constantFrom(
		...['<!--', '-->', '<style>', '</style>', '</a>', '<a ', '>', '"', "'", '<', '&', '&amp;'],
		...['<textarea>', '</textarea>', '<![CDATA[', ']]>', '<p title="', '<br/>', '<a href=', '='],
	),
	address.map((url) => `<a href="${escapeAttribute(url)}">x</a>`),
	address.map((url) => `<AREA HREF='${escapeAttribute(url)}'/>`),
	address.map((url) => `<a id=1 href=${escapeAttribute(url)} >x`),
);
const html = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

/** Between the links nothing has changed: each piece follows the one before it. */
function expectOnlyLinksToDiffer(before: string, after: string): void {
	let at = 0;
	for (const part of after.split(TRACKED).filter((_, index) => index % 2 === 0)) {
		const found = before.indexOf(part, at);
		expect(found).toBeGreaterThanOrEqual(at);
		at = found + part.length;
	}
}

describe('any HTML', () => {
	it('can be had back byte by byte, and is the same when it is tracked again', () => {
		fc.assert(
			fc.property(html, (before) => {
				const replaced: string[] = [];
				const { html: after, tracked } = trackLinks(before, ({ url }) => {
					replaced.push(url);
					return sign({ url, position: replaced.length, label: null });
				});
				expect(targetsIn(after).map(({ url }) => url)).toEqual(replaced);
				expect(tracked).toBe(replaced.length);
				expectOnlyLinksToDiffer(before, after);
				expect(trackLinks(after, sign)).toMatchObject({ html: after, tracked: 0 });
			}),
			{ numRuns: 1000 },
		);
	});

	it('of plain links leads exactly where it led', () => {
		fc.assert(
			fc.property(fc.array(address, { maxLength: 8 }), (urls) => {
				const before = urls.map((url) => `<a href="${escapeAttribute(url)}">x</a>`).join('');
				const result = track(before);
				const left = result.left.map(({ position }) => urls[position - 1]);
				const targets = targetsIn(result.html).map(({ url }) => url);
				expect(new Set([...targets, ...left])).toEqual(new Set(urls));
				expect(undone(result.html)).toBe(before);
			}),
			{ numRuns: 200 },
		);
	});
});

/** Where the links of an email lead, read by a parser of documents instead of ours. */
function webLinksIn(html: string): string[] {
	const urls: string[] = [];
	const parser = new Parser({
		onopentag: (name, { href }) => {
			const leads = (name === 'a' || name === 'area') && /^\s*https?:/i.test(href ?? '');
			if (leads && URL.canParse(href)) urls.push(new URL(href).href);
		},
	});
	parser.end(html);
	return urls;
}

describe('the newsletters', () => {
	const all = readdirSync(FIXTURES);

	it.each(all)('%s leads where it led, and is the same when it is tracked again', (name) => {
		const before = readFileSync(join(FIXTURES, name), 'utf8');
		const { html: after, left } = track(before);
		expectOnlyLinksToDiffer(before, after);
		const redirects = webLinksIn(after).map((url) => {
			const token = new URL(url).searchParams.get('t') ?? '';
			const read = readTrackedLink(token, keyRing);
			return read.ok ? redirectTo(read.claims.link.url).headers.location : url;
		});
		expect(redirects).toEqual(webLinksIn(before));
		expect(targetsIn(after)).toHaveLength(redirects.length - left.length);
		expect(track(after)).toMatchObject({ html: after, tracked: 0 });
	});

	it('hold links of all kinds, those to be left as well', () => {
		const results = all.map((name) => track(readFileSync(join(FIXTURES, name), 'utf8')));
		expect(results.reduce((sum, { tracked }) => sum + tracked, 0)).toBe(23);
		expect(results.flatMap(({ left }) => left.map(({ reason }) => reason)).sort()).toEqual([
			'marked',
			'placeholder',
			'unsubscribe',
			'unsubscribe',
			'unsubscribe',
		]);
	});
});
