const { randomBytes } = require('node:crypto');

/** The routes for people, who sign in with a browser; images are loaded without any sign-in. */
const PAGE = /^(?:dashboard(?:\/.*)?|:id(?:\/delete)?)$/;
const IMAGES = [':file', ':image'];

/**
 * Switches on authentication in the bundled workflow `tracking-api`: a header for programs, user
 * and password for the pages, nothing for the images. The credentials are made in n8n under fixed
 * names, and the workflow is saved with them. Do this before it is published.
 *
 * @param {(method: string, path: string, body?: unknown) => Promise<any>} rest as from `signIn`
 * @param {{workflowId?: string, apiKey?: string, user?: string, password?: string}} [options]
 * @returns {Promise<{header: string, apiKey: string, user: string, password: string}>}
 */
async function secureTrackingApi(rest, options = {}) {
	const access = {
		header: 'X-Api-Key',
		apiKey: options.apiKey ?? randomBytes(24).toString('base64url'),
		user: options.user ?? 'tracker',
		password: options.password ?? randomBytes(12).toString('base64url'),
	};
	const programs = await makeCredential(rest, 'Tracking API key', 'httpHeaderAuth', {
		name: access.header,
		value: access.apiKey,
	});
	const people = await makeCredential(rest, 'Tracking pages', 'httpBasicAuth', {
		user: access.user,
		password: access.password,
	});
	const id = options.workflowId ?? 'tracking-api';
	const workflow = await rest('GET', `/workflows/${id}`);
	for (const node of workflow.nodes) {
		const { path } = node.parameters;
		if (node.type !== 'n8n-nodes-base.webhook' || IMAGES.includes(path)) continue;
		const isPage = PAGE.test(path);
		node.parameters.authentication = isPage ? 'basicAuth' : 'headerAuth';
		node.credentials = isPage ? { httpBasicAuth: people } : { httpHeaderAuth: programs };
	}
	await rest('PATCH', `/workflows/${id}`, {
		nodes: workflow.nodes,
		connections: workflow.connections,
		settings: workflow.settings,
		versionId: workflow.versionId,
	});
	return access;
}

async function makeCredential(rest, name, type, data) {
	const known = (await rest('GET', '/credentials')).find(
		(credential) => credential.name === name && credential.type === type,
	);
	const saved = known
		? await rest('PATCH', `/credentials/${known.id}`, { name, type, data })
		: await rest('POST', '/credentials', { name, type, data });
	return { id: saved.id, name };
}

module.exports = { secureTrackingApi };
