import { LateLabels } from '../../../../src/collector/consume/late-labels';
import type { Relabel } from '../../../../src/storage/port/tracking-store';

const label = (eventId: string): Relabel => ({
	eventId,
	actor: 'scanner',
	actorReason: 'network-burst',
	rulesVersion: null,
});

describe('labels of opens that the store does not have yet', () => {
	let now = 0;
	let inStore = new Set<string>();
	let asked: string[][] = [];
	const store = {
		relabelOpens: async (labels: readonly Relabel[]) => {
			asked.push(labels.map(({ eventId }) => eventId));
			const unknown = labels.filter(({ eventId }) => !inStore.has(eventId)).length;
			return { relabelled: labels.length - unknown, unchanged: 0, unknown };
		},
	};
	beforeEach(() => {
		now = 0;
		inStore = new Set();
		asked = [];
	});

	it('are given to it each second until it has all of the opens', async () => {
		const late = new LateLabels(() => now);
		expect(late.isDue()).toBe(false);
		late.add([label('a'), label('b')]);
		expect(late.isDue()).toBe(true);
		await late.tryAgain(store);
		expect(late.isDue()).toBe(false);
		now = 1000;
		expect(late.isDue()).toBe(true);
		inStore = new Set(['a', 'b']);
		await late.tryAgain(store);
		now = 5000;
		expect(late.isDue()).toBe(false);
		expect(asked).toEqual([
			['a', 'b'],
			['a', 'b'],
		]);
	});

	it('are given up after a minute, and are never more than a thousand', async () => {
		const late = new LateLabels(() => now);
		late.add(Array.from({ length: 1500 }, (_, n) => label(`${n}`)));
		await late.tryAgain(store);
		expect(asked[0]).toHaveLength(1000);
		expect(asked[0].at(-1)).toBe('1499');
		now = 60_000;
		await late.tryAgain(store);
		now = 120_000;
		expect(late.isDue()).toBe(false);
	});
});
