import type { LoadOrder, LoadReport } from './identity';
import { startLoad } from './start-load';

const LOOK_EVERY_MS = 500;

const failures: string[] = [];

/** Prints one finding; a bad one fails the run in the end. */
export function check(good: boolean, finding: string): void {
	process.stdout.write(`  ${good ? 'ok    ' : 'FAILED'} ${finding}\n`);
	if (!good) failures.push(finding);
}

/** Throws when any check failed. */
export function assertAllGood(): void {
	if (failures.length > 0) throw new Error(`The soak test failed:\n${failures.join('\n')}`);
}

/** Runs the load to its end. */
export async function makeLoad(order: LoadOrder): Promise<LoadReport> {
	const report = await startLoad(order).report;
	const { latencyMs } = report;
	const sent = report.clients.reduce((sum, client) => sum + client.sent, 0);
	const unanswered = report.clients.reduce((sum, client) => sum + client.unanswered.length, 0);
	const perSecond = Math.round(sent / order.seconds);
	check(
		perSecond >= order.rate * 0.97,
		`${sent} loads in ${order.seconds} s, ${perSecond}/s of ${order.rate}/s asked`,
	);
	check(
		unanswered <= sent * 0.001,
		`${unanswered} without an answer, p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms, longest ${latencyMs.max} ms`,
	);
	return report;
}

/** Waits until `left` is 0; throws when it has not fallen for a minute. */
export async function drained(
	what: string,
	left: () => number | Promise<number>,
	stallMs = 60_000,
): Promise<void> {
	const startedAt = Date.now();
	let least = Infinity;
	let fellAt = Date.now();
	for (;;) {
		const now = await left();
		if (now === 0) break;
		if (now < least) {
			least = now;
			fellAt = Date.now();
		}
		if (Date.now() - fellAt > stallMs) throw new Error(`${what}: stuck with ${now} left`);
		await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
	}
	process.stdout.write(`         ${what} in ${Math.round((Date.now() - startedAt) / 1000)} s\n`);
}
