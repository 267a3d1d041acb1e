import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { deriveSigningKey } from '../../src/tracking/links/derived-key';
import { runCli } from '../support/collector-process';

describe('the command line', () => {
	it('says its version', async () => {
		const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8'));
		expect(await runCli(['--version'])).toEqual({ code: 0, output: `${version}\n`, errors: '' });
	});

	it.each([
		['colect', 'There is no command "colect".'],
		['--verbose', 'There is no option "--verbose".'],
	])('names %s, which there is not, and what there is', async (given, message) => {
		const { code, output, errors } = await runCli([given]);
		expect({ code, output }).toEqual({ code: 2, output: '' });
		expect(errors).toContain(`${message}\n\nUsage: n8n-nodes-email-open-tracking <command>`);
	});

	it.each(['archive', 'collect', 'capacity', 'dead-letters', 'signing-key'])(
		'shows an example of %s',
		async (command) => {
			const { code, output } = await runCli([command, '--help']);
			expect(code).toBe(0);
			const [, example] =
				/^Example[^:]*:\s+n8n-nodes-email-open-tracking (.+)$/m.exec(output) ?? [];
			expect(example?.split(' ')[0]).toBe(command);
			// The example uses what the help explains.
			for (const [option] of example!.matchAll(/--[a-z-]+/g))
				expect(output).toContain(`  ${option}`);
		},
	);

	it('prints the signing key of an n8n in queue mode, or says what is missing', async () => {
		const key = 'hcYlPVNu0AjBGnzZsXgoVmzcwSMpjQnG';
		expect(await runCli(['signing-key'], { N8N_ENCRYPTION_KEY: key })).toEqual({
			code: 0,
			output: `${deriveSigningKey(key)}\n`,
			errors: '',
		});
		const refused = await runCli(['signing-key'], { N8N_ENCRYPTION_KEY: 'secret' });
		expect(refused).toMatchObject({ code: 1, output: '' });
		expect(refused.errors).toMatch(/fewer than 24 characters/);
	});

	it('runs the example of capacity', async () => {
		const { output } = await runCli(['capacity', '--mails-per-day', '20000000']);
		expect(output).toMatch(/^ {2}Collectors +1$/m);
		expect(output).toMatch(/^ {2}Log per collector.* 2\.9 GB$/m);
	});
});
