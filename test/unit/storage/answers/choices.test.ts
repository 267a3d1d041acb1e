import type { ChoiceRequest } from '../../../../src/storage/port/answers-store';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { consentRecord } from '../../../support/consent-records';
import { keysOf } from '../../../support/denylist-keys';
import { sampleOpen, START } from '../../../support/sample-opens';
import { onEachEngine, type StorePlace } from '../../../support/stores';

onEachEngine('lists to choose from on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;
	beforeEach(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
	});
	afterEach(async () => await place.dispose());

	const names = async (of: ChoiceRequest['of'], search?: string) =>
		(await store.listChoices({ of, search, limit: 50 })).rows.map(({ name }) => name);

	test('pixels are found by a part of their name or campaign, whatever the case, and by their id', async () => {
		const spring = await store.createPixel({ name: 'Spring, first email', campaignId: 'launch' });
		await store.createPixel({ name: '100% off_now' });
		await store.createPixel({ name: 'Früh' });
		const label = 'Spring, first email (launch)';
		expect(await names('pixel')).toHaveLength(3);
		expect(await names('pixel', 'sprING')).toEqual([label]);
		expect(await names('pixel', 'Launch')).toEqual([label]);
		expect(await names('pixel', spring.id)).toEqual([label]);
		expect(await names('pixel', 'Früh')).toEqual(['Früh']);
		// No wildcards of SQL.
		expect(await names('pixel', '%')).toEqual(['100% off_now']);
		expect(await names('pixel', 'f_now')).toEqual(['100% off_now']);
		expect(await names('pixel', 'f__now')).toEqual([]);
	});

	test('pages hold what was asked for, and say whether there is more', async () => {
		for (const name of ['a', 'b', 'c']) await store.createPixel({ name });
		const all = await names('pixel');
		const first = await store.listChoices({ of: 'pixel', limit: 2 });
		expect(first.rows.map(({ name }) => name)).toEqual(all.slice(0, 2));
		expect(first.hasMore).toBe(true);
		const second = await store.listChoices({ of: 'pixel', limit: 2, offset: 2 });
		expect(second.rows.map(({ name }) => name)).toEqual(all.slice(2));
		expect(second.hasMore).toBe(false);
		await expect(store.listChoices({ of: 'pixel', limit: 0 })).rejects.toThrow('page size');
	});

	test('campaigns come with the last loaded one first', async () => {
		await store.createPixel({ name: 'Nothing yet', campaignId: 'quiet' });
		await store.recordOpens([
			sampleOpen({ campaignId: 'spring', at: START }),
			sampleOpen({ campaignId: 'Autumn', at: START + 1000 }),
		]);
		expect(await names('campaign')).toEqual(['Autumn', 'spring', 'quiet']);
		expect(await names('campaign', 'AUT')).toEqual(['Autumn']);
	});

	test('recipients are listed once, and only as far as they may be named', async () => {
		const open = await store.createPixel({ name: 'Open' });
		const closed = await store.createPixel({ name: 'Closed', trackingMode: 'pseudonymous' });
		await store.addRecipients(open.id, [{ recipientId: 'ada' }, { recipientId: 'bob' }], keysOf);
		await store.addRecipients(closed.id, [{ recipientId: 'ada' }, { recipientId: 'cy' }], keysOf);
		await store.recordOpens([
			sampleOpen({ recipientId: 'ada', campaignId: 'spring' }),
			sampleOpen({ recipientId: 'dora', campaignId: 'spring' }),
			sampleOpen({ recipientId: `p_${'0'.repeat(32)}`, campaignId: 'spring' }),
			sampleOpen({ recipientId: 'p_1', campaignId: 'spring' }),
			sampleOpen({ recipientId: null, campaignId: 'spring' }),
		]);
		await store.recordConsent([consentRecord({ recipientKey: 'eve' })], new Date(), keysOf);
		const { recipients } = await store.listRecipients({ pixelId: open.id, limit: 10 });
		const bob = recipients.find(({ recipientId }) => recipientId === 'bob');
		await store.deleteRecipient(bob!.id, keysOf);
		expect(await names('recipient')).toEqual(['ada', 'dora', 'eve', 'p_1']);
		expect(await names('recipient', 'OR')).toEqual(['dora']);
	});
});
