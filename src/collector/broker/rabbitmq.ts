import {
	connect,
	credentials,
	type ChannelModel,
	type ConfirmChannel,
	type Message,
} from 'amqplib';

import { within } from '../../async/time-limit';
import type { OpenEvent } from '../../tracking/event/open-event';
import { CollectorError } from '../config/collector-error';
import {
	BrokerRefusedError,
	CONFIRM_WITHIN_MS,
	CONNECT_WITHIN_MS,
	messageOf,
	type Broker,
} from './broker';
import { brokerInWords, type BrokerSettings } from '../config/broker-settings';

/** Both sides notice within two of them that the other is gone. */
const HEARTBEAT_S = 20;
/** How long to wait for a connection to end that nobody needs any more. */
const HANG_UP_MS = 1000;

/** What RabbitMQ says it ended a channel or a connection for. */
const REPLY = { accessRefused: 403, notFound: 404, preconditionFailed: 406, notAllowed: 530 };

interface Line {
	connection: ChannelModel;
	channel: ConfirmChannel;
	isClosed: boolean;
	/** What ended the channel, or holds it up, as far as the server said */
	trouble: unknown;
	/** Ids of messages that no queue got */
	returned: Set<string>;
}

/**
 * RabbitMQ, by AMQP 0-9-1 with publisher confirms. Without an exchange, opens go straight to the queue, which is made
 * as a durable quorum queue where there is none.
 *
 * At most one message of each recipient is under way at a time. A queue that is full can refuse one message
 * and take the next, so that otherwise a repeat would come after what it goes before.
 */
export function rabbitmqBroker(
	settings: BrokerSettings,
	{ confirmWithinMs = CONFIRM_WITHIN_MS } = {},
): Broker {
	let line: Line | null = null;
	/** Ids of a batch that failed: a queue that is nearly full would never get to its end otherwise */
	const confirmed = new Set<string>();

	const hangUp = async (): Promise<void> => {
		if (line === null) return;
		const { connection } = line;
		line = null;
		// It may be gone, or say nothing any more.
		await within(HANG_UP_MS, connection.close(), () => undefined).catch(() => undefined);
	};

	return {
		publish: async (opens) => {
			try {
				if (line?.isClosed) await hangUp();
				line ??= await startLine(settings);
				for (const turn of inTurns(opens)) {
					const missing = turn.filter(({ eventId }) => !confirmed.has(eventId));
					await publishTurn(line, missing, { settings, confirmed, confirmWithinMs });
				}
				for (const { eventId } of opens) confirmed.delete(eventId);
			} catch (error) {
				await hangUp();
				throw explain(error, settings);
			}
		},
		close: hangUp,
	};
}

/** Parts that name each recipient once at most, in the order of their opens. */
export function inTurns(opens: readonly OpenEvent[]): OpenEvent[][] {
	const turns: OpenEvent[][] = [];
	const earlier = new Map<string, number>();
	for (const open of opens) {
		const turn = open.recipientId === null ? 0 : (earlier.get(open.recipientId) ?? 0);
		if (open.recipientId !== null) earlier.set(open.recipientId, turn + 1);
		(turns[turn] ??= []).push(open);
	}
	return turns;
}

async function publishTurn(
	line: Line,
	opens: readonly OpenEvent[],
	{
		settings,
		confirmed,
		confirmWithinMs,
	}: { settings: BrokerSettings; confirmed: Set<string>; confirmWithinMs: number },
): Promise<void> {
	const { channel, returned } = line;
	const { queue, exchange } = settings;
	const publishing = opens.map(
		async (open) =>
			await new Promise<void>((resolve) => {
				channel.publish(
					exchange ?? '',
					queue,
					messageOf(open),
					{
						persistent: true,
						mandatory: true,
						contentType: 'application/json',
						contentEncoding: 'utf-8',
						messageId: open.eventId,
						type: open.event,
					},
					(error) => {
						// Where no queue got it, it was returned before it was confirmed.
						if (!error && !returned.has(open.eventId)) confirmed.add(open.eventId);
						resolve();
					},
				);
			}),
	);
	await within<unknown>(confirmWithinMs, Promise.all(publishing), () => {
		throw line.trouble instanceof CollectorError
			? line.trouble
			: new CollectorError(
					`${brokerInWords(settings)} did not confirm opens within ${confirmWithinMs / 1000} s. See whether most servers of its cluster run. The log keeps the opens until then.`,
				);
	});
	const missing = opens.filter(({ eventId }) => !confirmed.has(eventId)).length;
	if (missing === 0) return;
	if (line.trouble !== null) throw explain(line.trouble, settings);
	if (returned.size > 0) {
		throw new CollectorError(
			`${brokerInWords(settings)}: no queue gets what is published there. ${exchange === null ? 'The queue was deleted and is made anew.' : `Bind one with the routing key ${queue}.`} The log keeps the opens until then.`,
		);
	}
	throw new CollectorError(
		`${brokerInWords(settings)} did not take ${missing} of ${opens.length} opens: the queue is full, or most servers of its cluster are away. The log keeps the opens until it takes them.`,
	);
}

async function startLine(settings: BrokerSettings): Promise<Line> {
	let connection: ChannelModel | undefined;
	try {
		connection = await connectTo(settings);
		const seen = { isClosed: false, trouble: null as unknown, returned: new Set<string>() };
		const note = (error?: unknown) => (seen.trouble ??= error ?? new Error('closed'));
		const noteEnd = (error?: unknown) => {
			note(error);
			seen.isClosed = true;
		};
		connection.on('error', note);
		connection.on('close', noteEnd);
		connection.on('blocked', () => {
			seen.trouble = new CollectorError(
				`${brokerInWords(settings)} takes no messages at the moment, because its server is short of memory or disk. The log keeps the opens until it does.`,
			);
		});
		connection.on('unblocked', () => (seen.trouble = null));
		await findPlace(connection, settings);
		const channel = await connection.createConfirmChannel();
		channel.on('error', note);
		channel.on('close', () => noteEnd());
		channel.on('return', ({ properties }: Message) => seen.returned.add(properties.messageId));
		return Object.assign(seen, { connection, channel });
	} catch (error) {
		await connection?.close().catch(() => undefined);
		throw explain(error, settings);
	}
}

async function connectTo({ tls, servers, user, vhost }: BrokerSettings): Promise<ChannelModel> {
	const [, hostname, port] = /^\[?(.*?)\]?:(\d+)$/.exec(servers[0]) ?? [];
	return await connect(
		{
			protocol: tls ? 'amqps' : 'amqp',
			hostname,
			port: Number(port),
			vhost: encodeURIComponent(vhost),
			heartbeat: HEARTBEAT_S,
		},
		{
			// RabbitMQ knows this user unless it was told otherwise, and lets it in from its own machine.
			credentials: credentials.plain(user?.name ?? 'guest', user?.password ?? 'guest'),
			timeout: CONNECT_WITHIN_MS,
			noDelay: true,
			clientProperties: { connection_name: 'Email open tracking: collect' },
		},
	);
}

/**
 * Sees to it that opens have where to go: what is there is used as it is, and may not even be made
 * by this user. Each question has a channel of its own, because a no ends it.
 */
async function findPlace(
	connection: ChannelModel,
	{ queue, exchange }: BrokerSettings,
): Promise<void> {
	const onChannel = async <T>(ask: (channel: ConfirmChannel) => Promise<T>): Promise<T> => {
		const channel = await connection.createConfirmChannel();
		// What it says is thrown by the question as well.
		channel.on('error', () => undefined);
		const answer = await ask(channel);
		await channel.close();
		return answer;
	};
	if (exchange !== null) {
		await onChannel(async (channel) => await channel.checkExchange(exchange));
		return;
	}
	try {
		await onChannel(async (channel) => await channel.checkQueue(queue));
	} catch (error) {
		if (codeOf(error) !== REPLY.notFound) throw error;
		await onChannel(
			async (channel) =>
				await channel.assertQueue(queue, {
					durable: true,
					arguments: { 'x-queue-type': 'quorum' },
				}),
		);
	}
}

/** What to do about a failure. Texts of the server are left out: nobody knows what they quote. */
function explain(error: unknown, settings: BrokerSettings): CollectorError {
	if (error instanceof CollectorError) return error;
	const place = brokerInWords(settings);
	const code = codeOf(error);
	if (code === REPLY.preconditionFailed) {
		return new BrokerRefusedError(`${place} refused an open: it is larger than the server allows.`);
	}
	if (code === REPLY.accessRefused) {
		return new CollectorError(
			`${place} does not let this user in, or not do this. Correct the user and password, or give the user the right to write there, and to configure the queue or make it yourself.`,
		);
	}
	if (code === REPLY.notFound) {
		return new CollectorError(
			`${place}: there is no such exchange. Make it, and bind a queue to it.`,
		);
	}
	if (code === REPLY.notAllowed) {
		return new CollectorError(
			`${place} does not know the virtual host, or does not let this user use it. Correct the path of the address.`,
		);
	}
	return new CollectorError(
		`${place} cannot be reached (${code ?? 'the connection ended'}). See whether it runs, and whether the address is right. The log keeps the opens until then.`,
	);
}

function codeOf(error: unknown): number | string | null {
	const { code, message = '' } = (error ?? {}) as { code?: number | string; message?: string };
	// Why no connection came about is in the text alone, and of a virtual host only that it did not.
	if (message.startsWith('Expected ConnectionOpenOk; got <ConnectionClose'))
		return REPLY.notAllowed;
	const inText = /terminated by server: (\d+)/.exec(message)?.[1];
	return code ?? (inText === undefined ? null : Number(inText));
}
