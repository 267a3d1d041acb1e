import type { Broker } from './broker';
import type { BrokerSettings } from './broker-settings';
import { rabbitmqBroker } from './rabbitmq';

/**
 * The broker of these settings, not connected yet. The client of Kafka is loaded only where it is used.
 *
 * @throws CollectorError when that client is not installed
 */
export async function openBroker(settings: BrokerSettings): Promise<Broker> {
	if (settings.protocol === 'amqp') return rabbitmqBroker(settings);
	const { kafkaBroker } = await import('./kafka');
	return await kafkaBroker(settings);
}
