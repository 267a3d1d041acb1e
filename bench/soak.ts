/**
 * Long tests that fail when something breaks, rather than measure: the collector inside a real n8n
 * for minutes (nothing lost, memory flat, the editor answers), PostgreSQL away for a minute under
 * load (nothing lost, order kept), the same with RabbitMQ, and several hosts that are cut off, killed
 * and restarted. Alone on its machine:
 *
 *     npm run bench -- soak [--rate 5000] [--seconds 300] [--away 60] [--part n8n|outage|broker|hosts]
 */
import { parseArgs } from 'node:util';

import { broker } from './soak/broker';
import { assertAllGood } from './soak/checks';
import { hosts } from './soak/hosts';
import { insideN8n } from './soak/inside-n8n';
import { outage } from './soak/outage';

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
	const parts: Record<string, () => Promise<void>> = {
		n8n: async () => await insideN8n({ rate, seconds }),
		outage: async () => await outage({ rate, away }),
		broker: async () => await broker({ rate, away }),
		hosts: async () => await hosts({ rate, away }),
	};
	const names = values.part === undefined ? Object.keys(parts) : [values.part];
	for (const name of names) {
		if (!Object.hasOwn(parts, name)) {
			throw new Error(`--part must be one of ${Object.keys(parts).join(', ')}`);
		}
		await parts[name]();
	}
	assertAllGood();
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
