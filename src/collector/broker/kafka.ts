import type { Producer } from '@platformatic/kafka';

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

const HANG_UP_MS = 1000;
/** What Kafka says of a message that it will never take. */
const REFUSALS = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'];
const UNKNOWN_TOPIC = 'UNKNOWN_TOPIC_OR_PARTITION';

type TextProducer = Producer<string, string, string, string>;

/**
 * Kafka, or what speaks its protocol: an idempotent producer that waits for all replicas. The recipient is the
 * key, so that one partition has the opens of one recipient, in order.
 *
 * @throws CollectorError when its client is not installed
 */
export async function kafkaBroker(settings: BrokerSettings): Promise<Broker> {
	const library = await loadClient();
	const topic = settings.queue;
	let producer: TextProducer | null = null;

	const start = async (): Promise<TextProducer> => {
		const { tls, user, servers, mechanism } = settings;
		const started: TextProducer = new library.Producer({
			clientId: 'email-open-tracking-collect',
			bootstrapBrokers: [...servers],
			acks: library.ProduceAcks.ALL,
			idempotent: true,
			// A topic that nobody made has one partition and one replica.
			autocreateTopics: false,
			connectTimeout: CONNECT_WITHIN_MS,
			requestTimeout: CONFIRM_WITHIN_MS,
			// Whoever calls does that, with growing pauses.
			retries: 0,
			serializers: library.stringSerializers,
			...(tls && { tls: {}, tlsServerName: true }),
			...(user && { sasl: { mechanism, username: user.name, password: user.password } }),
		});
		producer = started;
		await started.metadata({ topics: [topic] });
		// As the protocol has it for a producer that has no id yet.
		await started.initIdempotentProducer({ producerId: -1n, producerEpoch: -1 });
		return started;
	};
	const hangUp = async (): Promise<void> => {
		if (producer === null) return;
		const ended = producer;
		producer = null;
		await within(HANG_UP_MS, ended.close(true), () => undefined).catch(() => undefined);
	};

	const send = async (opens: readonly OpenEvent[]): Promise<void> => {
		const current = producer ?? (await start());
		if (opens.length === 0) return;
		await current.send({
			messages: opens.map((open) => ({
				topic,
				key: open.recipientId ?? undefined,
				value: messageOf(open).toString(),
				headers: { eventId: open.eventId, event: open.event },
			})),
		});
	};

	return {
		publish: async (opens) => {
			try {
				// The client itself waits without end for a server that is gone.
				await within(CONFIRM_WITHIN_MS, send(opens), () => {
					throw new CollectorError(
						`${brokerInWords(settings)} did not confirm opens within ${CONFIRM_WITHIN_MS / 1000} s. See whether its servers run. The log keeps the opens until then.`,
					);
				});
			} catch (error) {
				await hangUp();
				throw explain(error, settings);
			}
		},
		close: hangUp,
	};
}

/**
 * No dependency of this package: it would give everybody its own, with a compiled one among them, and wants a newer
 * Node.js.
 */
async function loadClient(): Promise<typeof import('@platformatic/kafka')> {
	try {
		return await import('@platformatic/kafka');
	} catch {
		throw new CollectorError(
			'Handing opens on to Kafka needs the package @platformatic/kafka 2, and Node.js 22.22, 24.6 or newer. Install it beside this package, or let npx do that: npx --package n8n-nodes-email-open-tracking --package @platformatic/kafka@2 n8n-nodes-email-open-tracking collect',
		);
	}
}

/** What to do about a failure. Texts of the server are left out: nobody knows what they quote. */
function explain(error: unknown, settings: BrokerSettings): CollectorError {
	if (error instanceof CollectorError) return error;
	const place = brokerInWords(settings);
	const codes = codesOf(error);
	const refusal = codes.find((code) => REFUSALS.includes(code));
	if (refusal !== undefined) {
		return new BrokerRefusedError(`${place} refused an open for good (${refusal}).`);
	}
	if (codes.includes(UNKNOWN_TOPIC)) {
		return new CollectorError(`${place}: there is no such topic. Make it.`);
	}
	if (codes.some((code) => /AUTHORIZATION|AUTHENTICATION/.test(code))) {
		return new CollectorError(
			`${place} does not let this user in, or not write there. Correct the user and password, the mechanism, or its rights.`,
		);
	}
	return new CollectorError(
		`${place} did not confirm opens (${codes.at(-1) ?? 'unknown error'}). See whether it runs, and whether the address is right. The log keeps the opens until then.`,
	);
}

/** The codes of an error and of all that it is made of, the outermost first. */
function codesOf(error: unknown): string[] {
	const { code, apiId, cause, errors } = (error ?? {}) as Record<string, unknown>;
	const inner = [...(Array.isArray(errors) ? errors : []), ...(cause ? [cause] : [])];
	const own = [code, apiId].filter((value) => typeof value === 'string');
	return [...own, ...inner.flatMap(codesOf)];
}
