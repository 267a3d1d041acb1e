import { withTable } from '../../../scripts/lib/mail-clients/table';

const PAGE = 'Before\n<!-- measured:begin -->\nold\n<!-- measured:end -->\nAfter\n';

const thunderbird = {
	name: 'Thunderbird',
	version: '153.8',
	notRun: null,
	seen: {
		loads: 1,
		again: 2,
		reply: { loads: 1, keepsPixel: true },
		forward: { loads: 0, keepsPixel: null },
		headers: { 'user-agent': 'Thunderbird/153.8', host: '127.0.0.1:4711' },
		verdict: {
			actor: 'human' as const,
			actorReason: 'mail-client' as const,
			rulesVersion: '2026-11-29',
			client: { family: 'Thunderbird', os: 'Linux', device: null },
			features: [],
		},
		counted: true,
	},
};

describe('the table of email clients', () => {
	it('takes the place of the last one and leaves the rest of the page', () => {
		const page = withTable(PAGE, [thunderbird], '2026-11-29');
		expect(page).toMatch(/^Before\n<!-- measured:begin -->/);
		expect(page).toMatch(/<!-- measured:end -->\nAfter\n$/);
		expect(page).not.toContain('old');
		expect(page).toContain(
			'| Thunderbird | 153.8 | 1 | 2 | 1 load, keeps the pixel | 0 loads, draft not found | human (`mail-client`), Thunderbird, Linux |',
		);
		expect(withTable(page, [thunderbird], '2026-11-29')).toBe(page);
	});

	it('shows what was sent, without what belongs to the test', () => {
		const page = withTable(PAGE, [thunderbird], '2026-11-29');
		expect(page).toContain('  user-agent: Thunderbird/153.8');
		expect(page).not.toContain('4711');
	});

	it('names a program that could not be run, and why', () => {
		const row = { name: 'Evolution', version: '3.46', seen: null, notRun: 'it has no window' };
		expect(withTable(PAGE, [row], '2026-11-29')).toContain(
			'| Evolution | 3.46 | not run here: it has no window |',
		);
	});

	it('does not touch a page without both markers', () => {
		expect(() => withTable('Before\n<!-- measured:begin -->\n', [], '2026-11-29')).toThrow(
			/measured:end/,
		);
	});
});
