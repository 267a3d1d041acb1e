import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';

import { embedPixel, GMAIL_CLIPPING_BYTES } from '../../../../src/tracking/mail/embed';
import { ampEmbedCode, embedCode } from '../../../../src/tracking/mail/embed-code';

const url = 'https://n8n.example.com/webhook/email-open/pixel.png?t=AQZhYmNkZWY';
const otherUrl = 'https://n8n.example.com/webhook/email-open/pixel.png?id=7&c=x';
const snippet = embedCode(url);

const fixture = (name: string) =>
	readFileSync(join(__dirname, '../../../fixtures/newsletters', name), 'utf8');
const occurrences = (text: string, part: string) => text.split(part).length - 1;

/** What of each newsletter must follow the pixel, down to the last byte. */
const NEWSLETTERS: Record<string, { afterEnd: string; afterStart: string }> = {
	'outlook-conditional.html': {
		afterEnd: '</body>\n</html>\n',
		afterStart: '\n<!--[if mso]><body class="outlook">',
	},
	'no-body.html': { afterEnd: '', afterStart: '\n<table width="600"' },
	'two-bodies.html': {
		afterEnd: '</body>\n</html>\n',
		afterStart: '\n<p>Hi all, see the message below.</p>',
	},
	'uppercase.html': { afterEnd: '</BODY >\r\n</HTML>\r\n', afterStart: '\r\n<CENTER>' },
	'amp.html': { afterEnd: '</body>\n</html>\n', afterStart: '\n  <h1>' },
	'quoted-attributes.html': {
		afterEnd: '</body>\n<!-- the last words: </body> -->\n</html>\n',
		afterStart: '\n<img src="https://cdn.example.com/1.png"',
	},
	'comments-and-scripts.html': {
		afterEnd: '</body>\n<!--\n</body>\n-->\n<script>document.write("</body>")</script>\n</html>\n',
		afterStart: '\n<p>Read on.</p>',
	},
	'unfinished.html': {
		afterEnd: '<!-- footer follows\n<p>&copy; Example\n',
		afterStart: '\n<p>The export stopped',
	},
	'bom-and-xml.html': { afterEnd: '</body></html>', afterStart: '\n<p>Grüße' },
};

describe.each(Object.entries(NEWSLETTERS))(
	'the newsletter %s',
	(name, { afterEnd, afterStart }) => {
		const html = fixture(name);
		const expected = name === 'amp.html' ? ampEmbedCode(url) : snippet;

		it('gets the pixel before its last real </body>, or at its end', () => {
			const result = embedPixel(html, url);
			expect(result).toMatchObject({ embedded: true, reason: null, beyondGmailClipping: false });
			const head = html.slice(0, html.length - afterEnd.length);
			expect(result.html).toBe(head + expected + afterEnd);
			expect(html.endsWith(afterEnd)).toBe(true);
		});

		it('gets the pixel where its body begins', () => {
			const result = embedPixel(html, url, { position: 'start' });
			expect(result.embedded).toBe(true);
			expect(result.html).toContain(expected + afterStart);
			expect(result.html.replace(expected, '')).toBe(html);
		});

		it.each(['end', 'start'] as const)(
			'keeps one pixel when embedded again at the %s',
			(position) => {
				const once = embedPixel(html, url).html;
				for (const again of [url, otherUrl]) {
					const result = embedPixel(once, again, { position });
					expect(result).toMatchObject({ embedded: false, reason: 'already-embedded' });
					expect(result.html).toBe(once);
				}
			},
		);
	},
);

describe('position start without <body>', () => {
	it.each([
		['<!doctype html><html><head><title>x</title></head><p>Hi</p>', '<p>Hi</p>'],
		['<!doctype html>\n<html>\n<p>Hi</p>', '\n<p>Hi</p>'],
		['<html><head><meta charset="utf-8"><style>p > a {}</style> <p>Hi</p>', ' <p>Hi</p>'],
		['<html><head><noscript><p>a</p></noscript></head><p>Hi</p>', '<p>Hi</p>'],
		['<p>Hi</p><style>p{}</style>', '<p>Hi</p><style>p{}</style>'],
		['Hello <b>you</b>', 'Hello <b>you</b>'],
		['\ufeff<p>Hi</p>', '<p>Hi</p>'],
		['<!-- <body> --><p>Hi</p>', '<!-- <body> --><p>Hi</p>'],
		['<style>p{} <p>Hi</p>', '<style>p{} <p>Hi</p>'],
	])('goes after doctype and head in %j', (html, rest) => {
		const head = html.slice(0, html.length - rest.length);
		const result = embedPixel(`${html}<br>`, url, { position: 'start' });
		expect(result.html).toBe(`${head}${snippet}${rest}<br>`);
	});
});

describe('what never ends', () => {
	it.each([
		['<p>Hi</p><!-- note </body>', '<!-- note </body>'],
		['<p>Hi</p><style>p {} </body>', '<style>p {} </body>'],
		['<p>Hi</p><a title="x > y </body>', '<a title="x > y </body>'],
		['<p>Hi</p> 3 < 4 </', '</'],
		['<p>Hi</p><iframe></body>', '<iframe></body>'],
		['<p>Hi</p><![CDATA[ </body>', '<![CDATA[ </body>'],
		['<p>Hi</p><plaintext></plaintext><b>Hi</b></body>', '<plaintext></plaintext><b>Hi</b></body>'],
		['<p>Hi</p> 3 < 4', ''],
		['<p>Hi</p></ body>', ''],
	])('does not swallow the pixel: %j', (html, rest) => {
		const head = html.slice(0, html.length - rest.length);
		expect(embedPixel(html, url).html).toBe(head + snippet + rest);
	});
});

describe('mails that are left alone', () => {
	it.each([fixture('plain-text.txt'), '', 'Just words.', '<!-- <p>a</p> -->', 'a <b@example.com>'])(
		'plain text: %j',
		(text) => {
			expect(embedPixel(text, url)).toEqual({
				html: text,
				embedded: false,
				reason: 'plain-text',
				beyondGmailClipping: false,
			});
		},
	);

	it.each([
		['the marker', '<IMG alt="" DATA-OPEN-TRACKING=pixel src="cid:1">'],
		['the same link, unmarked', `<img src="${url}">`],
		['the same link, unmarked and unescaped', `<img src="${otherUrl}">`],
		['the same link, escaped', `<img src='${otherUrl.replace('&', '&amp;')}'>`],
		['a token of ours', `<img src="https://other.example.com/p?x=1&amp;t=${tokenShaped()}">`],
		[
			'a link of the tracker API',
			`<img src="https://a.example/tracker/p.png?token=${tokenShaped()}">`,
		],
	])('an email whose image has %s', (_what, image) => {
		const html = `<body><p>Hi</p>${image}</body>`;
		const link = image.includes('id=7') ? otherUrl : url;
		expect(embedPixel(html, link)).toMatchObject({ html, reason: 'already-embedded' });
	});

	it.each([
		'<!-- <img data-open-tracking="pixel" src="x"> -->',
		'<img src="https://x.example.com/p?t=hello">',
		'<img src="https://x.example.com/logo.png" alt="data-open-tracking">',
		'<textarea><img data-open-tracking="pixel" src="x"></textarea>',
		`<img src="https://x.example.com/logo.png" src="${url}">`,
		`<a href="${url}">link</a>`,
	])('but not because of %s', (part) => {
		expect(embedPixel(`<p>Hi</p>${part}`, url).embedded).toBe(true);
	});
});

describe('Gmail clipping', () => {
	const row = '<tr><td style="padding:8px">Grüße from the list of all products</td></tr>\n';
	const huge = `<html><body><table>\n${row.repeat(1600)}</table></body></html>`;

	it('is reported when the pixel lies beyond it, and not when it is at the start', () => {
		expect(Buffer.byteLength(huge)).toBeGreaterThan(GMAIL_CLIPPING_BYTES);
		const end = embedPixel(huge, url);
		expect(end).toMatchObject({ embedded: true, beyondGmailClipping: true });
		expect(end.html.replace(snippet, '')).toBe(huge);
		expect(embedPixel(huge, url, { position: 'start' }).beyondGmailClipping).toBe(false);
		expect(embedPixel(end.html, url).beyondGmailClipping).toBe(true);
	});

	it('counts bytes, not characters', () => {
		const room = GMAIL_CLIPPING_BYTES - Buffer.byteLength(`<p></p>${snippet}`);
		const fits = `<p>${'ü'.repeat(Math.floor(room / 2))}</p>`;
		expect(embedPixel(fits, url).beyondGmailClipping).toBe(false);
		expect(embedPixel(fits.replace('ü', 'üü'), url).beyondGmailClipping).toBe(true);
	});
});

describe('on arbitrary HTML', () => {
	const piece = fc.constantFrom(
		...'<p> </p> <body> </body> <BODY class="a>b"> </BODY > <html> </html> <head> </head>'.split(
			' ',
		),
		...['<!--', '-->', '<!-->', '<![CDATA[', ']]>', '<!doctype html>', '<?xml ?>', '<![if !mso]>'],
		...['<script>', '</script>', '<style>', '</style>', '<title>', '</title>', '<style/>'],
		...['<textarea>', '</textarea>', '<iframe>', '</iframe>', '<xmp>', '</xmp>', '<svg>', '</svg>'],
		...['<plaintext>', '</plaintext>'],
		...[
			'<a title="',
			"<a title='",
			'"',
			"'",
			'>',
			'<',
			'</',
			'/',
			'=',
			'&amp;',
			'\ufeff',
			'\n',
			' ',
		],
		...['text', 'Grüße', '👋', '</ body>', '</body/>', '<img src=x>', '<table><tr><td>'],
	);
	const html = fc.oneof(
		fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
		fc.string({ unit: 'binary', maxLength: 60 }).map((text) => `<p>${text}`),
	);

	it.each(['end', 'start'] as const)(
		'adds one snippet at the %s and changes nothing else',
		(position) => {
			fc.assert(
				fc.property(html, (input) => {
					const result = embedPixel(input, url, { position });
					if (!result.embedded) {
						expect(result).toMatchObject({ html: input, reason: 'plain-text' });
						return;
					}
					expect(occurrences(result.html, snippet)).toBe(1);
					expect(result.html.replace(snippet, '')).toBe(input);
					for (const again of ['end', 'start'] as const) {
						const second = embedPixel(result.html, otherUrl, { position: again });
						expect(second).toMatchObject({ html: result.html, reason: 'already-embedded' });
					}
				}),
				{ numRuns: 300 },
			);
		},
	);
});

/** Right in form, sealed by nobody: version 1 and kind 1, a key id of one letter, then zeros. */
function tokenShaped(): string {
	return Buffer.concat([Buffer.from([9, 1, 97]), Buffer.alloc(45)]).toString('base64url');
}
