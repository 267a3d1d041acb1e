import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { DateTime } from 'luxon';

import { createStatement, prepareTable } from '../../../../src/collector/archive/archive-table';
import { copyOpens } from '../../../../src/collector/archive/copy-opens';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { ACTORS } from '../../../../src/tracking/event/event-fields';
import { isCounted, type OpenEvent } from '../../../../src/tracking/event/open-event';
import {
	describeOnClickHouse,
	startClickHouse,
	type ClickHouseServer,
} from '../../../support/click-house/servers';
import { openEvent } from '../../../support/open-events';
import { dice, fillSampleStore } from '../../../support/sample-store';
import { onEachEngine, type StorePlace } from '../../../support/stores';

const page = readFileSync(join(__dirname, '../../../../docs/archive.md'), 'utf8');
const [create, ...queries] = [...page.matchAll(/^```sql\n([^]*?)^```/gm)].map(([, sql]) =>
	sql.trim(),
);
const NOW = new Date();
const ALL_TIME = { from: new Date(0), to: new Date(NOW.getTime() + 86_400_000) };

it('the page shows the statement that makes the table', () => {
	const table = { database: 'analytics', name: 'email_opens', keepDays: 730 };
	expect(create).toBe(createStatement(table).replaceAll('\t', '    '));
});

describeOnClickHouse('the queries of docs/archive.md', () => {
	let server: ClickHouseServer;
	beforeAll(async () => (server = await startClickHouse()), 120_000);
	afterAll(async () => await server.stop());

	onEachEngine('give the numbers of a store in $name', (engine) => {
		let place: StorePlace;
		let store: TrackingStore;
		const answers = new Map<string, Array<Record<string, unknown>>>();
		const compared = new Set<string>();
		/** The rows of the one query that has this column */
		const rowsWith = (column: string) => {
			const found = [...answers].filter(([query]) => query.includes(` ${column}`));
			expect([column, found.length]).toEqual([column, 1]);
			compared.add(found[0][0]);
			return found[0][1];
		};

		beforeAll(async () => {
			place = await engine.newPlace();
			store = await place.openStore();
			await fillSampleStore(store, NOW, { clicks: true });
			await store.recordOpens(moreEvents());
			const signal = new AbortController().signal;
			const clickHouse = server.open(signal);
			const table = { database: server.database, name: 'email_opens', keepDays: 365 };
			await clickHouse.run(`DROP TABLE IF EXISTS ${server.database}.email_opens`);
			await prepareTable(clickHouse, table);
			const copy = async (after: number) => {
				let last = after;
				const onCopied = (_: number, upTo: number) => (last = upTo);
				await copyOpens({ store, clickHouse, table, after, signal, onCopied });
				return last;
			};
			const last = await copy(0);
			// Labels that change after they were copied.
			const { opens } = await store.listOpens({ limit: 40, event: 'any' });
			await store.relabelOpens(
				opens.map(({ eventId }, index) => ({
					eventId,
					actor: ACTORS[index % ACTORS.length],
					actorReason: 'later',
					rulesVersion: null,
				})),
			);
			await copy(last);
			for (const query of queries) answers.set(query, await server.all(query));
		}, 180_000);
		afterAll(async () => await place.dispose());

		it('opens, machine loads, clicks and unique opens', async () => {
			const { totals } = await store.getDashboard();
			expect(totals.opens).toBeGreaterThan(100);
			expect(totals.clicks).toBeGreaterThan(20);
			expect(rowsWith('machine_clicks\nFROM email_opens FINAL')).toEqual([
				{
					opens: totals.opens,
					machine_opens: totals.machineOpens,
					clicks: totals.clicks,
					machine_clicks: totals.machineClicks,
				},
			]);
			const unique = rowsWith('unique_opens').map((row) => Number(row.unique_opens));
			expect(unique.reduce((sum, n) => sum + n, 0)).toBe(totals.uniqueOpens);
			expect(rowsWith('view_time_ms')).toEqual([{ view_time_ms: totals.viewTimeMs }]);
			expect(totals.viewTimeMs).toBeGreaterThan(0);
		});

		it('campaigns', async () => {
			const campaigns = await store.listCampaigns({ limit: 100 });
			const expected = campaigns
				.filter(({ lastLoadAt }) => lastLoadAt !== null)
				.map(({ campaignId, opens, uniqueOpens, machineOpens, clicks }) => ({
					campaign_id: campaignId,
					opens,
					unique_opens: uniqueOpens,
					machine_opens: machineOpens,
					clicks,
				}))
				.sort((a, b) => (a.campaign_id < b.campaign_id ? -1 : 1));
			expect(expected.length).toBeGreaterThan(3);
			// What belongs to no campaign stands in a row of its own.
			expect(rowsWith('unique_opens').filter((row) => row.campaign_id !== '')).toEqual(expected);
		});

		it('hours, with first opens, and days', async () => {
			const hours = await store.listOpensPerHour(ALL_TIME);
			expect(rowsWith('first_opens')).toEqual(
				hours.map(({ hour, opens, uniqueOpens, machineOpens }) => ({
					hour: hour.slice(0, 19).replace('T', ' '),
					opens,
					first_opens: uniqueOpens,
					machine_opens: machineOpens,
				})),
			);
			const days = new Map<string, { opens: number; machine_opens: number }>();
			for (const { hour, opens, machineOpens } of hours) {
				const day = DateTime.fromISO(hour).setZone('Europe/Berlin').toISODate()!;
				const known = days.get(day) ?? { opens: 0, machine_opens: 0 };
				days.set(day, {
					opens: known.opens + opens,
					machine_opens: known.machine_opens + machineOpens,
				});
			}
			expect(rowsWith("toDate(occurred_at, 'Europe/Berlin')")).toEqual(
				[...days].map(([day, counts]) => ({ day, ...counts })),
			);
		});

		it('machine loads by reason', async () => {
			const { totals } = await store.getDashboard();
			const byActor: Record<string, number> = {};
			const byReason = new Map<string, number>();
			for await (const { actor, actorReason } of store.streamOpens({ actorClass: 'machine' })) {
				const reason = JSON.stringify([actor, actorReason]);
				byReason.set(reason, (byReason.get(reason) ?? 0) + 1);
			}
			const rows = rowsWith('loads\nFROM');
			for (const { actor, loads } of rows) {
				byActor[String(actor)] = (byActor[String(actor)] ?? 0) + Number(loads);
			}
			const { prefetch, scanner, bot } = totals.loads;
			expect(byActor).toEqual({ prefetch, scanner, bot });
			expect(
				new Map(rows.map((row) => [JSON.stringify([row.actor, row.actor_reason]), row.loads])),
			).toEqual(byReason);
		});

		it('people by program', async () => {
			const { rows, columns, counts } = await store.countPeople('family');
			const people = rows.flatMap((campaign, row) =>
				columns.flatMap((family, column) =>
					counts[row][column] > 0
						? [{ campaign_id: campaign, family, people: counts[row][column] }]
						: [],
				),
			);
			const shown = rowsWith('family,').map((row) => ({
				...row,
				campaign_id: row.campaign_id || 'not known',
			}));
			expect(new Set(shown.map((row) => JSON.stringify(row)))).toEqual(
				new Set(people.map((row) => JSON.stringify(row))),
			);
		});

		it('links of a campaign', async () => {
			const links = await store.listLinkClicks({ campaignId: 'spring-launch' });
			expect(links).toHaveLength(3);
			expect(rowsWith('link_position')).toEqual(
				links.map(({ position, label, clicks, machineClicks, people }) => ({
					link_position: position,
					link_label: label,
					clicks,
					machine_clicks: machineClicks,
					people,
				})),
			);
		});

		it('opens that were the first of their message', async () => {
			const firsts = new Map<string, number>();
			for await (const open of store.streamOpens({ actorClass: 'counted' })) {
				const campaign = open.campaignId ?? '';
				firsts.set(campaign, (firsts.get(campaign) ?? 0) + Number(open.firstOpen === true));
			}
			expect([...firsts.values()].some((n) => n > 10)).toBe(true);
			const rows = rowsWith('first_of_message');
			expect(new Map(rows.map((row) => [row.campaign_id, row.first_of_message]))).toEqual(firsts);
		});

		it('and there is no other query on the page', () => {
			expect(queries.length).toBeGreaterThan(5);
			expect(queries.filter((query) => !compared.has(query))).toEqual([]);
		});
	});
});

/** What the sample has none of: links without a pixel, pseudonyms, opens of nobody beside people. */
function moreEvents(): OpenEvent[] {
	const roll = dice(11);
	const places: Array<Partial<OpenEvent>> = [
		{ pixelId: null, campaignId: 'by-campaign' },
		{ pixelId: 'mixed', campaignId: 'mixed' },
		{ pixelId: 'nobody-known', campaignId: null },
		{ pixelId: null, campaignId: null },
		{ pixelId: null, campaignId: 'pseudonyms', trackingMode: 'pseudonymous' },
	];
	return Array.from({ length: 600 }, (_, index) => {
		const placed = places[index % places.length];
		const isNobody = placed.pixelId === 'nobody-known' || (placed.pixelId && roll(4) === 0);
		const at = NOW.getTime() - roll(20) * 3_600_000 - roll(90_000);
		return openEvent({
			...placed,
			eventId: randomUUID(),
			occurredAt: new Date(at).toISOString(),
			recipientId: isNobody ? null : `person-${roll(8)}`,
			actor: ACTORS[roll(ACTORS.length)],
			actorReason: 'sample',
			event: roll(6) === 0 ? 'click' : 'open',
			link: { url: null, position: 1, label: null },
			client: { family: roll(3) === 0 ? null : `Program ${roll(4)}`, os: null, device: null },
		});
	})
		.map((event) =>
			event.event === 'click'
				? event
				: { ...event, link: { url: null, position: null, label: null } },
		)
		.filter(({ actor }) => isCounted(actor) || roll(2) === 0);
}
