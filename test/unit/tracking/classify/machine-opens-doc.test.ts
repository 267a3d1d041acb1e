import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { CURRENT_RULES } from '../../../../src/tracking/classify/classify-rules';
import { KNOWN_NETWORKS } from '../../../../src/tracking/classify/known-networks';
import { ACTOR_REASONS } from '../../../../src/tracking/event/actor-reasons';

const text = readFileSync(join(__dirname, '../../../../docs/machine-opens.md'), 'utf8');
const rows = text.split('\n').filter((line) => line.startsWith('| `'));

test.each(Object.keys(ACTOR_REASONS))('%s is documented with its actor', (reason) => {
	const row = rows.find((line) => line.startsWith(`| \`${reason}\` |`));
	const rule = CURRENT_RULES.rules.find((each) => each.reason === reason);
	expect(row?.split('|')[2].trim()).toBe(rule?.actor);
	// Rule, source and known false calls are all filled in.
	expect(
		row
			?.split('|')
			.slice(3, 6)
			.every((cell) => cell.trim().length > 3),
	).toBe(true);
});

test('the documented order is the order of the rules', () => {
	const documented = rows.map((line) => line.split('`')[1]).filter((code) => code in ACTOR_REASONS);
	expect(documented).toEqual(CURRENT_RULES.rules.map(({ reason }) => reason));
});

test.each(KNOWN_NETWORKS.map(({ name, source }) => [name, source]))(
	'the network %s is documented with its source',
	(name, source) => {
		expect(text).toContain(name);
		expect(text).toContain(source.split(' ')[0]);
	},
);

test('no accuracy is claimed', () => {
	expect(text).not.toMatch(/\d\s?(?:%|percent)/);
});

test('the rules version is named', () => {
	expect(text).toContain(CURRENT_RULES.version);
});
