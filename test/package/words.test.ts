import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';

import { bundledWorkflow } from '../support/n8n-instance';

const root = join(__dirname, '..', '..');

/** What is not written here, and what is. Identifiers, paths and data may have it. */
const NOT_WRITTEN: Array<[RegExp, string]> = [
	[/\bmail(s|ed)?\b(?![-./_])/i, 'email'],
	[/\be-mails?\b/i, 'email'],
	[/\ba email/i, 'an email'],
	[/\b(N8n|N8N)\b(?!_)/, 'n8n'],
	[/\b(label|cancel|travel|model)l(ed|ing)\b/i, 'one l'],
	[/\b(behavi|col|hon|fav|neighb)our/i, 'or'],
	[
		/\b(minim|recogn|organ|normal|anonym|personal|categor|author|optim|summar|real|util|capital|emphas)is(e|es|ed|er|ing|ation)\b/i,
		'z',
	],
	[/\b(analys(e|ed|ing)|catalogue|grey|learnt|centre|whilst|licence)\b/i, 'American spelling'],
	[/\bthe pixels there are\b/i, 'pixels'],
	[/\breads on a \[?phone/i, 'works on a phone'],
	[/\bmay stay empty\b/i, 'optional'],
	[/\bby your own SMTP\b/i, 'through your own SMTP'],
	[/\b(which|that) there (is|are) not\b/i, 'unknown'],
	[/\b(in case|in the case) that\b/i, 'if'],
	[/\bknocking together\b|\braises its voice\b/i, 'what is meant'],
];

/** Names of programs, companies and headers, and words for something else than a message. */
const NAMES = [
	/\b(Apple|Windows|Windows Live|Claws|K-9|Proton|Zoho|Blue|Canary|Edison|Newton|Yahoo|Opera|Pegasus|Notion|QQ|Naver|Daum|Mailspring|Spike|Fast|Aqua|Samsung|Superhuman|Air|Tuta|Nine|Spark|Foxmail|Live|OX|Thunderbird|Seznam|Rambler|Yandex|iCloud|GMX|AOL|Infomaniak|Zimbra|WEB\.DE|Mailo|Postbox|eM|t-online|mail\.com|Hey|Orange|Free|Open-Xchange|SOGo|Rainloop|SnappyMail|Cypht|Mozilla|Netscape|Go|Kolab) Mail\b/gi,
	/\bMail (Tracker API|Privacy Protection|Settings|Master|Transfer|Delivery)\b/gi,
	/\bMail\.(ru|app|com)\b/gi,
	/\bmail (server|servers|gateway|user agent|transfer)\b/gi,
	/\bMail (program|client)s? of (iOS|macOS|Apple)\b/gi,
	/\b[\w.-]*mail[\w-]*\.[a-z.]+[\w/-]*/gi,
	/objection-honoured|personalisation/g,
];

/** Data with names of programs in lower case, texts of others, and words that are looked for. */
const DATA = [
	/^src\/tracking\/classify\//,
	/^test\//,
	/^THIRD_PARTY_LICENSES\.md$/,
	/^CHANGELOG\.md$/,
	/^docs\/mail-clients\.md$/,
	// German, French and Italian.
	/^src\/reports\/consent-page\/consent-page-words\.ts$/,
	/^scripts\/lib\/mail-clients\//,
];

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
	cwd: root,
	encoding: 'utf8',
})
	.trim()
	.split('\n')
	.filter((file) => /\.(ts|js|mjs|md|eta|yml|yaml)$|^workflows\/.*\.json$/.test(file))
	.filter((file) => !DATA.some((data) => data.test(file)));

/** What people read in a file: sentences, comments and texts, without code. */
function proseOf(file: string): string[] {
	const text = readFileSync(join(root, file), 'utf8');
	if (/\.md$/.test(file)) return withoutCode(text).split('\n');
	if (/\.json$/.test(file)) {
		const { name, nodes } = bundledWorkflow(file.replace('workflows/', ''));
		const notes = nodes.map(({ parameters }) => String(parameters.content ?? ''));
		return [
			name,
			...nodes.map((node) => node.name),
			...notes.flatMap((n) => withoutCode(n).split('\n')),
		];
	}
	if (/\.ya?ml$/.test(file))
		return [...text.matchAll(/(?:^|\s)#\s(.*)$/gm)].map(([, line]) => line);
	if (/\.eta$/.test(file)) return text.replace(/<%[^]*?%>|<[^>]+>/g, ' ').split('\n');
	return commentsAndTexts(text);
}

/** Comments, and literals with a space in them: others are keys and codes. */
function commentsAndTexts(source: string): string[] {
	const found: string[] = [];
	const parsed = ts.createSourceFile('x.ts', source, ts.ScriptTarget.Latest, true);
	const comments = new Set<number>();
	const visit = (node: ts.Node): void => {
		for (const { pos, end } of [
			...(ts.getLeadingCommentRanges(source, node.pos) ?? []),
			...(ts.getTrailingCommentRanges(source, node.end) ?? []),
		]) {
			if (comments.has(pos)) continue;
			comments.add(pos);
			found.push(withoutCode(source.slice(pos, end)).replace(/\s*\n\s*\*?\s*/g, ' '));
		}
		const isText =
			ts.isStringLiteral(node) ||
			ts.isNoSubstitutionTemplateLiteral(node) ||
			ts.isTemplateHead(node) ||
			ts.isTemplateMiddle(node) ||
			ts.isTemplateTail(node);
		if (isText && node.text.trim().includes(' ')) found.push(withoutCode(node.text));
		ts.forEachChild(node, visit);
	};
	visit(parsed);
	return found;
}

function withoutCode(markdown: string): string {
	return markdown
		.replace(/^ *```[^]*?^ *```/gm, '')
		.replace(/`[^`]*`/g, 'code')
		.replace(/\]\([^)]*\)/g, ']');
}

function faultsIn(file: string, lines: string[]): string[] {
	return lines.flatMap((line) => {
		const prose = NAMES.reduce((rest, name) => rest.replace(name, 'name'), line);
		return NOT_WRITTEN.flatMap(([pattern, instead]) => {
			const found = pattern.exec(prose);
			if (found === null) return [];
			const around = prose.slice(Math.max(0, found.index - 40), found.index + 40);
			return [`${file}: "${found[0]}" (${instead}) in "${around.trim()}"`];
		});
	});
}

it('there are no words on pages, in panels, notes and comments that must not come back', () => {
	expect(files.length).toBeGreaterThan(300);
	expect(files.flatMap((file) => faultsIn(file, proseOf(file)))).toEqual([]);
});

it.each([
	['the mail was sent', 'email'],
	['a email', 'an email'],
	['Set up N8n', 'n8n'],
	['labelled opens', 'one l'],
	['Objection Honoured', 'or'],
	['minimised items', 'z'],
	['It reads on a phone', 'phone'],
])('"%s" is found', (line, instead) => {
	expect(faultsIn('x', [line]).join()).toContain(instead);
});

it.each([
	'Apple Mail loads it through a mail server',
	'the Mail Tracker API',
	'N8N_PROXY_HOPS',
	'emails of mail.example.com',
])('"%s" is right', (line) => {
	expect(faultsIn('x', [line])).toEqual([]);
});

it('comments and texts are read, keys and code are not', () => {
	const source =
		"// a mail\nconst mail = { mail: 'mail' }; /** `mail` */ say('One mail ' + `to ${mail} mail`);";
	expect(commentsAndTexts(source).join('|')).toBe('// a mail|/** code */|One mail ');
});
