import { Parser } from 'htmlparser2';

import { ampEmbedCode, embedCode } from '../../../../src/tracking/mail/embed-code';

function parse(html: string): Array<{ name: string; attributes: Record<string, string> }> {
	const tags: Array<{ name: string; attributes: Record<string, string> }> = [];
	new Parser({
		onopentag: (name, attributes) => tags.push({ name, attributes }),
	}).end(html);
	return tags;
}

describe('the embed code', () => {
	const url = `https://n8n.example.com/webhook/p.png?a=1&copy=2&q="><script>'`;

	it('is one invisible image that takes no room and has nothing to read out', () => {
		const tags = parse(embedCode(url));
		expect(tags).toHaveLength(1);
		expect(tags[0].name).toBe('img');
		expect(tags[0].attributes).toMatchObject({ width: '1', height: '1', alt: '' });
		expect(tags[0].attributes.style).toMatch(/^display:block;/);
		expect(tags[0].attributes.style).not.toContain('none');
	});

	it('has no attribute that the Nu HTML checker objects to', () => {
		// HTML §4.8.3; `border` is obsolete, and an image with an empty `alt` has no `role`.
		const allowed = ['src', 'width', 'height', 'alt', 'style'];
		for (const code of [embedCode(url), ampEmbedCode(url)]) {
			const names = Object.keys(parse(code)[0].attributes);
			expect(names.filter((name) => !allowed.includes(name) && !name.startsWith('data-'))).toEqual(
				[],
			);
		}
	});

	it('loads exactly the address it was given, whatever is in it', () => {
		expect(parse(embedCode(url))[0].attributes.src).toBe(url);
		expect(parse(ampEmbedCode(url))[0].attributes.src).toBe(url);
	});

	it('is an amp-img without a style in the AMP part', () => {
		const [tag] = parse(ampEmbedCode(url));
		expect(tag.name).toBe('amp-img');
		expect(tag.attributes).not.toHaveProperty('style');
		expect(ampEmbedCode(url)).toMatch(/<\/amp-img>$/);
	});

	it.each(['', 'pixel.png', '/webhook/p.png', 'javascript:alert(1)', 'data:image/png;base64,AA'])(
		'refuses %j, which no email client could load',
		(address) => {
			expect(() => embedCode(address)).toThrow('not an http(s) address');
		},
	);

	it('refuses white space in an address', () => {
		expect(() => embedCode('https://example.com/a\nb')).toThrow('not an http(s) address');
	});
});
