const BEGIN = '<!-- measured:begin -->';
const END = '<!-- measured:end -->';
/** They differ at each run, or say how this test is made. */
const OWN_HEADERS = new Set(['host', 'connection', 'referer']);

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {string} version
 * @property {import('./measure').Seen | null} seen
 * @property {string | null} notRun why there is nothing
 */

/**
 * Puts what was seen between the markers of a page.
 * @param {string} page
 * @param {Row[]} rows
 * @param {string} day
 */
function withTable(page, rows, day) {
	const [before, rest] = page.split(BEGIN);
	const after = rest?.split(END)[1];
	if (after === undefined) throw new Error(`The page has not both ${BEGIN} and ${END}`);
	return `${before}${BEGIN}\n\n${measured(rows, day)}\n\n${END}${after}`;
}

function measured(rows, day) {
	return [
		`Measured on ${day}.`,
		'',
		'| Program | Version | Loads | At a second look | Reply | Forward | Who loaded it |',
		'|---|---|---|---|---|---|---|',
		...rows.map(tableLine),
		'',
		'What each sent, at the first load:',
		'',
		'```text',
		...rows.flatMap(headerLines),
		'```',
	].join('\n');
}

function tableLine({ name, version, seen, notRun }) {
	if (seen === null) return `| ${name} | ${version} | not run here: ${notRun} | | | | |`;
	const { loads, again, reply, forward, verdict } = seen;
	const cells = [
		name,
		version,
		loads,
		loads === 0 ? '' : (again ?? 'not tried'),
		loads === 0 ? '' : composed(reply),
		loads === 0 ? '' : composed(forward),
		verdict === null ? 'nobody' : calledLine(verdict),
	];
	return `| ${cells.join(' | ')} |`;
}

function composed(draft) {
	if (draft === null) return 'not tried';
	const { loads, keepsPixel } = draft;
	const kept = { true: 'keeps the pixel', false: 'without the pixel', null: 'draft not found' };
	return `${loads} ${loads === 1 ? 'load' : 'loads'}, ${kept[String(keepsPixel)]}`;
}

function calledLine({ actor, actorReason, client }) {
	const names = [client.family, client.os, client.device].filter((name) => name !== null);
	return `${actor} (\`${actorReason}\`), ${names.join(', ') || 'no name'}`;
}

function headerLines({ name, seen }) {
	if (seen === null || seen.loads === 0) return [];
	return [
		name,
		...Object.entries(seen.headers)
			.filter(([header]) => !OWN_HEADERS.has(header))
			.map(([header, value]) => `  ${header}: ${value}`),
	];
}

module.exports = { withTable };
