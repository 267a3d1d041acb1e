import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { bundledWorkflow } from '../support/n8n-instance';

const folder = join(__dirname, '..', '..', 'docs', 'reverse-proxy');

/** Every path of n8n's webhooks that a configuration names, as far as it is spelled out there. */
function namedPaths(text: string): string[] {
	return [...text.matchAll(/\/webhook\/[\w./*-]*/g)].map(([path]) => path);
}

describe.each(readdirSync(folder))('the reverse proxy example %s', (file) => {
	it('sends the pixel alone to the collector, and leaves the consent page beside it to n8n', () => {
		const trigger = bundledWorkflow('email-open-tracking.json').nodes.find(({ type }) =>
			type.endsWith('.emailOpenTrigger'),
		);
		const page = bundledWorkflow('consent-and-privacy.json').nodes.find(({ type }) =>
			type.endsWith('.webhook'),
		);
		// The trigger's path is the default one, and shares its first part with the consent page.
		const pixel = String(trigger?.parameters.path ?? 'email-open/pixel.png');
		expect(String(page?.parameters.path).split('/')[0]).toBe(pixel.split('/')[0]);
		expect(namedPaths(readFileSync(join(folder, file), 'utf8'))).toEqual([`/webhook/${pixel}`]);
	});
});
