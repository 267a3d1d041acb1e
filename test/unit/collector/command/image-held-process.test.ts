import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readRecord } from '../../../../src/collector/log/log-record';
import { openCollectorLog } from '../../../../src/collector/log/collector-log';
import { openEmbeddedStore } from '../../../../src/storage/embedded-store';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { RawClient } from '../../../support/collector-listener';
import { startCollectorProcess } from '../../../support/collector-process';
import { consentRecord } from '../../../support/consent-records';
import { freePort } from '../../../support/n8n-instance';
import { keysOf } from '../../../support/denylist-keys';

const LOAD =
	'GET /o.png?id=ada HTTP/1.1\r\nhost: x\r\nuser-agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0\r\n\r\n';

describe('collect --hold-image', () => {
	let folder: string;
	beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'image-held-'))));
	afterEach(() => rmSync(folder, { recursive: true }));

	const inStore = async <T>(
		use: (store: Awaited<ReturnType<typeof openEmbeddedStore>>) => Promise<T>,
	): Promise<T> => {
		const store = await openEmbeddedStore({ folder, queueMode: false });
		try {
			return await use(store);
		} finally {
			await store.close();
		}
	};
	const opens = async (): Promise<OpenEvent[]> =>
		await inStore(async (store) => (await store.listOpens({ limit: 10 })).opens);

	it('brings the held time of a consenting person into the store; a stop loses none', async () => {
		const consent = consentRecord({ recipientKey: 'ada', purpose: 'image-held' });
		await inStore(async (store) => await store.recordConsent([consent], new Date(), keysOf));
		const adminPort = String(await freePort());
		const collector = await startCollectorProcess(folder, [
			...['--hold-image', '60', '--admin-port', adminPort],
		]);
		const metric = async (text: string) => {
			const page = `http://127.0.0.1:${adminPort}/metrics`;
			while (!(await (await fetch(page)).text()).includes(`open_tracking_collector_${text}\n`));
		};

		const askedAt = Date.now();
		const first = new RawClient(collector.port).write(LOAD);
		await first.until('IEND');
		const shownAt = Date.now();
		await metric('held_now 1');
		first.socket.destroy();
		const stayed = Date.now() - shownAt;
		await metric('held_now 0');
		const goneAfter = Date.now() - askedAt;
		await metric('shipped_total 2');

		const second = new RawClient(collector.port).write(LOAD);
		await second.until('IEND');
		await metric('held_now 1');
		await metric('shipped_total 3');
		collector.child.kill('SIGTERM');
		await second.closed;
		expect(await collector.exited).toBe(0);

		const [last, earlier] = await opens();
		expect(earlier.imageHeldMs).toBeGreaterThanOrEqual(stayed - 10);
		expect(earlier.imageHeldMs).toBeLessThanOrEqual(goneAfter + 10);
		// What a stop ends is in the log, if the store does not have it yet.
		const log = openCollectorLog({ folder, durable: false });
		const left = log.read('store', 10).flatMap(({ event }) => {
			const record = readRecord(event);
			return 'imageHeld' in record ? [record.imageHeld] : [];
		});
		log.close();
		const late = left.find(({ eventId }) => eventId === last.eventId);
		expect(last.imageHeldMs ?? late?.imageHeldMs).toBeGreaterThan(0);
	}, 30_000);
});
