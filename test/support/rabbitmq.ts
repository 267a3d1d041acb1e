import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect as connectTo, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';

import { connect, type ChannelModel, type GetMessage } from 'amqplib';

/** The RabbitMQ server that tests may use. */
export const RABBITMQ = new URL(
	process.env.TEST_RABBITMQ_URL ?? 'amqp://guest:guest@127.0.0.1:5672',
);

/** The same server behind another port of this machine. */
export function rabbitmqBehind(port: number): string {
	return Object.assign(new URL(RABBITMQ), { hostname: '127.0.0.1', port: String(port) }).href;
}

/** The certificate of {@link startTlsFront}, which nobody trusts who was not told to. */
export const TLS_CERTIFICATE = tlsFile('cert');

function tlsFile(kind: string): string {
	return join(__dirname, '..', 'fixtures', 'tls', `localhost.${kind}.pem`);
}

/** The same server by TLS: its address, and how to end that. */
export async function startTlsFront(): Promise<{ address: string; stop(): void }> {
	const [key, cert] = ['key', 'cert'].map((kind) => readFileSync(tlsFile(kind)));
	// With the delay of TCP every confirmation of the broker would come 40 ms late.
	const server = createServer({ key, cert, noDelay: true }, (client) => {
		const target = connectTo({
			host: RABBITMQ.hostname,
			port: Number(RABBITMQ.port || 5672),
			noDelay: true,
		});
		client.pipe(target).pipe(client);
		client.on('error', () => target.destroy());
		target.on('error', () => client.destroy());
	});
	await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
	const address = new URL(RABBITMQ.href.replace(/^amqp:/, 'amqps:'));
	const { port } = server.address() as AddressInfo;
	Object.assign(address, { hostname: 'localhost', port: String(port) });
	return { address: address.href, stop: () => server.close() };
}

/** Runs a command of the server's own administration; throws where that fails or is not there. */
export function rabbitmqctl(...args: string[]): string {
	const { status, stdout, stderr } = spawnSync('rabbitmqctl', args, { encoding: 'utf8' });
	if (status !== 0) throw new Error(`rabbitmqctl ${args[0]}: ${stderr || 'cannot be run'}`);
	return stdout;
}

/** A name that no other test uses. */
export function newQueueName(): string {
	return `test-opens-${randomUUID().slice(0, 8)}`;
}

/** Takes everything out of a queue, the oldest first. */
export async function takeAll(queue: string): Promise<GetMessage[]> {
	return await withRabbitmq(async (connection) => {
		const channel = await connection.createChannel();
		const taken: GetMessage[] = [];
		for (let isEmpty = false; !isEmpty; ) {
			const asked = Array.from({ length: 100 }, async () => channel.get(queue, { noAck: true }));
			for (const message of await Promise.all(asked)) {
				if (message === false) isEmpty = true;
				else taken.push(message);
			}
		}
		return taken;
	});
}

/** Does something with a connection of its own. */
export async function withRabbitmq<T>(work: (connection: ChannelModel) => Promise<T>): Promise<T> {
	const connection = await connect(RABBITMQ.href);
	connection.on('error', () => undefined);
	try {
		return await work(connection);
	} finally {
		await connection.close().catch(() => undefined);
	}
}

/** Removes a queue, whatever it holds. */
export async function deleteQueue(queue: string): Promise<void> {
	await withRabbitmq(async (connection) => {
		const channel = await connection.createChannel();
		await channel.deleteQueue(queue);
	});
}
