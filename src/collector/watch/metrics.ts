import { COUNTERS, type CounterName } from '../config/counters';
import type { Collector } from '../threads/collector';

const PREFIX = 'open_tracking_collector';

/** What `/metrics` is served as. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * The collector's numbers in the text format that Prometheus reads
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). No label holds an id, an address
 * or a path, so there is nothing personal in them and their number is fixed. A number that is not
 * known yet is 0.
 */
export function collectorMetrics(
	collector: Pick<Collector, 'listening' | 'shipping' | 'handingOn'>,
	maxBytes: number,
): string {
	const listening = collector.listening();
	const shipping = collector.shipping();
	const handingOn = collector.handingOn();
	const metric = (type: 'counter' | 'gauge', name: string, help: string, value = 0) =>
		`# HELP ${PREFIX}_${name} ${help}\n# TYPE ${PREFIX}_${name} ${type}\n${PREFIX}_${name} ${value}\n`;
	const counter = (name: string, help: string, value?: number) =>
		metric('counter', `${name}_total`, help, value);
	const gauge = metric.bind(null, 'gauge');
	return [
		...(Object.entries(COUNTERS) as Array<[CounterName, string]>).map(([name, help]) =>
			counter(snakeCase(name), help, listening?.counters[name]),
		),
		counter(
			'shipped',
			'Entries of the log that the store has taken: opens, and what was learned of them later',
			shipping?.shipped,
		),
		counter(
			'refused',
			'Opens that the store will never take; they are dead letters',
			shipping?.refused,
		),
		gauge('backlog', 'Entries of the log that the store does not have yet', shipping?.backlog),
		gauge(
			'shipping_failures',
			'Failures of the store in a row; 0 while it takes opens',
			shipping?.failures,
		),
		gauge('connections', 'Open connections', listening?.connections),
		gauge('held_now', 'Answers held open at the moment to measure for how long', listening?.held),
		gauge('waiting', 'Opens in memory that wait for the log', listening?.log.waiting),
		gauge('log_used_ratio', 'Used part of the allowed size of the log', listening?.log.usedShare),
		gauge('log_max_bytes', 'Allowed size of the log in bytes', maxBytes),
		...(handingOn
			? [
					counter(
						'broker_handed_on',
						'Opens that the broker has confirmed, repeats after a failure included',
						handingOn.handedOn,
					),
					counter(
						'broker_left_out',
						'Opens that the store has no row of, so that nothing of them is handed on',
						handingOn.leftOut,
					),
					counter(
						'broker_refused',
						'Opens that the broker will never take; they are dead letters',
						handingOn.refused,
					),
					gauge(
						'broker_backlog',
						'Entries of the log that the broker does not have yet',
						handingOn.backlog,
					),
					gauge(
						'broker_failures',
						'Failures of the broker in a row; 0 while it takes opens',
						handingOn.failures,
					),
				]
			: []),
	].join('');
}

function snakeCase(name: string): string {
	return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
