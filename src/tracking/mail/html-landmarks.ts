import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2';

/** Elements whose content is text to the HTML tokenizer, so tags in it are none (HTML §13.2.5). */
const RAW_TEXT = new Set(
	'script style title textarea xmp iframe noembed noframes plaintext'.split(' '),
);
/** Elements that come before the body's first content when `<head>` or `<body>` are not written. */
const HEAD_CONTENT = new Set('html head title meta link base style script'.split(' '));
/** What people write in emails. A word in angle brackets that is none of these is no markup. */
const KNOWN_ELEMENTS = new Set(
	(
		'a abbr address amp-img article aside b big blockquote body br button caption center code col ' +
		'colgroup dd del div dl dt em font footer form h1 h2 h3 h4 h5 h6 head header hr html i img ins ' +
		'li link main map mark meta nav ol p pre q s section small span strike strong style sub sup ' +
		'table tbody td tfoot th thead title tr tt u ul'
	).split(' '),
);
const ATTRIBUTES_MATTER = new Set(['html', 'img', 'amp-img', 'a', 'area']);
const AMP_EMAIL = /^(?:amp|\u26a1\ufe0f?)4email$/;

/** An image in the HTML, at the offset of its `<`. */
export interface HtmlImage {
	offset: number;
	/** As written, character references and all */
	src: string;
	attributeNames: readonly string[];
}

/** A link in the HTML that a click follows: an `a` or `area` with an address. */
export interface HtmlLink {
	/** The offsets of the address between its quotes, if it has any */
	start: number;
	end: number;
	/** Offsets of what stands between the tags; an `area` has nothing */
	content: { start: number; end: number };
	/** As written, character references and all; the first of each name */
	attributes: ReadonlyMap<string, string>;
}

/** Places in an HTML text, as offsets in UTF-16 code units. */
export interface HtmlLandmarks {
	/** Whether there is any element at all; if not, it is plain text */
	hasMarkup: boolean;
	/** Whether it is the AMP part of an email */
	isAmp: boolean;
	/** Where body content begins */
	bodyStart: number;
	/** The last real `</body>`, or `null` */
	bodyEnd: number | null;
	/** The last place where appended HTML is still read as HTML */
	safeEnd: number;
	images: readonly HtmlImage[];
	/** In the order of the text */
	links: readonly HtmlLink[];
}

/**
 * Finds the places in an HTML text where something can be put, as a browser's tokenizer reads it:
 * what is inside comments, raw text, CDATA sections or attribute values is no tag.
 */
export function findLandmarks(html: string): HtmlLandmarks {
	const scanner = new Scanner(html);
	// Without decoding, the tokenizer skips from tag to tag; character references are of no interest.
	const tokenizer = new Tokenizer({ decodeEntities: false }, scanner);
	tokenizer.write(html);
	tokenizer.end();
	return scanner.landmarks();
}

class Scanner implements TokenizerCallbacks {
	private hasMarkup = false;
	private isAmp = false;
	private bodyEnd: number | null = null;
	private readonly images: HtmlImage[] = [];
	private readonly links: HtmlLink[] = [];
	/** The `a` whose content is being read */
	private openLink: HtmlLink | null = null;

	private afterBodyTag: number | null = null;
	private afterHead: number | null = null;
	/** The end of the last doctype, `<html>` or head element before any content */
	private afterPreamble: number;
	private inPreamble = true;

	/** The end of the last complete tag, comment or declaration */
	private boundary = 0;
	/** The raw text element that is open, and where it began */
	private raw: { name: string; offset: number } | null = null;

	private tag = { name: '', offset: 0 };
	/** Attributes are read where they matter and nowhere else: an email has thousands */
	private readsAttributes = false;
	private attributeName = '';
	private attributes = new Map<string, string>();
	private value = '';
	private valueStart = 0;
	/** Where the address of a link begins and ends */
	private href: { start: number; end: number } | null = null;

	constructor(private readonly html: string) {
		this.afterPreamble = html.startsWith('\ufeff') ? 1 : 0;
	}

	landmarks(): HtmlLandmarks {
		return {
			hasMarkup: this.hasMarkup,
			isAmp: this.isAmp,
			bodyStart: this.afterBodyTag ?? this.afterHead ?? this.afterPreamble,
			bodyEnd: this.bodyEnd,
			safeEnd: this.safeEnd(),
			images: this.images,
			links: this.links,
		};
	}

	/** A tag, comment or raw text that never ends would contain everything that is put behind it. */
	private safeEnd(): number {
		if (this.raw) return this.raw.offset;
		const unfinished = this.html.slice(this.boundary).search(/<[a-z/!?]/i);
		return unfinished === -1 ? this.html.length : this.boundary + unfinished;
	}

	onopentagname(start: number, end: number): void {
		this.tag = { name: this.html.slice(start, end).toLowerCase(), offset: start - 1 };
		this.readsAttributes = ATTRIBUTES_MATTER.has(this.tag.name);
		if (!this.readsAttributes) return;
		this.attributes = new Map();
		this.href = null;
	}

	onattribname(start: number, end: number): void {
		if (!this.readsAttributes) return;
		this.attributeName = this.html.slice(start, end).toLowerCase();
		this.value = '';
	}

	onattribdata(start: number, end: number): void {
		if (!this.readsAttributes) return;
		if (this.value === '') this.valueStart = start;
		this.value += this.html.slice(start, end);
	}

	onattribend(): void {
		// The first of two attributes of one name is the one that counts (HTML §13.2.5.33).
		if (!this.readsAttributes || this.attributes.has(this.attributeName)) return;
		this.attributes.set(this.attributeName, this.value);
		if (this.attributeName === 'href' && this.value !== '') {
			this.href = { start: this.valueStart, end: this.valueStart + this.value.length };
		}
	}

	onopentagend(end: number): void {
		this.closeOpenTag(end + 1);
	}

	onselfclosingtag(end: number): void {
		this.closeOpenTag(end + 1);
	}

	private closeOpenTag(end: number): void {
		this.boundary = end;
		if (this.raw) return;
		const { name, offset } = this.tag;
		if (KNOWN_ELEMENTS.has(name)) this.hasMarkup = true;
		const { attributes } = this;
		if (name === 'html' && [...attributes.keys()].some((each) => AMP_EMAIL.test(each))) {
			this.isAmp = true;
		}
		if (name === 'img' || name === 'amp-img') {
			const src = attributes.get('src') ?? '';
			this.images.push({ offset, src, attributeNames: [...attributes.keys()] });
		}
		if (name === 'a' || name === 'area') this.addLink(name, end);
		if (name === 'body') this.afterBodyTag ??= end;
		if (RAW_TEXT.has(name)) this.raw = this.tag;
		this.passPreamble(HEAD_CONTENT.has(name), end);
	}

	private addLink(name: string, end: number): void {
		if (name === 'a') this.endLink(this.tag.offset);
		if (this.href === null) return;
		const { attributes, href } = this;
		const link = { ...href, content: { start: end, end }, attributes };
		this.links.push(link);
		if (name === 'a') this.openLink = link;
	}

	private endLink(at: number): void {
		if (this.openLink) this.openLink.content.end = at;
		this.openLink = null;
	}

	onclosetag(start: number, end: number): void {
		const tagEnd = this.html.indexOf('>', end) + 1;
		if (tagEnd > 0) this.boundary = tagEnd;
		// "</ body>" is a comment to browsers (HTML §13.2.5.7).
		if (!this.html.startsWith('</', start - 2)) return;
		const [name] = this.html.slice(start, end).toLowerCase().split('/', 1);
		if (this.raw) {
			// Nothing ends `<plaintext>`, its own end tag neither (HTML §13.2.5.5).
			if (this.raw.name !== name || name === 'plaintext') return;
			this.raw = null;
		}
		if (KNOWN_ELEMENTS.has(name)) this.hasMarkup = true;
		if (name === 'body') this.bodyEnd = start - 2;
		if (name === 'a') this.endLink(start - 2);
		if (name === 'head') this.afterHead ??= this.boundary;
		this.passPreamble(HEAD_CONTENT.has(name), this.boundary);
	}

	private passPreamble(belongs: boolean, end: number): void {
		if (!belongs) this.inPreamble = false;
		else if (this.inPreamble && !this.raw) this.afterPreamble = end;
	}

	ontext(start: number, end: number): void {
		if (this.inPreamble && !this.raw && /\S/.test(this.html.slice(start, end))) {
			this.inPreamble = false;
		}
	}

	ondeclaration(start: number, end: number): void {
		this.passOver(end);
		const isDoctype = /^!?doctype\b/i.test(this.html.slice(start, start + 10));
		if (isDoctype && !this.raw) this.passPreamble(true, this.boundary);
	}

	onprocessinginstruction(_start: number, end: number): void {
		this.passOver(end);
		if (!this.raw) this.passPreamble(true, this.boundary);
	}

	oncomment(_start: number, end: number): void {
		this.passOver(end);
	}

	oncdata(_start: number, end: number): void {
		this.passOver(end);
	}

	/** What the end of the text cut off is reported as ending there; it is not complete. */
	private passOver(end: number): void {
		if (end < this.html.length) this.boundary = end + 1;
	}

	onattribentity(): void {}
	ontextentity(): void {}
	onend(): void {}
}
