import { randomUUID } from 'node:crypto';

import { BrokerRefusedError } from '../../../../src/collector/broker/broker';
import { readBrokerSettings } from '../../../../src/collector/config/broker-settings';
import { inTurns, rabbitmqBroker } from '../../../../src/collector/broker/rabbitmq';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { startCutOff } from '../../../support/cut-off';
import { openEvent } from '../../../support/open-events';
import { describeOnRabbitmq } from '../../../support/describe-on-rabbitmq';
import {
	deleteQueue,
	newQueueName,
	RABBITMQ,
	rabbitmqBehind,
	rabbitmqctl,
	startTlsFront,
	takeAll,
	withRabbitmq,
} from '../../../support/rabbitmq';

const opensOf = (recipients: readonly string[]) =>
	recipients.map((recipientId) => openEvent({ eventId: randomUUID(), recipientId }));
const idsOf = (opens: readonly OpenEvent[]) => opens.map(({ eventId }) => eventId);

describeOnRabbitmq('RabbitMQ as the broker', () => {
	const queues: string[] = [];
	const newQueue = () => {
		queues.push(newQueueName());
		return queues[queues.length - 1];
	};
	const brokerOf = (
		queue: string,
		{ address = RABBITMQ.href, exchange = null as string | null, confirmWithinMs = 5000 } = {},
	) => rabbitmqBroker(readBrokerSettings(address, { queue, exchange }), { confirmWithinMs });
	const taken = async (queue: string) =>
		(await takeAll(queue)).map(({ properties }) => String(properties.messageId));

	afterAll(async () => {
		for (const queue of queues) await deleteQueue(queue);
	});

	it('makes a durable quorum queue, and puts each open there as JSON that survives a restart', async () => {
		const queue = newQueue();
		const broker = brokerOf(queue);
		const open = openEvent({ eventId: randomUUID(), recipientId: 'jörg' });
		await broker.publish([open]);
		await broker.close();
		const [message, ...others] = await takeAll(queue);
		expect(others).toEqual([]);
		expect(JSON.parse(message.content.toString())).toEqual(open);
		expect(message.properties).toMatchObject({
			messageId: open.eventId,
			type: 'open',
			contentType: 'application/json',
			deliveryMode: 2,
		});
		// Another kind of queue of this name would be refused.
		await withRabbitmq(async (connection) => {
			const channel = await connection.createChannel();
			await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
		});
	});

	it('keeps the order of each recipient', async () => {
		const queue = newQueue();
		const broker = brokerOf(queue);
		const opens = opensOf(Array.from({ length: 300 }, (_, n) => `person-${n % 100}`));
		await broker.publish(opens);
		await broker.close();
		expect(await taken(queue)).toEqual(idsOf(opens));
	});

	it('uses a queue that is there as it is', async () => {
		const queue = newQueue();
		await withRabbitmq(async (connection) => {
			await (await connection.createChannel()).assertQueue(queue, { durable: true });
		});
		const broker = brokerOf(queue);
		const opens = opensOf(['a']);
		await broker.publish(opens);
		await broker.close();
		expect(await taken(queue)).toEqual(idsOf(opens));
	});

	it('waits for a full queue, and keeps the order of each recipient', async () => {
		const queue = newQueue();
		await withRabbitmq(async (connection) => {
			const full = { 'x-queue-type': 'quorum', 'x-max-length': 20, 'x-overflow': 'reject-publish' };
			await (await connection.createChannel()).assertQueue(queue, { arguments: full });
		});
		const broker = brokerOf(queue);
		const opens = opensOf(Array.from({ length: 90 }, (_, n) => `person-${n % 3}`));
		const seen: string[] = [];
		let failure = '';
		for (let isThere = false; !isThere; ) {
			isThere = await broker.publish(opens).then(
				() => true,
				(error: Error) => {
					expect(error).not.toBeInstanceOf(BrokerRefusedError);
					failure = error.message;
					return false;
				},
			);
			seen.push(...(await taken(queue)));
		}
		await broker.close();
		expect(failure).toMatch(
			/queue test-opens-\w+ did not take \d+ of \d+ opens: the queue is full/,
		);
		expect(new Set(seen)).toEqual(new Set(idsOf(opens)));
		for (const person of ['person-0', 'person-1', 'person-2']) {
			const sent = idsOf(opens.filter(({ recipientId }) => recipientId === person));
			const first = [...new Set(seen)].filter((id) => sent.includes(id));
			expect(first).toEqual(sent);
		}
	});

	it('makes the queue anew when it was deleted meanwhile', async () => {
		const queue = newQueue();
		const broker = brokerOf(queue);
		await broker.publish(opensOf(['a']));
		await deleteQueue(queue);
		const opens = opensOf(['b']);
		await expect(broker.publish(opens)).rejects.toThrow(/no queue gets what is published/);
		await broker.publish(opens);
		await broker.close();
		expect(await taken(queue)).toEqual(idsOf(opens));
	});

	it('publishes to an exchange, and keeps what no queue is bound for', async () => {
		const queue = newQueue();
		const exchange = newQueueName();
		const broker = brokerOf('opened', { exchange });
		const opens = opensOf(['a', 'b']);
		await expect(broker.publish(opens)).rejects.toThrow(/no such exchange\. Make it/);
		await withRabbitmq(async (connection) => {
			await (await connection.createChannel()).assertExchange(exchange, 'topic');
		});
		await expect(broker.publish(opens)).rejects.toThrow(
			/no queue gets what is published there\. Bind one with the routing key opened/,
		);
		await withRabbitmq(async (connection) => {
			const channel = await connection.createChannel();
			await channel.assertQueue(queue);
			await channel.bindQueue(queue, exchange, 'opened');
		});
		await broker.publish(opens);
		await broker.close();
		expect(await taken(queue)).toEqual(idsOf(opens));
		await withRabbitmq(async (connection) => {
			await (await connection.createChannel()).deleteExchange(exchange);
		});
	});

	it('connects again after the server went away, and says so without who signs in', async () => {
		const queue = newQueue();
		const way = await startCutOff(RABBITMQ.hostname, Number(RABBITMQ.port || 5672));
		const broker = brokerOf(queue, { address: rabbitmqBehind(way.port), confirmWithinMs: 500 });
		const [one, two, three] = opensOf(['a', 'b', 'c']);
		await broker.publish([one]);
		await way.close();
		const failure = await broker.publish([two]).catch((error: Error) => error.message);
		expect(failure).toMatch(/RabbitMQ \(127\.0\.0\.1:\d+\), queue .* cannot be reached \(/);
		expect(failure).not.toContain('guest');
		await expect(broker.publish([two])).rejects.toThrow(/cannot be reached \(ECONNREFUSED\)/);
		await way.open();
		await broker.publish([two]);
		way.hang();
		await expect(broker.publish([three])).rejects.toThrow(/did not confirm opens within 0\.5 s/);
		await way.close();
		await way.open();
		await broker.publish([three]);
		await broker.close();
		await way.close();
		expect(await taken(queue)).toEqual(idsOf([one, two, three]));
	});

	it('says that a user may not sign in, and that a virtual host is unknown', async () => {
		const at = (change: Partial<URL>) => Object.assign(new URL(RABBITMQ), change).href;
		const failureAt = async (address: string) =>
			await brokerOf('none', { address })
				.publish(opensOf(['a']))
				.catch((error: Error) => error.message);
		const wrong = await failureAt(at({ username: 'someone', password: 'S3cret' }));
		expect(wrong).toMatch(/does not let this user in/);
		expect(wrong).not.toMatch(/someone|S3cret/);
		expect(await failureAt(at({ pathname: '/nowhere' }))).toMatch(/does not know the virtual host/);
	});

	it('does not sign in where it cannot verify the certificate', async () => {
		const front = await startTlsFront();
		const broker = brokerOf('none', { address: front.address });
		await expect(broker.publish([])).rejects.toThrow(
			/cannot be reached \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
		);
		front.stop();
	});

	it('needs no right to make the queue where it is there', async () => {
		const queue = newQueue();
		const [name, password] = [newQueueName(), 'p%@:/'];
		// One call, because each takes seconds. Writing to the default exchange is all that publishing takes.
		rabbitmqctl(
			'eval',
			`rabbit_auth_backend_internal:add_user(<<"${name}">>, <<"${password}">>, <<"test">>),
			rabbit_auth_backend_internal:set_permissions(
				<<"${name}">>, <<"/">>, <<"^$">>, <<"^amq\\.default$">>, <<"^$">>, <<"test">>).`,
		);
		try {
			const address = `amqp://${name}:${encodeURIComponent(password)}@${RABBITMQ.host}`;
			const broker = brokerOf(queue, { address });
			const opens = opensOf(['a']);
			await expect(broker.publish(opens)).rejects.toThrow(
				/configure the queue or make it yourself/,
			);
			await withRabbitmq(async (connection) => {
				await (await connection.createChannel()).assertQueue(queue);
			});
			await broker.publish(opens);
			await broker.close();
			expect(await taken(queue)).toEqual(idsOf(opens));
		} finally {
			rabbitmqctl('delete_user', name);
		}
	});

	it('says of an open that the server will never take that it is this one', async () => {
		const queue = newQueue();
		const broker = brokerOf(queue, { confirmWithinMs: 30_000 });
		const [small] = opensOf(['a']);
		// 128 MiB is the most that the server takes unless it was told otherwise.
		const large = { ...small, actorReason: 'x'.repeat(129 * 1024 ** 2) };
		await expect(broker.publish([large])).rejects.toBeInstanceOf(BrokerRefusedError);
		await broker.publish([small]);
		await broker.close();
		expect(await taken(queue)).toEqual(idsOf([small]));
	});
});

describe('turns of opens', () => {
	it('name each recipient once, and hold those without a recipient together', () => {
		const opens = ['a', 'b', 'a', null, 'c', 'a', null].map((recipientId) =>
			openEvent({ recipientId }),
		);
		expect(inTurns(opens).map((turn) => turn.map(({ recipientId }) => recipientId))).toEqual([
			['a', 'b', null, 'c', null],
			['a'],
			['a'],
		]);
	});
});
