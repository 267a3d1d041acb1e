/**
 * Two long tests that fail when something breaks, rather than measure: the collector inside a real
 * n8n for minutes (nothing lost, memory flat, the editor answers), and PostgreSQL away for a minute
 * under load (nothing lost, order kept). Alone on its machine:
 *
 *     npm run bench -- soak [--rate 5000] [--seconds 300] [--away 60] [--part n8n|outage]
 */
import { parseArgs } from 'node:util';

import { assertAllGood } from './soak/checks';
import { insideN8n } from './soak/inside-n8n';
import { outage } from './soak/outage';

const PARTS = ['n8n', 'outage'];

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			rate: { type: 'string', default: '5000' },
			seconds: { type: 'string', default: '300' },
			away: { type: 'string', default: '60' },
			part: { type: 'string' },
		},
	});
	const [rate, seconds, away] = [values.rate, values.seconds, values.away].map(Number);
	if (![rate, seconds, away].every((value) => value > 0)) {
		throw new Error('--rate, --seconds and --away must be numbers above 0');
	}
	if (values.part !== undefined && !PARTS.includes(values.part)) {
		throw new Error(`--part must be one of ${PARTS.join(', ')}`);
	}
	if (values.part !== 'outage') await insideN8n({ rate, seconds });
	if (values.part !== 'n8n') await outage({ rate, away });
	assertAllGood();
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
