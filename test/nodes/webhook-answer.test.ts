import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { answerWebhook } from '../../nodes/shared/webhook-answer';
import { executeContext } from '../support/node-context';

const CSP = { 'content-security-policy': "default-src 'none'" };

describe('the answer to a waiting webhook', () => {
	it('has its exact length, and leaves to n8n the header that n8n sets itself', () => {
		const { context, responses } = executeContext(new OpenTracking(), [{ json: {} }]);
		answerWebhook(context, { body: Buffer.from('späť'), headers: { ...CSP, 'x-one': '1' } });
		expect(responses).toEqual([
			{
				body: Buffer.from('späť'),
				headers: { 'x-one': '1', 'content-length': '6' },
				statusCode: 200,
			},
		]);
	});
});
