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
			type.endsWith('.openTrackingTrigger'),
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

it('nginx logs no query anywhere, since the query of a consent link answers in its reader’s name', () => {
	const text = readFileSync(join(folder, 'nginx.conf'), 'utf8');
	const logs = [...text.matchAll(/^(\s*)access_log \S+ (\S+);/gm)];
	expect(logs.map(([, , format]) => format)).toEqual(logs.map(() => 'without_query'));
	// One for the whole server, so that no location falls back to nginx's own format.
	expect(
		logs.map(([, indent]) => indent.trim() === '' && indent.replace(/\n/g, '').length),
	).toContain(4);
	expect(/log_format without_query '([^']*)'/.exec(text)?.[1]).not.toMatch(
		/\$request\b|\$args|\$request_uri/,
	);
});
