import { Agent } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openPostgresStore } from '../../../../src/storage/postgres-store';
import { load, startCollectorProcess } from '../../../support/collector-process';
import { consentRecord } from '../../../support/consent-records';
import { keysOf } from '../../../support/denylist-keys';
import { eventually } from '../../../support/n8n-instance';
import { startCutOff, type CutOff } from '../../../support/cut-off';
import { newDatabase, type OwnDatabase } from '../../../support/own-database';
import { describeOnPostgres, postgresUrl } from '../../../support/stores';

describeOnPostgres('a collector whose store hangs', () => {
	let folder: string;
	let database: OwnDatabase;
	let way: CutOff;
	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), 'collector-hanging-'));
		database = await newDatabase(postgresUrl);
		way = await startCutOff('127.0.0.1', Number(database.url.port || 5432));
	});
	afterAll(async () => {
		await way.close();
		await database.drop();
		rmSync(folder, { recursive: true });
	});

	it('holds up the first load for a moment, leaves the store alone then, and says why', async () => {
		const url = Object.assign(new URL(database.url), { port: String(way.port) });
		const args = ['--admin-port', '0', '--postgres-tls', 'disable', '--postgres-url-env', 'STORE'];
		const collector = await startCollectorProcess(folder, args, { STORE: url.href });
		const agent = new Agent({ keepAlive: true });
		const millisecondsOf = async (id: string) => {
			const before = performance.now();
			expect(await load(agent, collector.port, id)).toBe(true);
			return performance.now() - before;
		};
		await millisecondsOf('before');
		way.hang();
		const times = [];
		for (const id of ['a', 'b', 'c', 'd']) times.push(await millisecondsOf(id));
		agent.destroy();
		collector.child.kill('SIGKILL');
		await collector.exited;

		expect(times[0]).toBeGreaterThan(700);
		// Each of them would wait as long by itself.
		expect(times[1] + times[2] + times[3]).toBeLessThan(700);
		const told = collector.lines.filter(({ problem }) => problem === 'lookup');
		expect(told.map(({ msg }) => msg)).toEqual([
			expect.stringMatching(/store took longer than .* to answer a lookup.*Check/),
		]);
	});

	it('stores nothing of who withdrew before an outage, and everybody else', async () => {
		// A store belongs to the keys that it was used with first.
		const own = await newDatabase(postgresUrl);
		const data = mkdtempSync(join(folder, 'outage-'));
		const outage = await startCutOff('127.0.0.1', Number(own.url.port || 5432));
		const store = await openPostgresStore({
			connectionString: String(own.url),
			tls: 'disable',
		});
		await store.recordConsent(
			[consentRecord({ recipientKey: 'withdrew', status: 'withdrawn' })],
			new Date(),
			keysOf,
		);
		const url = Object.assign(new URL(own.url), { port: String(outage.port) });
		const args = ['--admin-port', '0', '--postgres-tls', 'disable', '--postgres-url-env', 'STORE'];
		const collector = await startCollectorProcess(data, args, { STORE: url.href });
		const agent = new Agent({ keepAlive: true });
		await outage.close();
		for (const id of ['withdrew', 'stayed', 'later']) {
			expect(await load(agent, collector.port, id)).toBe(true);
		}
		await outage.open();
		await eventually(async () => (await store.listOpens({ limit: 9 })).opens.length >= 2);
		agent.destroy();
		collector.child.kill('SIGTERM');
		await collector.exited;
		const { opens } = await store.listOpens({ limit: 9 });
		expect(opens.map(({ recipientId }) => recipientId).sort()).toEqual(['later', 'stayed']);
		expect(opens.map(({ consent }) => consent.status)).toEqual(['unknown', 'unknown']);
		await store.close();
		await outage.close();
		await own.drop();
	});
});
