import { randomUUID } from 'node:crypto';

import { Client } from 'pg';

import { MAIL_PROGRAM } from '../support/browser';
import {
	chooseCredential,
	bundledWorkflow,
	eventually,
	startInstance,
	type N8nInstance,
} from '../support/n8n-instance';
import { describeOnPostgres, postgresUrl } from '../support/stores';

const CREDENTIAL = 'emailOpenTrackingApi';

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
	const client = new Client({ connectionString: url });
	await client.connect();
	try {
		return await work(client);
	} finally {
		await client.end();
	}
}

describeOnPostgres('a real n8n with the store in PostgreSQL', () => {
	const database = `open_tracking_${randomUUID().slice(0, 8)}`;
	const url = Object.assign(new URL(postgresUrl), { pathname: `/${database}` }).href;
	const credential = {
		name: 'Test store',
		type: CREDENTIAL,
		data: { connectionStringSecret: url, tls: 'disable' },
	};
	let n8n: N8nInstance;

	beforeAll(async () => {
		await withClient(
			postgresUrl,
			async (client) => await client.query(`create database ${database}`),
		);
		n8n = await startInstance({ workflows: [] });
		const { id } = await n8n.rest('POST', '/credentials', credential);
		const workflow = bundledWorkflow('email-open-tracking.json');
		for (const node of workflow.nodes) {
			if (/\.(openTrackingTrigger|respondAndLogOpen|openTracking)$/.test(node.type)) {
				chooseCredential(node, { id: String(id), name: credential.name });
			}
		}
		const created = await n8n.rest('POST', '/workflows', { ...workflow, id: undefined });
		await n8n.rest('POST', `/workflows/${created.id}/activate`, { versionId: created.versionId });
	}, 180_000);
	afterAll(async () => {
		await n8n?.stop();
		await withClient(
			postgresUrl,
			async (client) => await client.query(`drop database ${database} with (force)`),
		);
	}, 60_000);

	it('passes the credential test, and fails it with a clear message for a server that is not there', async () => {
		const test = async (data: object) => {
			const saved = await n8n.rest('POST', '/credentials', { ...credential, data });
			return await n8n.rest('POST', '/credentials/test', {
				credentials: { id: saved.id, ...credential, data },
			});
		};
		expect(await test(credential.data)).toMatchObject({ status: 'OK' });
		const wrong = await test({
			connectionStringSecret: 'postgres://someone:hunter2@127.0.0.1:9/none',
			tls: 'disable',
		});
		expect(wrong.status).toBe('Error');
		expect(JSON.stringify(wrong)).not.toContain('hunter2');
	});

	it('logs an open there, and leaves no embedded store behind', async () => {
		const load = async () =>
			await fetch(`${n8n.url}/webhook/email-open/pixel.png?id=pg`, {
				headers: { 'user-agent': MAIL_PROGRAM },
			});
		const response = await eventually(async () => {
			const answer = await load();
			return answer.headers.get('content-type') === 'image/png' ? answer : null;
		});
		expect(response.status).toBe(200);
		const rows = await eventually(async () => {
			const found = await withClient(
				url,
				async (client) =>
					await client.query(
						`select recipient_id, actor from email_open_tracking.opens where recipient_id = 'pg'`,
					),
			).catch(() => null);
			return found?.rows.length ? found.rows : null;
		});
		expect(rows[0]).toEqual({ recipient_id: 'pg', actor: 'human' });
		expect(n8n.rows('select * from opens')).toEqual([]);
	});
});
