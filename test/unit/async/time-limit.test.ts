import { within } from '../../../src/async/time-limit';

const never = new Promise<string>(() => undefined);

describe('within', () => {
	it('gives what the promise gives, and throws what it throws', async () => {
		const late = jest.fn(() => 'late');
		expect(await within(1000, Promise.resolve('here'), late)).toBe('here');
		await expect(within(1000, Promise.reject(new Error('broken')), late)).rejects.toThrow('broken');
		expect(late).not.toHaveBeenCalled();
	});

	it('gives or throws what `late` does when the time is over', async () => {
		expect(await within(1, never, () => 'late')).toBe('late');
		expect(await within(1, never, async () => 'later')).toBe('later');
		const refuse = () => {
			throw new Error('too slow');
		};
		await expect(within(1, never, refuse)).rejects.toThrow('too slow');
	});

	it('takes a result that came while the process was busy past the limit', async () => {
		const answer = new Promise<string>((resolve) => setImmediate(() => resolve('here')));
		const result = within(5, answer, () => 'late');
		const until = performance.now() + 30;
		while (performance.now() < until);
		expect(await result).toBe('here');
	});

	it('has no use for a failure that comes after the time is over', async () => {
		let fail: (error: Error) => void = () => undefined;
		const slow = new Promise<string>((_resolve, reject) => (fail = reject));
		expect(await within(1, slow, () => 'late')).toBe('late');
		// An unhandled rejection would end the process.
		fail(new Error('too late'));
		await new Promise((resolve) => setImmediate(resolve));
	});
});
