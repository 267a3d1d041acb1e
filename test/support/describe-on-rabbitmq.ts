import { spawnSync } from 'node:child_process';

import { RABBITMQ } from './rabbitmq';

const found = answers(RABBITMQ);
if (!found) {
	process.stderr.write(
		`\n!!! The tests on RabbitMQ are skipped: none answers at ${RABBITMQ.host}. TEST_RABBITMQ_URL names another one.\n`,
	);
}

/** Declares tests that need a RabbitMQ server; without one they are skipped by their names. */
export const describeOnRabbitmq = found ? describe : describe.skip;

/** Asks in a process of its own, because tests are declared synchronously. */
function answers({ hostname, port }: URL): boolean {
	const script = `require('node:net').connect(process.argv[2], process.argv[1])
		.on('connect', () => process.exit(0)).on('error', () => process.exit(1))`;
	const args = ['-e', script, hostname, port || '5672'];
	return spawnSync(process.execPath, args, { timeout: 5000 }).status === 0;
}
