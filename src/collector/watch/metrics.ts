import { Counter, Gauge, Registry } from 'prom-client';

import { COUNTERS, type CounterName } from '../config/counters';
import type { Collector } from '../threads/collector';

const PREFIX = 'open_tracking_collector';

/**
 * The collector's numbers in the text format that Prometheus reads
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). No label holds an id, an address
 * or a path, so there is nothing personal in them and their number is fixed.
 */
export function collectorMetrics(
	collector: Pick<Collector, 'listening' | 'shipping'>,
	maxBytes: number,
): Registry {
	const registry = new Registry();
	const registers = [registry];

	for (const [name, help] of Object.entries(COUNTERS) as Array<[CounterName, string]>) {
		new Counter({
			name: `${PREFIX}_${snakeCase(name)}_total`,
			help,
			registers,
			collect() {
				this.reset();
				this.inc(collector.listening()?.counters[name] ?? 0);
			},
		});
	}
	const counter = (name: string, help: string, read: () => number | undefined) =>
		new Counter({
			name: `${PREFIX}_${name}_total`,
			help,
			registers,
			collect() {
				this.reset();
				this.inc(read() ?? 0);
			},
		});
	const gauge = (name: string, help: string, read: () => number | undefined) =>
		new Gauge({
			name: `${PREFIX}_${name}`,
			help,
			registers,
			collect() {
				this.set(read() ?? 0);
			},
		});
	counter(
		'shipped',
		'Entries of the log that the store has taken: opens, and what was learnt of them later',
		() => collector.shipping()?.shipped,
	);
	counter(
		'refused',
		'Opens that the store will never take; they are dead letters',
		() => collector.shipping()?.refused,
	);
	gauge(
		'backlog',
		'Entries of the log that the store does not have yet',
		() => collector.shipping()?.backlog,
	);
	gauge(
		'shipping_failures',
		'Failures of the store in a row; 0 while it takes opens',
		() => collector.shipping()?.failures,
	);
	gauge('connections', 'Open connections', () => collector.listening()?.connections);
	gauge(
		'held_now',
		'Answers held open at the moment to measure for how long',
		() => collector.listening()?.held,
	);
	gauge('waiting', 'Opens in memory that wait for the log', () => {
		return collector.listening()?.log.waiting;
	});
	gauge('log_used_ratio', 'Used part of the allowed size of the log', () => {
		return collector.listening()?.log.usedShare;
	});
	gauge('log_max_bytes', 'Allowed size of the log in bytes', () => maxBytes);
	return registry;
}

function snakeCase(name: string): string {
	return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
