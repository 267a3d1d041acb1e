const { randomBytes } = require('node:crypto');

const CREDENTIAL = { name: 'Tracking API access', type: 'openTrackingAccessApi' };
const TRIGGER = 'n8n-nodes-email-open-tracking.trackingApiTrigger';

/**
 * Gives the bundled workflow `tracking-api` the credential without which n8n does not publish it: a
 * key for programs, user and password for people. The credential is made in n8n under a fixed
 * name, and the workflow is saved with it. Do this before it is published.
 *
 * @param {(method: string, path: string, body?: unknown) => Promise<any>} rest as from `signIn`
 * @param {{workflowId?: string, apiKey?: string, user?: string, password?: string, readApiKey?: string, readUser?: string, readPassword?: string}} [options]
 * @returns {Promise<void>}
 */
async function secureTrackingApi(rest, options = {}) {
	const credential = await makeCredential(rest, {
		headerName: 'X-Api-Key',
		manageApiKey: options.apiKey ?? randomBytes(24).toString('base64url'),
		readApiKey: options.readApiKey ?? '',
		manageUser: options.user ?? 'tracker',
		managePassword: options.password ?? randomBytes(12).toString('base64url'),
		readUser: options.readUser ?? '',
		readPassword: options.readPassword ?? '',
	});
	const id = options.workflowId ?? 'tracking-api';
	const workflow = await rest('GET', `/workflows/${id}`);
	for (const node of workflow.nodes) {
		if (node.type === TRIGGER) node.credentials = { [CREDENTIAL.type]: credential };
	}
	await rest('PATCH', `/workflows/${id}`, {
		nodes: workflow.nodes,
		connections: workflow.connections,
		settings: workflow.settings,
		versionId: workflow.versionId,
	});
}

async function makeCredential(rest, data) {
	const { name, type } = CREDENTIAL;
	const known = (await rest('GET', '/credentials')).find(
		(credential) => credential.name === name && credential.type === type,
	);
	const saved = known
		? await rest('PATCH', `/credentials/${known.id}`, { name, type, data })
		: await rest('POST', '/credentials', { name, type, data });
	return { id: saved.id, name };
}

module.exports = { secureTrackingApi };
