import fc from 'fast-check';

import { createGate, type Begun } from '../../../src/async/gate';

const settled = async () => await new Promise((resolve) => setImmediate(resolve));

describe('a gate', () => {
	const options = { most: 2, together: 3, forgetAfterMs: 60_000 };

	it('lets work begin at once while little is under way', async () => {
		const gate = createGate<string>(options);
		expect((await gate.enter('a'))?.items).toEqual(['a']);
		expect((await gate.enter('b'))?.items).toEqual(['b']);
	});

	it('has what waits begin together once a work has ended, in order, and in parts', async () => {
		const gate = createGate<string>(options);
		const first = await gate.enter('a');
		const second = await gate.enter('b');
		const waiting = ['c', 'd', 'e', 'f'].map(async (item) => await gate.enter(item));
		first!.end();
		// Twice is once.
		first!.end();
		expect((await waiting[0])?.items).toEqual(['c', 'd', 'e']);
		expect(await Promise.all(waiting.slice(1, 3))).toEqual([null, null]);
		second!.end();
		expect((await waiting[3])?.items).toEqual(['f']);
	});

	it('goes on where a work never says that it ended', async () => {
		const gate = createGate<string>({ ...options, most: 1, forgetAfterMs: 20 });
		await gate.enter('a');
		expect((await gate.enter('b'))?.items).toEqual(['b']);
	});

	it('hands every item over once, whatever ends when, and has no more under way than it may', async () => {
		const steps = fc.array(fc.oneof(fc.constant('enter'), fc.nat(9)), { maxLength: 60 });
		await fc.assert(
			fc.asyncProperty(steps, async (todo) => {
				const gate = createGate<number>(options);
				const underWay = new Set<Begun<number>>();
				const begun: number[] = [];
				let entered = 0;
				const note = (work: Begun<number> | null) => {
					if (work === null) return;
					underWay.add(work);
					begun.push(...work.items);
					expect(underWay.size).toBeLessThanOrEqual(options.most);
				};
				const end = (work: Begun<number>) => {
					underWay.delete(work);
					work.end();
				};
				for (const step of todo) {
					if (step === 'enter') void gate.enter(entered++).then(note);
					else if (typeof step === 'number' && step < underWay.size) end([...underWay][step]);
					await settled();
				}
				while (underWay.size > 0) {
					end([...underWay][0]);
					await settled();
				}
				expect(begun).toEqual(Array.from({ length: entered }, (_, index) => index));
			}),
		);
	});
});
