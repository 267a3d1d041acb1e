import {
	brokerInWords,
	readBrokerSettings,
} from '../../../../src/collector/config/broker-settings';

const read = (address: string, exchange: string | null = null) =>
	readBrokerSettings(address, { queue: 'opens', exchange });

describe('the address of a broker', () => {
	it.each([
		['amqp://rabbit', { servers: ['rabbit:5672'], tls: false, user: null, vhost: '/' }],
		['amqps://rabbit/', { servers: ['rabbit:5671'], tls: true, vhost: '/' }],
		['amqp://[::1]:5673/a%2Fb', { servers: ['[::1]:5673'], vhost: 'a/b' }],
		['amqp://me:p%40%3A%25:x@rabbit', { user: { name: 'me', password: 'p@:%:x' } }],
		['kafka://one,two:9095', { protocol: 'kafka', servers: ['one:9092', 'two:9095'] }],
		['kafkas://k?mechanism=SCRAM-SHA-512', { tls: true, mechanism: 'SCRAM-SHA-512' }],
		['kafka://k', { mechanism: 'PLAIN' }],
	])('reads %s', (address, expected) => {
		expect(read(address)).toMatchObject(expected);
	});

	it.each([
		['http://me:S3cret@rabbit', /begins with amqp:\/\/, amqps:\/\/, kafka:\/\/, kafkas:\/\//],
		['amqp://me:S3cret/x@rabbit', /percent-encode/],
		['amqp://', /cannot be read/],
		['amqp://rabbit:port', /no host:port/],
		['amqp://rabbit:70000', /no host:port/],
		['amqp://me:S3cret%zz@rabbit', /%25/],
		['amqp://one,two', /names several servers/],
		['kafka://k?mechanism=GSSAPI', /one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512/],
	])('refuses %s, and does not show it', (address, message) => {
		const failure = (() => {
			try {
				return JSON.stringify(read(address));
			} catch (error) {
				return (error as Error).message;
			}
		})();
		expect(failure).toMatch(message);
		expect(failure).not.toContain('S3cret');
	});

	it('takes no exchange for Kafka', () => {
		expect(() => read('kafka://k', 'x')).toThrow(/--broker-exchange is for RabbitMQ/);
	});

	it('is shown without the user', () => {
		expect(brokerInWords(read('amqp://me:S3cret@rabbit'))).toBe(
			'RabbitMQ (rabbit:5672), queue opens',
		);
		expect(brokerInWords(read('amqp://me:S3cret@rabbit', 'e'))).toBe(
			'RabbitMQ (rabbit:5672), exchange e, routing key opens',
		);
		expect(brokerInWords(read('kafka://me:S3cret@a,b'))).toBe(
			'Kafka (a:9092, b:9092), topic opens',
		);
	});
});
