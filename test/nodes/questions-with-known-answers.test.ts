import { EmailOpenInsights } from '../../nodes/EmailOpenInsights/EmailOpenInsights.node';
import { QUESTIONS } from '../../nodes/EmailOpenInsights/questions';
import { ASKED, expectKnown, fillKnownStore, type Asked } from '../support/known-answers';
import { executeNode } from '../support/node-context';
import { newUserFolder, type UserFolder } from '../support/user-folder';

describe('what an agent is asked, and what its tools answer', () => {
	const node = new EmailOpenInsights();
	let folder: UserFolder;

	beforeAll(async () => {
		folder = newUserFolder();
		await fillKnownStore(await folder.store());
	}, 60_000);
	afterAll(async () => await folder.remove());

	const call = async ({ tool, arguments: parameters }: Asked) => {
		const { output } = await executeNode(node, [{ json: {} }], {
			parameters: { operation: tool, ...parameters },
			credentials: { emailOpenTrackingApi: { baseUrl: 'http://localhost:1/webhook' } },
		});
		return output[0][0].json;
	};

	it.each(ASKED)('$asks', async (asked) => {
		if (asked.refuses !== undefined) {
			await expect(call(asked)).rejects.toThrow(asked.refuses);
			return;
		}
		expectKnown(asked, await call(asked));
	});

	it('are twenty and more questions, with every tool among them', () => {
		expect(ASKED.length).toBeGreaterThanOrEqual(20);
		expect([...new Set(ASKED.map(({ tool }) => tool))].sort()).toEqual(
			QUESTIONS.map(({ value }) => value).sort(),
		);
	});
});
