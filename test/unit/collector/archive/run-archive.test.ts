import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { archive } from '../../../../src/collector/command/archive-command';
import { readKeys } from '../../../../src/intake/intake-settings';
import { loadOrCreateKeyFile } from '../../../../src/intake/key-file';
import { openEmbeddedStore } from '../../../../src/storage/embedded-store';
import { denylistKeysOf } from '../../../../src/tracking/people/subject-keys';
import {
	describeOnClickHouse,
	startClickHouse,
	type ClickHouseServer,
} from '../../../support/click-house/servers';
import { openEvent } from '../../../support/open-events';

describeOnClickHouse('the archive of an embedded store', () => {
	let server: ClickHouseServer;
	let folder: string;
	beforeAll(async () => {
		server = await startClickHouse();
		folder = mkdtempSync(join(tmpdir(), 'archive-'));
		await loadOrCreateKeyFile(folder);
		process.env.ARCHIVE_TEST_URL = server.address;
	}, 120_000);
	afterAll(async () => {
		delete process.env.ARCHIVE_TEST_URL;
		await server.stop();
		rmSync(folder, { recursive: true });
	});

	const run = async (...args: string[]) =>
		await archive([
			'--clickhouse-url-env',
			'ARCHIVE_TEST_URL',
			'--once',
			'--data',
			folder,
			...args,
		]);
	const rows = async () =>
		await server.all(
			`SELECT recipient_id, actor FROM ${server.database}.email_opens FINAL ORDER BY recipient_id`,
		);

	it('has what the store has after each run: new opens, changed labels, and nobody who was erased', async () => {
		const store = await openEmbeddedStore({ folder, queueMode: false });
		const [ada, bob] = ['ada', 'bob'].map((recipientId) =>
			openEvent({ recipientId, pixelId: 'p' }),
		);
		await store.recordOpens([ada, bob]);
		expect(await run('--keep-days', '30')).toBe(0);
		expect(await rows()).toEqual([
			{ recipient_id: 'ada', actor: ada.actor },
			{ recipient_id: 'bob', actor: bob.actor },
		]);

		const again = await openEmbeddedStore({ folder, queueMode: false });
		const { keyRing } = await readKeys({ keyFolder: folder });
		await again.eraseSubject(
			{
				recipientId: 'ada',
				denylistKeysOf: (name) => denylistKeysOf(name, keyRing),
				pseudonymsOf: () => [],
			},
			new Date(),
		);
		await again.relabelOpens([
			{ eventId: bob.eventId, actor: 'scanner', actorReason: 'late', rulesVersion: null },
		]);
		expect(await run('--keep-days', '30')).toBe(0);
		expect(await rows()).toEqual([{ recipient_id: 'bob', actor: 'scanner' }]);
	}, 60_000);

	it('ends with what to correct', async () => {
		expect(await run()).toBe(2);
		process.env.ARCHIVE_TEST_URL = server.address.replace(/:[^:@]*@/, ':wrong@');
		expect(await run('--keep-days', '30')).toBe(1);
	}, 60_000);
});
