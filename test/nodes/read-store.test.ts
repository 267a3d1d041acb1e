import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { INodeExecutionData, ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';

import { OpenCollectorTrigger } from '../../nodes/OpenCollectorTrigger/OpenCollectorTrigger.node';
import { dataFolder } from '../../nodes/shared/installation/data-folder';
import { openPostgresStore } from '../../src/storage/postgres-store';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import type { OpenEvent } from '../../src/tracking/event/open-event';
import { newDatabase, type OwnDatabase } from '../support/own-database';
import { eventually } from '../support/n8n-instance';
import { sampleOpen } from '../support/sample-opens';
import { itOnPostgres, postgresUrl } from '../support/stores';
import { newUserFolder, type UserFolder } from '../support/user-folder';

type Started = ITriggerResponse & { stop(): Promise<void> };

function deferred() {
	let settle = {} as { resolve(value: unknown): void; reject(error: Error): void };
	const promise = new Promise((resolve, reject) => (settle = { resolve, reject }));
	return { promise, ...settle };
}

describe('the Open Collector Trigger, where batches come from the store', () => {
	const node = new OpenCollectorTrigger();
	let folder: UserFolder;
	let store: TrackingStore;
	let running: Started[];
	beforeEach(async () => {
		folder = newUserFolder();
		store = await folder.store();
		running = [];
	});
	afterEach(async () => {
		for (const one of running) await one.stop();
		delete process.env.EXECUTIONS_MODE;
		delete process.env.N8N_ENCRYPTION_KEY;
		await folder.remove();
	});

	/** One process of n8n with the published workflow; its executions succeed unless they are to fail. */
	function inProcess(
		parameters: Record<string, unknown> = {},
		{
			mode = 'trigger',
			activation = 'activate',
			credential = undefined as Record<string, unknown> | undefined,
			failing = (): boolean => false,
			settings = {} as { executionTimeout?: number },
			/** n8n never tells how an execution ended */
			untold = (): boolean => false,
		} = {},
	) {
		const emitted: Array<[string[], Array<Record<string, unknown>>]> = [];
		const logged: string[] = [];
		const log = (message: string) => void logged.push(message);
		const all: Record<string, unknown> = {
			source: 'store',
			batchInterval: 0.1,
			...(credential && { storeAndKeys: 'credential' }),
			...parameters,
		};
		const context = {
			getMode: () => mode,
			getActivationMode: () => activation,
			getWorkflow: () => ({ id: 'workflow', name: 'Workflow' }),
			getWorkflowSettings: () => settings,
			getNode: () => ({
				id: 'node',
				name: 'Open Collector Trigger',
				parameters: all,
				...(credential && { credentials: { emailOpenTrackingApi: { id: 'c', name: 'c' } } }),
			}),
			getCredentials: async () => credential,
			getNodeParameter: (name: string, fallback?: unknown) => {
				const declared = node.description.properties.find((one) => one.name === name);
				if (!declared) throw new Error(`The node does not declare "${name}"`);
				return all[name] ?? declared.default ?? fallback;
			},
			helpers: {
				createDeferredPromise: deferred,
			},
			logger: { debug: log, info: log, warn: log, error: log },
			emit: (
				[opens, refused = []]: INodeExecutionData[][],
				_response: unknown,
				done?: { resolve(run: unknown): void },
			) => {
				if (untold()) return;
				const fails = failing();
				if (!fails) {
					emitted.push([
						opens.map(({ json }) => String(json.recipientId)),
						refused.map(({ json }) => json),
					]);
				}
				const error = fails ? { message: 'the workflow failed' } : undefined;
				done?.resolve({ status: fails ? 'error' : 'success', data: { resultData: { error } } });
			},
			emitError: (error: Error) => {
				throw error;
			},
		};
		const start = async () => {
			const started = await node.trigger.call(context as unknown as ITriggerFunctions);
			const stop = async () => void (await started.closeFunction?.());
			running.push({ ...started, stop });
			return { ...started, stop };
		};
		return { start, emitted, logged, got: () => emitted.flatMap(([opens]) => opens) };
	}

	const record = async (recipientId: string, more: Partial<OpenEvent> = {}) =>
		await store.recordOpens([sampleOpen({ recipientId, pixelId: 'pixel', ...more })]);
	const HAS_TURN = /are handed over by this n8n/;

	it('gets what is recorded from now on, with no log, port or lock of a collector', async () => {
		await record('before');
		const one = inProcess();
		await one.start();
		await eventually(() => one.logged.some((line) => HAS_TURN.test(line)));
		for (const who of ['ada', 'bob', 'ada']) await record(who);
		await eventually(() => one.got().length >= 3);
		expect(one.got()).toEqual(['ada', 'bob', 'ada']);
		expect(existsSync(join(dataFolder(), 'collector'))).toBe(false);
	});

	it('begins with what was stored before where that is asked for, and goes on where it stood', async () => {
		await record('before');
		const first = inProcess({ options: { includeStored: true } });
		const { stop } = await first.start();
		await eventually(() => first.got().length > 0);
		await stop();
		await record('meanwhile');
		const second = inProcess({ options: { includeStored: true } });
		await second.start();
		await eventually(() => second.got().length > 0);
		expect([first.got(), second.got()]).toEqual([['before'], ['meanwhile']]);
	});

	it('tries a batch again whose execution failed', async () => {
		let failures = 0;
		const one = inProcess(
			{ options: { includeStored: true } },
			{ failing: () => (failures += 1) < 3 },
		);
		await record('ada');
		await one.start();
		await eventually(() => one.got().length > 0);
		expect([one.got(), failures]).toEqual([['ada'], 3]);
		expect(one.logged.filter((line) => line.includes('which will come again'))).toHaveLength(2);
	});

	it('tries a batch again of whose execution n8n says nothing, when its time is over', async () => {
		let untold = 0;
		const one = inProcess(
			{ options: { includeStored: true } },
			{ settings: { executionTimeout: 1 }, untold: () => (untold += 1) < 2 },
		);
		await record('ada');
		await one.start();
		await eventually(() => one.got().length > 0);
		expect([one.got(), untold]).toEqual([['ada'], 2]);
		expect(one.logged.filter((line) => line.includes('which will come again'))).toHaveLength(1);
	});

	it.each<[Record<string, unknown>, string[]]>([
		[{}, ['ada', 'scanner', 'ada', 'back', 'back']],
		[{ startFor: 'counted' }, ['ada', 'ada', 'back', 'back']],
		[{ startFor: 'firstOpen' }, ['ada', 'back', 'back']],
		[{ startFor: 'afterQuietDays', quietDays: 30 }, ['back']],
	])('starts for %j as it does elsewhere', async (parameters, expected) => {
		await record('ada');
		await record('scanner', { actor: 'scanner' });
		await record('ada');
		for (const day of [1, 60]) {
			const at = Date.UTC(2026, 0, day);
			await store.recordOpens([sampleOpen({ recipientId: 'back', pixelId: `day-${day}`, at })]);
		}
		const one = inProcess({ ...parameters, options: { includeStored: true } });
		await one.start();
		await eventually(() => one.got().length >= expected.length);
		expect(one.got()).toEqual(expected);
	});

	it('shows the next open in a manual test, and takes it from nobody', async () => {
		const published = inProcess();
		await published.start();
		await eventually(() => published.logged.some((line) => HAS_TURN.test(line)));
		const test = inProcess({}, { mode: 'manual', activation: 'manual' });
		const { manualTriggerFunction } = await test.start();
		const waiting = manualTriggerFunction!();
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect(test.emitted).toEqual([]);
		await record('ada');
		await waiting;
		expect(test.got()).toEqual(['ada']);
		await eventually(() => published.got().length > 0);
		expect(published.got()).toEqual(['ada']);
	});

	it('needs a store that all processes share in queue mode, and says so', async () => {
		process.env.EXECUTIONS_MODE = 'queue';
		process.env.N8N_ENCRYPTION_KEY = 'k'.repeat(32);
		await expect(inProcess().start()).rejects.toMatchObject({
			message: 'There is no store for queue mode',
			description: expect.stringMatching(/credential Email Open Tracking/),
		});
	});

	it('is not published with a store that cannot be used, but waits for it when n8n itself starts', async () => {
		const credential = {
			connectionStringSecret: 'postgres://nobody@127.0.0.1:1/none',
			tls: 'disable',
		};
		await expect(inProcess({}, { credential }).start()).rejects.toMatchObject({
			message: expect.stringMatching(/could not be reached/),
		});
		const waiting = inProcess({}, { credential, activation: 'init' });
		await waiting.start();
		await eventually(() => waiting.logged.some((line) => line.includes('could not be reached')));
		expect(waiting.logged[0]).toMatch(/^Open Collector Trigger: the store could not be read/);
		expect(waiting.logged.join()).not.toMatch(/nobody@|127\.0\.0\.1/);
	});

	describe('on PostgreSQL', () => {
		let database: OwnDatabase;
		afterEach(async () => {
			for (const one of running) await one.stop();
			await database?.drop();
		});

		itOnPostgres(
			'waits while another n8n has the turn, says so, and takes over',
			async () => {
				database = await newDatabase(postgresUrl);
				const connection = { connectionString: database.url.href, tls: 'disable' } as const;
				store = await openPostgresStore(connection);
				const credential = { connectionStringSecret: database.url.href, tls: 'disable' };
				const [first, second] = [inProcess({}, { credential }), inProcess({}, { credential })];
				const { stop } = await first.start();
				await eventually(() => first.logged.some((line) => HAS_TURN.test(line)));
				await second.start();
				await eventually(() => second.logged.some((line) => line.includes('This one waits')));
				await record('ada');
				await eventually(() => first.got().length > 0);
				await stop();
				await eventually(() => second.logged.some((line) => HAS_TURN.test(line)));
				await record('bob');
				await eventually(() => second.got().length > 0);
				expect([first.got(), second.got()]).toEqual([['ada'], ['bob']]);
				await running[1].stop();
				await store.close();
			},
			30_000,
		);
	});
});
