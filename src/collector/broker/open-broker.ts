import type { Broker } from './broker';
import type { BrokerSettings } from '../config/broker-settings';
import { kafkaBroker } from './kafka';
import { rabbitmqBroker } from './rabbitmq';

/**
 * The broker of these settings, not connected yet. The client of Kafka is loaded only where it is used.
 *
 * @throws CollectorError when that client is not installed
 */
export async function openBroker(settings: BrokerSettings): Promise<Broker> {
	return settings.protocol === 'amqp' ? rabbitmqBroker(settings) : await kafkaBroker(settings);
}
