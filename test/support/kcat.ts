import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';

const found = spawnSync('kcat', ['-V']).status === 0;
if (!found) {
	process.stderr.write('\n!!! The tests on Kafka are skipped: kcat is not installed.\n');
}

/** Declares tests that need kcat; without it they are skipped by their names. */
export const describeOnKcat = found ? describe : describe.skip;

/** A message as kcat got it. */
export interface KafkaMessage {
	partition: number;
	key: string | null;
	payload: string;
	headers: string[];
}

/** A Kafka cluster of one server with four partitions a topic. */
export interface KafkaCluster {
	address: string;
	/** What came in so far, each partition in its order */
	messages: KafkaMessage[];
	stop(): Promise<void>;
}

/**
 * Starts the cluster that librdkafka brings for tests, in a kcat that reads a topic of it. It speaks
 * the protocol from another code than the client under test, and keeps its messages in memory.
 */
export async function startKafka(topic: string): Promise<KafkaCluster> {
	const args = ['-C', '-t', topic, '-o', 'beginning', '-J', '-u', '-d', 'mock'];
	const cluster = ['-b', 'none', '-X', 'test.mock.num.brokers=1'];
	const child = spawn('kcat', [...args, ...cluster]);
	const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
	const messages: KafkaMessage[] = [];
	createInterface({ input: child.stdout }).on('line', (line) =>
		messages.push(JSON.parse(line) as KafkaMessage),
	);
	const port = await new Promise<string>((resolve, reject) => {
		createInterface({ input: child.stderr }).on('line', (line) => {
			const [, given] = /bootstrap\.servers=127\.0\.0\.1:(\d+)/.exec(line) ?? [];
			if (given) resolve(given);
		});
		void exited.then(() => reject(new Error('kcat ended before its cluster had started')));
	});
	return {
		address: `127.0.0.1:${port}`,
		messages,
		stop: async () => {
			child.kill('SIGKILL');
			await exited;
		},
	};
}
