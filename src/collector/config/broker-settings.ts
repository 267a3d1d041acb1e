import { CollectorError } from './collector-error';

/** Where opens are handed on to. Plain data; the password is a secret and stays in memory. */
export interface BrokerSettings {
	protocol: 'amqp' | 'kafka';
	tls: boolean;
	/** `host:port` of each server; RabbitMQ has one */
	servers: readonly string[];
	/** `null` where the address names none */
	user: { name: string; password: string } | null;
	/** Virtual host of RabbitMQ */
	vhost: string;
	/** How Kafka is told who asks */
	mechanism: SaslMechanism;
	/** Queue of RabbitMQ, or topic of Kafka */
	queue: string;
	/** Exchange of RabbitMQ that opens are published to, with the queue's name as the routing key */
	exchange: string | null;
}

const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
type SaslMechanism = (typeof SASL_MECHANISMS)[number];

/** What an address begins with, and the port where it names none. */
const SCHEMES: Record<string, Pick<BrokerSettings, 'protocol' | 'tls'> & { port: number }> = {
	amqp: { protocol: 'amqp', tls: false, port: 5672 },
	amqps: { protocol: 'amqp', tls: true, port: 5671 },
	kafka: { protocol: 'kafka', tls: false, port: 9092 },
	kafkas: { protocol: 'kafka', tls: true, port: 9093 },
};

const ENCODE = 'In its user and password, percent-encode all but letters, digits and -._~.';
const ADDRESS = /^([a-z]+):\/\/(?:([^@/]*)@)?([^@/?]+)(?:\/([^?]*))?(?:\?(.*))?$/;

/**
 * Reads the address of a broker: `amqps://user:password@host:port/vhost`, or
 * `kafkas://user:password@host:port,host:port?mechanism=SCRAM-SHA-512`.
 *
 * @throws CollectorError that does not show the address, which may hold a password
 * @example
 * readBrokerSettings('amqp://rabbit.example.com', { queue: 'email-opens', exchange: null });
 */
export function readBrokerSettings(
	address: string,
	{ queue, exchange }: Pick<BrokerSettings, 'queue' | 'exchange'>,
): BrokerSettings {
	const [, scheme = '', login, hosts = '', path = '', query] = ADDRESS.exec(address.trim()) ?? [];
	const known = SCHEMES[scheme];
	if (known === undefined) {
		throw new CollectorError(
			`The address of the broker cannot be read. It begins with ${Object.keys(SCHEMES).join('://, ')}://. ${ENCODE}`,
		);
	}
	const { protocol, tls, port } = known;
	const servers = hosts.split(',').map((host) => serverOf(host, port));
	if (protocol === 'amqp' && servers.length > 1) {
		throw new CollectorError(
			'The address of RabbitMQ names several servers. Name one, or the load balancer in front of them.',
		);
	}
	if (protocol === 'kafka' && exchange !== null) {
		throw new CollectorError('--broker-exchange is for RabbitMQ. Leave it out: Kafka has topics.');
	}
	const mechanism = new URLSearchParams(query).get('mechanism') ?? 'PLAIN';
	if (!isMechanism(mechanism)) {
		throw new CollectorError(
			`The mechanism in the address of the broker must be one of ${SASL_MECHANISMS.join(', ')}.`,
		);
	}
	const [name, ...password] = (login ?? '').split(':').map(decoded);
	return {
		protocol,
		tls,
		servers,
		user: login === undefined ? null : { name, password: password.join(':') },
		vhost: path === '' ? '/' : decoded(path),
		mechanism,
		queue,
		exchange,
	};
}

/** The broker in words, without who signs in there: for the privacy report. */
export function brokerInWords({ protocol, servers, queue, exchange }: BrokerSettings): string {
	const at = servers.join(', ');
	if (protocol === 'kafka') return `Kafka (${at}), topic ${queue}`;
	if (exchange === null) return `RabbitMQ (${at}), queue ${queue}`;
	return `RabbitMQ (${at}), exchange ${exchange}, routing key ${queue}`;
}

function serverOf(text: string, defaultPort: number): string {
	const [, host, port = `${defaultPort}`] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text) ?? [];
	if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
		throw new CollectorError(
			`The address of the broker names a server that is no host, or no host:port. ${ENCODE}`,
		);
	}
	return `${host}:${port}`;
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		throw new CollectorError(
			'The address of the broker has a % that encodes nothing. Write %25 for it.',
		);
	}
}

function isMechanism(text: string): text is SaslMechanism {
	return SASL_MECHANISMS.some((known) => known === text);
}
