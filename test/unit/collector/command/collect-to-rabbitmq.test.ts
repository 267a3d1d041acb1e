import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { load, startCollectorProcess } from '../../../support/collector-process';
import { startCutOff, type CutOff } from '../../../support/cut-off';
import { eventually, freePort } from '../../../support/n8n-instance';
import { describeOnRabbitmq } from '../../../support/describe-on-rabbitmq';
import {
	deleteQueue,
	newQueueName,
	RABBITMQ,
	rabbitmqBehind,
	startTlsFront,
	takeAll,
	TLS_CERTIFICATE,
} from '../../../support/rabbitmq';

const PEOPLE = 20;
const EACH = 25;

describeOnRabbitmq('a collector that hands opens on to RabbitMQ', () => {
	const agent = new Agent({ keepAlive: true });
	let folder: string;
	let queue: string;
	let way: CutOff;
	let running: ChildProcess | undefined;
	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), 'collect-to-rabbitmq-'));
		queue = newQueueName();
		way = await startCutOff(RABBITMQ.hostname, Number(RABBITMQ.port || 5672));
	});
	afterEach(async () => {
		running?.kill('SIGKILL');
		await way.close();
		await deleteQueue(queue);
		rmSync(folder, { recursive: true });
	});
	afterAll(() => agent.destroy());

	const start = async (address = rabbitmqBehind(way.port)) => {
		const adminPort = await freePort();
		const args = ['--admin-port', String(adminPort), '--broker-url-env', 'BROKER_URL'];
		args.push('--broker-queue', queue, '--broker-country', 'Germany', '--clicks');
		const env = { BROKER_URL: address, NODE_EXTRA_CA_CERTS: TLS_CERTIFICATE };
		const collector = await startCollectorProcess(folder, args, env);
		running = collector.child;
		const metric = async (name: string) => {
			const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
			return Number(new RegExp(`^open_tracking_collector_${name} (\\d+)$`, 'm').exec(text)?.[1]);
		};
		return { ...collector, metric };
	};
	/** Each person loads one image after the other, all of them at the same time. */
	const loadAll = async (port: number, round: string) => {
		const people = Array.from({ length: PEOPLE }, async (_, person) => {
			for (let n = 0; n < EACH; n += 1) {
				expect(await load(agent, port, `${round}-${person}`)).toBe(true);
			}
		});
		await Promise.all(people);
	};
	const read = (file: string, sql: string) => {
		const database = new DatabaseSync(join(folder, file), { readOnly: true });
		try {
			return database.prepare(sql).all();
		} finally {
			database.close();
		}
	};
	const storedIds = () =>
		read('tracking.sqlite', 'select event_id as id from opens order by event_id').map(({ id }) =>
			String(id),
		);
	const isLogEmpty = () => read('collector.sqlite', 'select 1 from log').length === 0;
	const handedOn = async () =>
		(await takeAll(queue)).map(({ content, properties }) => {
			const open = JSON.parse(content.toString()) as OpenEvent;
			expect(properties.messageId).toBe(open.eventId);
			return open;
		});
	/** Ids that grow with time, one person after the other. */
	const expectInOrder = (opens: readonly OpenEvent[]) => {
		const people = new Set(opens.map(({ recipientId }) => recipientId));
		for (const person of people) {
			const ids = opens.filter((open) => open.recipientId === person).map((open) => open.eventId);
			expect(ids).toEqual([...ids].sort());
		}
		expect(people.size).toBe(PEOPLE);
	};

	it('hands on every open once and in order, waits for a broker that is away, and keeps its secret', async () => {
		const collector = await start();
		await loadAll(collector.port, 'first');
		await eventually(isLogEmpty, 20_000);
		const first = await handedOn();
		expect(first.map(({ eventId }) => eventId).sort()).toEqual(storedIds());
		expectInOrder(first);
		await eventually(
			async () => (await collector.metric('broker_handed_on_total')) === first.length,
		);

		await way.close();
		await loadAll(collector.port, 'second');
		await eventually(async () => (await collector.metric('broker_failures')) >= 2);
		// The store has them all: the broker is not in its way.
		await eventually(() => storedIds().length === 2 * PEOPLE * EACH);
		expect(await collector.metric('shipping_failures')).toBe(0);
		await eventually(async () => (await collector.metric('broker_backlog')) === PEOPLE * EACH);
		expect(collector.lines.filter(({ problem }) => problem === 'handing-on')).toEqual([
			expect.objectContaining({ msg: expect.stringContaining('cannot be reached') }),
		]);
		await way.open();
		await eventually(isLogEmpty, 20_000);
		const second = await handedOn();
		expect([...first, ...second].map(({ eventId }) => eventId).sort()).toEqual(storedIds());
		expectInOrder(second);

		const part = read('tracking.sqlite', "select * from installed_parts where kind = 'sink'");
		expect(part.map(({ settings }) => JSON.parse(String(settings)))).toEqual([
			{
				destination: `RabbitMQ (127.0.0.1:${way.port}), queue ${queue}`,
				country: 'Germany',
				fields: expect.arrayContaining(['eventId', 'recipientId', 'actor']),
			},
		]);
		const shown = readFileSync(`/proc/${collector.child.pid}/cmdline`, 'utf8');
		collector.child.kill('SIGTERM');
		expect(await collector.exited).toBe(0);
		expect(JSON.stringify([collector.lines, shown, part])).not.toContain('guest');
		// What it handed on is still there, so the report goes on naming it.
		expect(read('tracking.sqlite', 'select kind from installed_parts')).toEqual([{ kind: 'sink' }]);
	}, 60_000);

	it('loses nothing when it is killed on the way, by TLS; what comes twice has the same id', async () => {
		const front = await startTlsFront();
		const collector = await start(front.address);
		let answered = 0;
		let isKilled = false;
		const people = Array.from({ length: PEOPLE }, async (_, person) => {
			while (!isKilled) {
				if (await load(agent, collector.port, `killed-${person}`)) answered += 1;
			}
		});
		await eventually(async () => (await collector.metric('broker_handed_on_total')) > 0);
		collector.child.kill('SIGKILL');
		await collector.exited;
		isKilled = true;
		await Promise.all(people);
		expect(isLogEmpty()).toBe(false);
		const again = await start(front.address);
		await eventually(isLogEmpty, 20_000);
		again.child.kill('SIGTERM');
		expect(await again.exited).toBe(0);
		front.stop();
		const opens = await handedOn();
		const seen = new Set<string>();
		const first = opens.filter(({ eventId }) => !seen.has(eventId) && seen.add(eventId));
		expect(first.map(({ eventId }) => eventId).sort()).toEqual(storedIds());
		expect(storedIds().length).toBeGreaterThanOrEqual(answered);
		expectInOrder(first);
	}, 60_000);
});
