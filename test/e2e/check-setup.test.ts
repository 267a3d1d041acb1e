import {
	bundledWorkflow,
	eventually,
	startInstance,
	type N8nInstance,
} from '../support/n8n-instance';
import { startByHand } from '../support/run-by-hand';

describe('Check Setup in a real n8n', () => {
	let n8n: N8nInstance;

	beforeAll(async () => {
		n8n = await startInstance({ workflows: [bundledWorkflow('email-opens-and-clicks.json')] });
		// The trigger notes what it is set to when n8n starts, which does not wait for it.
		await eventually(async () => n8n.rows('select 1 from installed_parts').length > 0);
	}, 240_000);
	afterAll(async () => await n8n?.stop(), 60_000);

	it('finds itself by its keys at the address of its links, and leaves nothing in the store', async () => {
		const before = n8n.rows('select count(*) as opens from opens');
		const run = await startByHand(n8n, bundledWorkflow('watch-opens.json'), 'Check Now');
		const { status, data } = await run();
		expect(status).toBe('success');
		expect(data).toMatch(
			/Public address: Links begin with http:\/\/[^ ]+\/webhook, as .+ no image loads there/,
		);
		expect(data).toMatch(/Answered as it should be at email-open\/pixel\.png, email-open\/link\./);
		expect(data).toContain('A tracked link was answered with the keys of this installation');
		expect(data).toContain('SQLite, a file in the folder of n8n), and no opens wait on disk');
		expect(data).toMatch(
			/signs, from signing-keys\.json in the folder of n8n\. The store knows them/,
		);
		expect(n8n.rows('select count(*) as opens from opens')).toEqual(before);
	}, 120_000);
});
