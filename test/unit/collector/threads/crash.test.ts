import { Agent } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { load, startCollectorProcess } from '../../../support/collector-process';

const ROUNDS = 20;
const CONNECTIONS = 32;

describe('a collector that is killed under full load', () => {
	it(`has every answered load exactly once, after ${ROUNDS} kills at random moments`, async () => {
		const folder = mkdtempSync(join(tmpdir(), 'collector-crash-'));
		const answered = new Set<string>();
		let asked = 0;

		for (let round = 0; round < ROUNDS; round += 1) {
			const collector = await startCollectorProcess(folder, ['--admin-port', '0']);
			const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
			let killed = false;
			const clients = Array.from({ length: CONNECTIONS }, async () => {
				while (!killed) {
					const id = `${round}-${(asked += 1)}`;
					if (await load(agent, collector.port, id)) answered.add(id);
				}
			});
			await new Promise((resolve) => setTimeout(resolve, 150 + Math.random() * 500));
			collector.child.kill('SIGKILL');
			expect(await collector.exited).toBe('SIGKILL');
			killed = true;
			await Promise.all(clients);
			agent.destroy();
		}

		// One more start carries the rest into the store, and a clean stop ends it.
		const last = await startCollectorProcess(folder, ['--admin-port', '0']);
		const log = new DatabaseSync(join(folder, 'collector.sqlite'), { readOnly: true });
		const left = log.prepare('select count(*) as n from log');
		while (Number(left.get()?.n) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
		log.close();
		last.child.kill('SIGTERM');
		expect(await last.exited).toBe(0);

		const store = new DatabaseSync(join(folder, 'tracking.sqlite'), { readOnly: true });
		const times = new Map(
			store
				.prepare('select recipient_id as id, count(*) as n from opens group by recipient_id')
				.all()
				.map(({ id, n }) => [String(id), Number(n)]),
		);
		store.close();
		rmSync(folder, { recursive: true });

		expect(answered.size).toBeGreaterThan(ROUNDS * 100);
		expect([...answered].filter((id) => !times.has(id))).toEqual([]);
		expect([...times].filter(([, n]) => n > 1)).toEqual([]);
		expect(times.size).toBeLessThanOrEqual(asked);
	}, 120_000);
});
