/** The collector inside a real n8n, with a workflow that takes the batches, for minutes. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import {
	eventually,
	freePort,
	startInstance,
	type N8nInstance,
} from '../../test/support/n8n-instance';
import { check, drained, makeLoad } from './checks';
import { deliveringWorkflow, startReceiver } from './delivery';
import { createArrivals } from './identity';

/** Many recipients, so that whatever is remembered of each would show in memory. */
const LOAD = { connections: 64, recipientsPerConnection: 1000 };
const ANSWER_WITHIN_MS = 1000;
const ASK_EVERY_MS = 250;
const WEIGH_EVERY_MS = 1000;
/** Memory is compared from here on; before, caches and heaps still fill. */
const SETTLED_AFTER_S = 60;
const MAX_GROWTH = 1.25;

export async function insideN8n({ rate, seconds }: { rate: number; seconds: number }) {
	process.stdout.write(`The collector inside n8n, ${seconds} s at ${rate} loads/s\n`);
	const delivered = createArrivals();
	const receiver = await startReceiver('127.0.0.1', (opens) => {
		for (const { recipientId, messageId } of opens) {
			delivered.note(String(recipientId), String(messageId));
		}
	});
	const port = await freePort();
	const collecting = { port, options: { host: '127.0.0.1' } };
	const n8n = await startInstance({ workflows: [deliveringWorkflow(collecting, receiver.url)] });
	try {
		await eventually(() =>
			fetch(`http://127.0.0.1:${port}/`, { method: 'HEAD' }).catch(() => null),
		);
		const watch = watchN8n(n8n);
		const report = await makeLoad({ ...LOAD, port, rate, seconds });
		await watch.stop();

		const log = openReadOnly(n8n, 'collector', 'collector.sqlite');
		const span = log.prepare('select coalesce(max(seq) - min(seq) + 1, 0) as n from log');
		await drained('the log drained', () => Number(span.get()?.n));
		const letters = Number(log.prepare('select count(*) as n from dead_letters').get()?.n);
		log.close();

		const stored = createArrivals();
		const store = openReadOnly(n8n, 'tracking.sqlite');
		const opens = store.prepare(
			'select recipient_id as id, message_id as message from opens order by rowid',
		);
		for (const { id, message } of opens.iterate()) stored.note(String(id), String(message));
		store.close();

		const inStore = stored.compare(report);
		const atWorkflow = delivered.compare(report);
		const of = `of ${inStore.answered} answered loads`;
		check(inStore.missing === 0, `${inStore.missing} ${of} are missing in the store`);
		check(inStore.repeated === 0, `${inStore.repeated} loads are in the store more than once`);
		check(atWorkflow.missing === 0, `${atWorkflow.missing} ${of} never reached the workflow`);
		process.stdout.write(`         ${atWorkflow.repeated} reached the workflow more than once\n`);
		check(letters === 0, `${letters} dead letters`);
	} finally {
		await n8n.stop();
		await receiver.stop();
	}
}

/** Asks n8n and weighs it while the load is on. */
function watchN8n(n8n: N8nInstance) {
	const startedAt = Date.now();
	const weights: Array<{ at: number; mb: number }> = [];
	const weighing = setInterval(
		() => weights.push({ at: (Date.now() - startedAt) / 1000, mb: residentMb(n8n.pid) }),
		WEIGH_EVERY_MS,
	);
	const questions: Record<string, () => Promise<unknown>> = {
		'its health (/healthz)': async () => await get(`${n8n.url}/healthz`),
		'its REST interface (/rest/workflows)': async () => await n8n.rest('GET', '/workflows'),
		'the editor page (/)': async () => await get(`${n8n.url}/`),
	};
	const times: Record<string, number[]> = {};
	let stopped = false;
	const asking = Object.entries(questions).map(async ([name, ask]) => {
		times[name] = [];
		while (!stopped) {
			const before = performance.now();
			await ask();
			times[name].push(performance.now() - before);
			await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
		}
	});
	return {
		stop: async () => {
			stopped = true;
			clearInterval(weighing);
			await Promise.all(asking);
			for (const [name, all] of Object.entries(times)) {
				const sorted = [...all].sort((a, b) => a - b);
				const longest = sorted[sorted.length - 1];
				const median = sorted[Math.floor(sorted.length / 2)];
				check(
					longest <= ANSWER_WITHIN_MS,
					`n8n answered for ${name} ${all.length} times, median ${Math.round(median)} ms, longest ${Math.round(longest)} ms`,
				);
			}
			judgeMemory(weights);
		},
	};
}

function judgeMemory(weights: Array<{ at: number; mb: number }>): void {
	const last = weights[weights.length - 1].at;
	const around = (from: number, to: number) => {
		const part = weights.filter(({ at }) => at >= from && at <= to).map(({ mb }) => mb);
		return part.sort((a, b) => a - b)[Math.floor(part.length / 2)];
	};
	if (last < 2 * SETTLED_AFTER_S) {
		const [from, to] = [weights[0].mb, weights[weights.length - 1].mb].map(Math.round);
		process.stdout.write(
			`         memory of n8n went from ${from} to ${to} MB; NOT JUDGED, that takes ${2 * SETTLED_AFTER_S} s\n`,
		);
		return;
	}
	const before = around(SETTLED_AFTER_S - 10, SETTLED_AFTER_S + 10);
	const after = around(last - 20, last);
	check(
		after <= before * MAX_GROWTH,
		`memory of n8n: ${Math.round(before)} MB after ${SETTLED_AFTER_S} s, ${Math.round(after)} MB at the end`,
	);
}

function residentMb(pid: number): number {
	const { stdout } = spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
	return Number(stdout) / 1024;
}

async function get(url: string): Promise<void> {
	const response = await fetch(url);
	await response.arrayBuffer();
	if (!response.ok) throw new Error(`n8n answered ${response.status} for ${url}`);
}

function openReadOnly(n8n: N8nInstance, ...path: string[]): DatabaseSync {
	const file = join(n8n.folder, '.n8n', 'email-open-tracking', ...path);
	return new DatabaseSync(file, { readOnly: true });
}
