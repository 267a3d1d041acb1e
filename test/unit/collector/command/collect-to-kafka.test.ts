import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { load, runCli, startCollectorProcess } from '../../../support/collector-process';
import { describeOnKcat, startKafka, type KafkaCluster } from '../../../support/kcat';
import { eventually, freePort } from '../../../support/n8n-instance';

const PEOPLE = 20;
const EACH = 15;

describeOnKcat('a collector that hands opens on by the protocol of Kafka', () => {
	const agent = new Agent({ keepAlive: true });
	let folder: string;
	let kafka: KafkaCluster;
	let running: ChildProcess | undefined;
	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), 'collect-to-kafka-'));
		kafka = await startKafka('opened');
	});
	afterAll(async () => {
		running?.kill('SIGKILL');
		agent.destroy();
		await kafka.stop();
		rmSync(folder, { recursive: true });
	});

	const storedIds = () => {
		const database = new DatabaseSync(join(folder, 'tracking.sqlite'), { readOnly: true });
		try {
			const rows = database.prepare('select event_id as id from opens order by event_id').all();
			return rows.map(({ id }) => String(id));
		} finally {
			database.close();
		}
	};

	it('hands on every open once, the recipient as the key, and waits for a cluster that is away', async () => {
		const adminPort = await freePort();
		const args = ['--admin-port', String(adminPort), '--broker-url-env', 'BROKER_URL'];
		args.push('--broker-queue', 'opened');
		const env = { BROKER_URL: `kafka://${kafka.address}` };
		const collector = await startCollectorProcess(folder, args, env);
		running = collector.child;
		const people = Array.from({ length: PEOPLE }, async (_, person) => {
			for (let n = 0; n < EACH; n += 1) {
				expect(await load(agent, collector.port, `person-${person}`)).toBe(true);
			}
		});
		await Promise.all(people);
		await eventually(() => kafka.messages.length >= PEOPLE * EACH);
		const opens = kafka.messages.map(({ payload }) => JSON.parse(payload) as OpenEvent);
		expect(opens.map(({ eventId }) => eventId).sort()).toEqual(storedIds());
		kafka.messages.forEach(({ key, headers }, index) => {
			const { recipientId, eventId } = opens[index];
			expect({ key, headers }).toEqual({
				key: recipientId,
				headers: ['eventId', eventId, 'event', 'open'],
			});
		});
		const partitions = new Map(kafka.messages.map(({ key, partition }) => [key, partition]));
		expect(new Set(partitions.values()).size).toBeGreaterThan(1);
		for (const person of partitions.keys()) {
			const theirs = kafka.messages.filter(({ key }) => key === person);
			expect(new Set(theirs.map(({ partition }) => partition)).size).toBe(1);
			const ids = theirs.map(({ payload }) => (JSON.parse(payload) as OpenEvent).eventId);
			expect(ids).toEqual([...ids].sort());
		}

		await kafka.stop();
		expect(await load(agent, collector.port, 'later')).toBe(true);
		await eventually(() => storedIds().length === PEOPLE * EACH + 1);
		const metrics = async () => await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
		await eventually(async () => /broker_failures [1-9]/.test(await metrics()), 25_000);
		expect(await metrics()).toMatch(/broker_backlog 1\n/);
		expect(collector.lines.filter(({ problem }) => problem === 'handing-on')).toEqual([
			expect.objectContaining({
				msg: expect.stringMatching(/^Kafka \(127.*topic opened did not confirm opens/),
			}),
		]);
		collector.child.kill('SIGTERM');
		expect(await collector.exited).toBe(0);
	}, 60_000);
});

it('says what to install where the client of Kafka is missing', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'collect-no-kafka-'));
	const args = ['collect', '--data', folder, '--port', '0', '--broker-url-env', 'BROKER_URL'];
	// As where nobody installed it: looking for it fails.
	const missing = `data:text/javascript,${encodeURIComponent(`
		import { Module } from 'node:module';
		const load = Module._load;
		Module._load = (name, ...rest) => {
			if (name === '@platformatic/kafka') throw new Error('not installed');
			return load(name, ...rest);
		};`)}`;
	const { code, errors } = await runCli(args, {
		BROKER_URL: 'kafka://127.0.0.1:1',
		NODE_OPTIONS: `--import ${missing}`,
	});
	rmSync(folder, { recursive: true });
	expect({ code, errors }).toEqual({
		code: 1,
		errors: expect.stringMatching(/^Handing opens on to Kafka needs .*npx --package n8n-nodes/),
	});
});
