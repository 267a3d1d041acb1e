import { publishWorkflow } from '../../scripts/lib/n8n';
import { MAIL_PROGRAM } from '../support/browser';
import {
	bundledWorkflow,
	eventually,
	startInstance,
	untilLive,
	type N8nInstance,
	type WorkflowJson,
} from '../support/n8n-instance';
import { startByHand } from '../support/run-by-hand';
import { startSmtpServer, type TestSmtpServer } from '../support/smtp-server';

describe('Check Setup in a real n8n', () => {
	let n8n: N8nInstance;
	let smtp: TestSmtpServer;
	let account: Record<string, { id: string; name: string }>;

	beforeAll(async () => {
		smtp = await startSmtpServer();
		n8n = await startInstance({ workflows: [bundledWorkflow('email-opens-and-clicks.json')] });
		// The trigger notes what it is set to when n8n starts, which does not wait for it.
		await eventually(async () => n8n.rows('select 1 from installed_parts').length > 0);
		const name = 'SMTP';
		const data = {
			host: '127.0.0.1',
			port: smtp.port,
			secure: false,
			disableStartTls: true,
			user: '',
			password: '',
		};
		const { id } = await n8n.rest('POST', '/credentials', { name, type: 'smtp', data });
		account = { smtp: { id: String(id), name } };
	}, 240_000);
	afterAll(async () => {
		await n8n?.stop();
		await smtp?.stop();
	}, 60_000);

	/** A bundled workflow with the SMTP account, and with other settings of one node. */
	function filledIn(file: string, node: string, parameters: object): WorkflowJson {
		const workflow = bundledWorkflow(file);
		for (const one of workflow.nodes) {
			if (one.type === 'n8n-nodes-base.emailSend') one.credentials = account;
			if (one.name === node) one.parameters = { ...one.parameters, ...parameters };
		}
		return workflow;
	}

	it('finds itself by its keys, and says what loaded an email to oneself, which counts nowhere', async () => {
		const before = n8n.rows('select count(*) as opens from opens');
		// A test opens it at once.
		const workflow = filledIn('check-setup.json', 'Time to Open It', { amount: 0.1 });
		const run = await startByHand(n8n, workflow, 'Check Now');
		await eventually(() => smtp.mails.length > 0);
		const { html } = smtp.mails[0];
		const [, link] = /<img src="([^"]+)"/.exec(String(html))!;
		const image = await fetch(link, { headers: { 'user-agent': MAIL_PROGRAM } });
		expect(image.headers.get('content-type')).toBe('image/png');
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
		// The first look, before the email is made.
		expect(data).toContain('None was made yet');
		expect(data).toMatch(
			/\d s later Thunderbird · Windows · desktop loaded it, which counts as an open: .+ \\"Record email opens and clicks of people who consented: Email Open Trigger\\" answered\./,
		);
		expect(n8n.rows('select count(*) as opens from opens')).toEqual(before);
		expect(n8n.rows('select count(*) as hours from hourly')).toEqual([{ hours: 0 }]);
	}, 120_000);

	it('sends an alert every morning that something else is broken, and not the same again', async () => {
		smtp.mails.splice(0);
		const workflow = filledIn('watch-opens.json', 'Every Morning', {
			// Far enough apart that none starts before the one before has ended.
			rule: { interval: [{ field: 'seconds', secondsInterval: 4 }] },
		});
		workflow.settings = { ...workflow.settings, saveDataSuccessExecution: 'all' };
		const { id } = await n8n.rest('POST', '/workflows', { ...workflow, id: undefined });
		await publishWorkflow(n8n.rest, String(id));
		await untilLive(n8n.rest, String(id));
		const filter = encodeURIComponent(JSON.stringify({ workflowId: id, status: ['success'] }));
		await eventually(async () => {
			const { results = [] } = await n8n.rest('GET', `/executions?filter=${filter}`);
			return (results as unknown[]).length > 2;
		}, 60_000);
		await n8n.rest('POST', `/workflows/${id}/deactivate`, {});
		expect(smtp.mails.map(({ subject }) => subject)).toEqual(['Email opens: the setup is broken']);
		expect(smtp.mails[0].text).toMatch(
			/^Public address: Links begin with .+Set WEBHOOK_URL to the https address/,
		);
	}, 120_000);
});
