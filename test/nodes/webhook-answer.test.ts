import { answerRequest } from '../../nodes/OpenTracking/http-api/answer-request';
import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { answerWebhook } from '../../nodes/shared/webhook-answer';
import { executeContext } from '../support/node-context';

const CSP = { 'content-security-policy': "default-src 'none'" };

describe('the answer to a waiting webhook', () => {
	const newContext = () => executeContext(new OpenTracking(), [{ json: {} }]);

	it('has its exact length, and leaves to n8n the header that n8n sets itself', () => {
		const { context, responses } = newContext();
		answerWebhook(context, { body: Buffer.from('späť'), headers: { ...CSP, 'x-one': '1' } });
		expect(responses).toEqual([
			{
				body: Buffer.from('späť'),
				headers: { 'x-one': '1', 'content-length': '6' },
				statusCode: 200,
			},
		]);
	});

	it('to HEAD says the length of the body that GET would get', async () => {
		const { context, responses } = newContext();
		const response = new Response(null, { headers: { 'content-length': '67' } });
		await answerRequest(context, response, { isHead: true });
		expect(responses).toEqual([
			{ body: Buffer.alloc(67), headers: { 'content-length': '67' }, statusCode: 200 },
		]);
	});

	it.each([
		['in memory', undefined],
		['on disk', 'filesystem-v2:1'],
	])('carries a long body whole, where n8n keeps files %s', async (_where, id) => {
		const { context, responses } = newContext();
		const whole = Buffer.alloc(700_000, 'recipient\n');
		let kept = Buffer.alloc(0);
		const prepare = context.helpers.prepareBinaryData;
		Object.assign(context.helpers, {
			prepareBinaryData: async (...given: Parameters<typeof prepare>) => {
				const file = await prepare(...given);
				kept = Buffer.from(file.data, 'base64');
				return id === undefined ? file : { ...file, id, data: 'filesystem-v2' };
			},
		});
		await answerRequest(
			context,
			new Response(whole, { status: 201, headers: { ...CSP, 'content-type': 'text/csv' } }),
			{ isHead: false },
		);
		expect(kept.equals(whole)).toBe(true);
		const [{ body, ...rest }] = responses as Array<{ body: unknown }>;
		const headers = { 'content-type': 'text/csv' };
		if (id === undefined) {
			expect(rest).toEqual({
				statusCode: 201,
				headers: { ...headers, 'content-length': '700000' },
			});
			expect(whole.equals(body as Buffer)).toBe(true);
		} else {
			expect(rest).toEqual({ statusCode: 201, headers });
			expect(body).toMatchObject({ binaryData: { id } });
		}
	});
});
