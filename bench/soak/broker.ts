/** RabbitMQ away under load: a collector that hands opens on, its way to the broker cut off for a while. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { OpenEvent } from '../../src/tracking/event/open-event';
import { collectorMetric, startCollectorProcess } from '../../test/support/collector-process';
import { startCutOff } from '../../test/support/cut-off';
import { freePort } from '../../test/support/n8n-instance';
import {
	deleteQueue,
	newQueueName,
	RABBITMQ,
	rabbitmqBehind,
	takeAll,
} from '../../test/support/rabbitmq';
import { check, drained, makeLoad } from './checks';
import { createArrivals } from './identity';

/** What RabbitMQ takes while it makes up for the time away, on a small machine. */
const MOST_A_SECOND = 1000;
/** Only one message of a recipient is under way at a time. */
const LOAD = { connections: 64, recipientsPerConnection: 20 };

export async function broker({ rate: asked, away }: { rate: number; away: number }): Promise<void> {
	const rate = Math.min(asked, MOST_A_SECOND);
	const seconds = away * 2;
	process.stdout.write(
		`RabbitMQ away for ${away} of ${seconds} s, ${rate} loads/s\n` +
			'         RabbitMQ itself runs on: a TCP proxy in front of it is closed and opened again.\n',
	);
	const folder = mkdtempSync(join(tmpdir(), 'soak-broker-'));
	const queue = newQueueName();
	const way = await startCutOff(RABBITMQ.hostname, Number(RABBITMQ.port || 5672));
	const collector = await startCollectorProcess(
		folder,
		[
			...['--admin-port', String(await freePort())],
			...['--broker-url-env', 'SOAK_BROKER_URL', '--broker-queue', queue],
		],
		{ SOAK_BROKER_URL: rabbitmqBehind(way.port) },
	);
	const metric = async (name: string) => await collectorMetric(collector, name);
	const pause = async (part: number) =>
		await new Promise((resolve) => setTimeout(resolve, part * seconds * 1000));
	try {
		const loading = makeLoad({ ...LOAD, port: collector.port, rate, seconds });
		await pause(0.25);
		const before = await metric('broker_handed_on_total');
		await way.close();
		await pause(0.5);
		const [failures, waiting, unstored] = [
			await metric('broker_failures'),
			await metric('broker_backlog'),
			await metric('backlog'),
		];
		await way.open();
		const report = await loading;
		check(before > 0, `${before} opens were handed on before the outage`);
		check(
			failures > 0 && waiting >= rate * away * 0.9 && unstored < waiting,
			`the outage was one: ${failures} failures in a row, ${waiting} opens waiting for the broker, ${unstored} for the store`,
		);
		// Reports come twice a second; the first one after the last load counts.
		await new Promise((resolve) => setTimeout(resolve, 1000));
		await drained('the log drained', async () => await metric('broker_backlog'));

		const arrivals = createArrivals();
		const seen = new Set<string>();
		let again = 0;
		for (const { content } of await takeAll(queue)) {
			const { eventId, recipientId, messageId } = JSON.parse(content.toString()) as OpenEvent;
			// A message that comes a second time has the id of the first.
			if (seen.has(eventId)) again += 1;
			else arrivals.note(String(recipientId), String(messageId));
			seen.add(eventId);
		}
		const { answered, missing, repeated, outOfOrder } = arrivals.compare(report);
		check(missing === 0, `${missing} of ${answered} answered loads are missing in the queue`);
		check(
			repeated === 0,
			`${repeated} loads are there under two ids; ${again} messages came again`,
		);
		check(outOfOrder === 0, `${outOfOrder} opens came behind a later one of the same recipient`);
	} finally {
		collector.child.kill('SIGTERM');
		await collector.exited;
		await way.close();
		await deleteQueue(queue);
		rmSync(folder, { recursive: true, force: true });
	}
}
