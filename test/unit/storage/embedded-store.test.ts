import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedStore } from '../../../src/storage/embedded-store';
import type { OpenEvent } from '../../../src/tracking/open-event';

const event = (id: string, at: number): OpenEvent => ({
	eventId: id,
	event: 'open',
	occurredAt: new Date(at).toISOString(),
	recipientId: 'r',
	recipientReason: null,
	pixelId: 'p',
	campaignId: null,
	messageId: null,
	trackingMode: 'full',
	purpose: null,
	actor: 'human',
	actorReason: null,
	rulesVersion: null,
	client: { family: null, os: null, device: null },
	features: ['a'],
	consent: { status: null, recordId: null, policy: null },
	request: { ip: null, userAgent: null, referer: null, acceptLanguage: null },
});
test('opens are kept once, listed newest first, and survive a restart', async () => {
	const folder = join(await mkdtemp(join(tmpdir(), 'store-')), 'x');
	const store = await openEmbeddedStore({ folder, queueMode: false });
	expect(await store.recordOpens([event('a', 1000), event('b', 2000), event('a', 1000)])).toEqual({
		recorded: 2,
		duplicates: 1,
		ignored: 0,
	});
	expect(await store.recordOpens([event('a', 1000), event('c', 2000)])).toEqual({
		recorded: 1,
		duplicates: 1,
		ignored: 0,
	});
	const first = await store.listOpens({ limit: 2 });
	expect(first.opens.map((o) => o.eventId)).toEqual(['c', 'b']);
	const second = await store.listOpens({ limit: 2, cursor: first.nextCursor! });
	expect(second.opens).toEqual([event('a', 1000)]);
	expect(second.nextCursor).toBeNull();
	expect((await stat(join(folder, 'tracking.sqlite'))).mode & 0o777).toBe(0o600);
	expect((await stat(folder)).mode & 0o777).toBe(0o700);
	await store.close();
	const again = await openEmbeddedStore({ folder, queueMode: false });
	expect((await again.listOpens({ limit: 10 })).opens).toHaveLength(3);
	await again.close();
	await rm(folder, { recursive: true });
	await expect(again.listOpens({ limit: 10 })).rejects.toThrow('closed');
});
