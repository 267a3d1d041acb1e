import type { IExecuteFunctions } from 'n8n-workflow';

import { outage } from '../../nodes/shared/installation/outage';
import { StoreError } from '../../src/storage/port/store-error';

type Context = Pick<IExecuteFunctions, 'getNode' | 'logger'>;

function lookups(what: string, credential = 'c') {
	const told: string[] = [];
	const context = {
		getNode: () => ({
			parameters: { storeAndKeys: 'credential' },
			credentials: { emailOpenTrackingApi: { id: credential } },
		}),
		logger: { warn: (message: string) => told.push(message) },
	};
	return { told, ...outage(context as unknown as Context, what) };
}
const away = new StoreError('unavailable', 'PostgreSQL answered 3D000.');

describe('what fails for each open while the store is away', () => {
	beforeEach(() => jest.useFakeTimers());
	afterEach(() => jest.useRealTimers());

	it('is told once per outage, with the reason in the message', () => {
		const { told, failed, worked } = lookups('One lookup failed');
		for (let n = 0; n < 100; n += 1) failed(away);
		expect(told).toEqual(['One lookup failed: PostgreSQL answered 3D000.']);
		worked();
		jest.advanceTimersByTime(61_000);
		failed(away);
		expect(told).toHaveLength(2);
	});

	it('is told once a minute at most where it fails and works in turns, and not forgotten', () => {
		const { told, failed, worked } = lookups('Two lookups failed');
		for (let n = 0; n < 100; n += 1) {
			failed(away);
			worked();
		}
		expect(told).toHaveLength(1);
		failed(away);
		jest.advanceTimersByTime(61_000);
		failed(away);
		expect(told).toHaveLength(2);
	});

	it('is told for each store', () => {
		const [one, two] = [lookups('Three lookups failed', 'a'), lookups('Three lookups failed', 'b')];
		one.failed(away);
		two.failed(away);
		expect([one.told.length, two.told.length]).toEqual([1, 1]);
	});

	it('shows nothing of an error whose message may quote anything', () => {
		const { told, failed } = lookups('Four lookups failed');
		failed(new TypeError('ada@example.com'));
		expect(told).toEqual(['Four lookups failed: TypeError']);
	});
});
