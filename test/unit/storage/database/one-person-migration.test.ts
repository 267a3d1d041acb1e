import { consentRecord } from '../../../support/consent-records';
import { keysOf } from '../../../support/denylist-keys';
import { forgetMigrations, undoLater } from '../../../support/older-store';
import { onEachEngine } from '../../../support/stores';

const NOW = new Date('2026-11-21T12:00:00Z');

onEachEngine('a store from before names were compared in one form, on $name', (engine) => {
	test('finds people by their address, and keeps what they said last', async () => {
		const place = await engine.newPlace();
		try {
			const before = await place.openStore();
			await before.createPixel({ id: 'p', name: 'p' });
			await before.addRecipients('p', [{ recipientId: 'r', email: 'Ada@Example.com' }], keysOf);
			const said = [
				{ key: 'ada@example.com', status: 'given', occurredAt: '2026-10-01T12:00:00.000Z' },
				{ key: 'second', status: 'withdrawn', occurredAt: '2026-10-02T12:00:00.000Z' },
				{ key: 'third', status: 'given', occurredAt: '2026-10-03T12:00:00.000Z' },
			] as const;
			await before.recordConsent(
				said.map(({ key, status, occurredAt }) =>
					consentRecord({ recipientKey: key, status, occurredAt }),
				),
				NOW,
				keysOf,
			);
			const database = await place.openDatabase();
			await database.write(async (db) => {
				for (const [key, spelled] of [
					['second', 'Ada@example.com'],
					['third', 'Bob@Example.com'],
				]) {
					for (const table of ['consent_records', 'consent_states'] as const) {
						await db
							.updateTable(table)
							.set({ recipient_key: spelled })
							.where('recipient_key', '=', key)
							.execute();
					}
				}
				await undoLater(db);
				await forgetMigrations(db, '0008-one-person');
			});
			const store = await place.openStore();
			const statusOf = async (id: string) =>
				(await store.getConsent(id, 'performance', NOW)).status;
			expect(await statusOf('ada@example.com')).toBe('withdrawn');
			expect(await statusOf('r')).toBe('withdrawn');
			expect(await statusOf('bob@example.com')).toBe('given');
			expect(await store.listConsentRecords('ADA@example.com')).toHaveLength(2);
			expect((await store.namesOf('ada@EXAMPLE.com')).sort()).toEqual(['ada@example.com', 'r']);
		} finally {
			await place.dispose();
		}
	});
});
