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

	it('carries a long body whole, and leaves no file of it to n8n', async () => {
		const { context, responses } = newContext();
		const whole = Buffer.alloc(700_000, 'recipient\n');
		const prepared = jest.spyOn(context.helpers, 'prepareBinaryData');
		await answerRequest(
			context,
			new Response(whole, { status: 201, headers: { ...CSP, 'content-type': 'text/csv' } }),
			{ isHead: false },
		);
		expect(prepared).not.toHaveBeenCalled();
		const [{ body, ...rest }] = responses as Array<{ body: Buffer }>;
		expect(rest).toEqual({
			statusCode: 201,
			headers: { 'content-type': 'text/csv', 'content-length': '700000' },
		});
		expect(whole.equals(body)).toBe(true);
	});
});
