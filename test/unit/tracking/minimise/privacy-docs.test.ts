import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ruleFor } from '../../../../src/tracking/consent/consent-policy';
import { JURISDICTION_PRESETS } from '../../../../src/tracking/consent/jurisdictions';
import { PURPOSES } from '../../../../src/tracking/event/purpose';
import { TRACKING_MODES } from '../../../../src/tracking/event/tracking-mode';
import { MODE_STORES } from '../../../../src/tracking/minimise/minimise-mode';

const page = readFileSync(join(__dirname, '../../../../docs/privacy.md'), 'utf8');
const row = (first: string) => {
	const line = page.split('\n').find((l) => l.startsWith(`| ${first}`));
	if (!line) throw new Error(`docs/privacy.md has no row for ${first}`);
	return line;
};

describe('docs/privacy.md', () => {
	it('says of every mode what the program does', () => {
		for (const mode of TRACKING_MODES.filter((m) => m !== 'off')) {
			const { time, recipient } = MODE_STORES[mode];
			expect(row(`\`${mode}\``)).toContain(`| ${time} |`);
			expect(row(`\`${mode}\``)).toContain(
				{ none: '| none |', id: '| id |', pseudonym: '| a pseudonym' }[recipient],
			);
		}
	});

	it('says of every purpose whether it needs consent', () => {
		for (const purpose of PURPOSES) {
			const rule = ruleFor({ policy: 'objection-honoured', purpose });
			const words = {
				exempt: '| no,',
				'consent-required': '| always',
				'objection-honoured': '| as the policy says',
			};
			expect(row(`\`${purpose}\``)).toContain(words[rule]);
		}
	});

	it('gives the policy and the months of every preset', () => {
		for (const preset of Object.values(JURISDICTION_PRESETS)) {
			const line = row(preset.displayName);
			expect(line).toContain(`| ${preset.reAskMonths} months | ${preset.consentMonths} months |`);
			expect(line).toContain(
				preset.policy === 'consent-required' ? 'Consent Required' : 'Objection Honored',
			);
		}
	});
});
