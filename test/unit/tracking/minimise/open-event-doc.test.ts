import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { EVENT_LEAVES } from '../../../../src/tracking/event/event-fields';
import { TRACKING_MODES } from '../../../../src/tracking/event/tracking-mode';
import { MODE_STORES } from '../../../../src/tracking/minimise/minimise-mode';

const PAGE = join(__dirname, '../../../../docs/open-event.md');
const START = '<!-- table: start -->';
const END = '<!-- table: end -->';

it('docs/open-event.md has the table that the program works by', () => {
	const page = readFileSync(PAGE, 'utf8');
	const before = page.slice(0, page.indexOf(START) + START.length);
	const expected = `${before}\n${table()}\n${page.slice(page.indexOf(END))}`;
	if (process.env.UPDATE_DOCS) writeFileSync(PAGE, expected);
	expect(readFileSync(PAGE, 'utf8')).toBe(expected);
});

function table(): string {
	const modes = TRACKING_MODES.filter((mode) => mode !== 'off');
	const rows = EVENT_LEAVES.map(({ path, description, column, csv, csvName }) => {
		const keeping = modes.filter((mode) => MODE_STORES[mode].fields.includes(path));
		return [
			`\`${path}\``,
			description,
			keeping.length === modes.length ? 'all' : keeping.map((mode) => `\`${mode}\``).join(' '),
			`\`${column}\``,
			csv === null ? '' : `\`${csvName}\``,
		];
	});
	const head = ['Field', 'What it says', 'Kept in mode', 'Column', 'In a CSV export'];
	const lines = [head, head.map(() => '---'), ...rows];
	return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
