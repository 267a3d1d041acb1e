import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { consentRecord } from '../../../support/consent-records';
import { keysOf } from '../../../support/denylist-keys';
import { fullEvent, openEvent } from '../../../support/open-events';
import { onEachEngine, type StorePlace } from '../../../support/stores';

const NOW = new Date('2026-11-21T12:00:00Z');
const SOON = new Date('2026-12-21T12:00:00Z');

onEachEngine('what the privacy report counts on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;
	beforeEach(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
	});
	afterEach(async () => await place.dispose());
	const kept = async () => await store.countKept({ now: NOW, endingBefore: SOON });

	test('an empty store holds nothing', async () => {
		expect(await kept()).toEqual({
			opens: [],
			people: 0,
			lastOpenDays: 0,
			addresses: 0,
			addressesWithoutEnd: 0,
			sentMessages: 0,
			segmented: 0,
			consents: [],
			consentsEnding: 0,
			erased: 0,
			keysGivenUp: 0,
		});
	});

	test('opens are counted by what their rows hold, not by what is set', async () => {
		const full = { ...fullEvent(), actor: 'human' as const };
		const without = { ...full, eventId: openEvent().eventId };
		await store.recordOpens([
			{ ...full, consent: { ...full.consent, status: 'given', policy: 'eu-2026.1' } },
			{ ...without, consent: { ...full.consent, status: 'unknown', policy: 'eu-2026.1' } },
			openEvent({ actor: 'bot', occurredAt: '2026-11-01T10:00:00.000Z' }),
			openEvent({ actor: 'bot', occurredAt: '2026-11-03T10:00:00.000Z' }),
		]);
		const none = { ip: 0, userAgent: 0, referer: 0, acceptLanguage: 0 };
		expect((await kept()).opens).toEqual([
			expect.objectContaining({
				trackingMode: 'full',
				actor: 'human',
				policy: 'eu-2026.1',
				opens: 2,
				request: { ip: 2, userAgent: 2, referer: 2, acceptLanguage: 2 },
				ipWithoutConsent: 1,
			}),
			{
				trackingMode: 'identified',
				actor: 'bot',
				policy: 'objection-honoured',
				opens: 2,
				clicks: 0,
				destinations: 0,
				firstAt: '2026-11-01T10:00:00.000Z',
				lastAt: '2026-11-03T10:00:00.000Z',
				request: none,
				ipWithoutConsent: 0,
			},
		]);
	});

	test('clicks are counted apart from opens, and those that say where the link led', async () => {
		const click = (url: string | null) =>
			openEvent({ event: 'click', purpose: 'clicks', link: { url, position: 1, label: null } });
		await store.recordOpens([
			openEvent(),
			click('https://shop.example/boots'),
			click('https://shop.example/hats'),
			click(null),
		]);
		expect((await kept()).opens).toMatchObject([{ opens: 1, clicks: 3, destinations: 2 }]);
	});

	test('opens of many moments, and many of one, are counted once each', async () => {
		const start = Date.parse('2026-11-01T00:00:00.000Z');
		const events = Array.from({ length: 41_000 }, (_, index) =>
			openEvent({
				recipientId: `r${index % 50}`,
				actor: index % 2 === 0 ? 'human' : 'bot',
				occurredAt: new Date(start + (index < 21_000 ? 0 : index)).toISOString(),
			}),
		);
		for (let at = 0; at < events.length; at += 1000) {
			await store.recordOpens(events.slice(at, at + 1000));
		}
		const first = new Date(start).toISOString();
		expect((await kept()).opens).toMatchObject([
			{ actor: 'bot', opens: 20_500, firstAt: first, lastAt: events.at(-1)!.occurredAt },
			{ actor: 'human', opens: 20_500, firstAt: first, lastAt: events.at(-2)!.occurredAt },
		]);
	}, 120_000);

	test('people, addresses and messages are counted, and addresses that no period ends', async () => {
		await store.createPixel({ id: 'p', name: 'Newsletter' });
		await store.addRecipients(
			'p',
			[
				{ recipientId: 'sent', email: 'sent@example.com' },
				{ recipientId: 'loaded', email: 'loaded@example.com' },
				{ recipientId: 'quiet', email: 'quiet@example.com' },
				{ recipientId: 'nameless' },
			],
			keysOf,
		);
		await store.registerSent(
			[
				{
					recipientId: 'sent',
					pixelId: 'p',
					campaignId: null,
					messageId: 'm1',
					sentAt: NOW,
					trackingMode: 'identified',
				},
			],
			keysOf,
		);
		await store.recordOpens([openEvent({ recipientId: 'loaded', pixelId: 'p' })]);
		await store.recordOpens([openEvent({ recipientId: 'day', trackingMode: 'hygiene' })]);
		expect(await kept()).toMatchObject({
			people: 4,
			lastOpenDays: 1,
			addresses: 3,
			addressesWithoutEnd: 1,
			sentMessages: 1,
		});
	});

	test('people are counted by where they stand, also when their consent ran out by itself', async () => {
		await store.recordConsent(
			[
				consentRecord({ recipientKey: 'a' }),
				consentRecord({ recipientKey: 'a', purpose: 'profiling' }),
				consentRecord({ recipientKey: 'b', expiresAt: '2026-12-01T00:00:00.000Z' }),
				consentRecord({ recipientKey: 'c', expiresAt: '2026-11-01T00:00:00.000Z' }),
				consentRecord({ recipientKey: 'd', status: 'withdrawn' }),
				consentRecord({ recipientKey: 'e', status: 'refused' }),
				consentRecord({ recipientKey: 'f' }),
			],
			NOW,
			keysOf,
		);
		const subject = {
			recipientId: 'f',
			pseudonymsOf: () => [],
			denylistKeysOf: keysOf,
		};
		await store.eraseSubject(subject, NOW);
		expect(await kept()).toMatchObject({
			consents: [
				{ status: 'expired', people: 1 },
				{ status: 'given', people: 2 },
				{ status: 'refused', people: 1 },
				{ status: 'withdrawn', people: 1 },
			],
			consentsEnding: 1,
			erased: 1,
		});
	});

	test('rights used in a span of time are counted, a person once, and nobody twice', async () => {
		const at = (day: number) => `2026-11-${String(day).padStart(2, '0')}T12:00:00.000Z`;
		const withdrawal = (recipientKey: string, day: number, changes = {}) =>
			consentRecord({ recipientKey, status: 'withdrawn', occurredAt: at(day), ...changes });
		await store.recordConsent(
			[
				withdrawal('a', 9),
				withdrawal('a', 9, { purpose: 'profiling' }),
				withdrawal('b', 10),
				withdrawal('c', 16),
				withdrawal('d', 12),
				consentRecord({ recipientKey: 'e', status: 'refused', occurredAt: at(10) }),
			],
			NOW,
			keysOf,
		);
		const erase = async (recipientId: string, day: number) =>
			await store.eraseSubject(
				{ recipientId, pseudonymsOf: () => [], denylistKeysOf: keysOf },
				new Date(at(day)),
			);
		await erase('d', 13);
		await erase('f', 14);
		await erase('g', 16);
		const window = { from: new Date(at(9)), to: new Date(at(16)) };
		expect(await store.countRightsUsed(window)).toEqual({ erasures: 2, withdrawals: 2 });
		const before = { from: new Date(at(2)), to: new Date(at(9)) };
		expect(await store.countRightsUsed(before)).toEqual({ erasures: 0, withdrawals: 0 });
	});

	test('signing keys that were given up are counted', async () => {
		await store.noteKeys([
			{ id: 'k1', fingerprint: 'f1' },
			{ id: 'k2', fingerprint: 'f2' },
		]);
		await store.giveUpKey('k1');
		expect(await kept()).toMatchObject({ keysGivenUp: 1 });
	});

	test('a report of a month is replaced, and one of an earlier month is what it is compared with', async () => {
		const version = (month: string, value: string) => ({
			month,
			madeAt: `${month}-02T03:00:00.000Z`,
			facts: { Retention: { 'Single opens': value } },
		});
		expect(await store.getPrivacyReportBefore('2026-11')).toBeNull();
		await store.savePrivacyReport(version('2026-09', '30 days'));
		await store.savePrivacyReport(version('2026-10', '60 days'));
		await store.savePrivacyReport(version('2026-10', '90 days'));
		await store.savePrivacyReport(version('2026-11', '120 days'));
		expect(await store.getPrivacyReportBefore('2026-11')).toEqual(version('2026-10', '90 days'));
		expect(await store.getPrivacyReportBefore('2026-10')).toEqual(version('2026-09', '30 days'));
	});
});
