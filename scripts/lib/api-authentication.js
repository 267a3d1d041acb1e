const WORKFLOW = 'tracking-api';

/** The header in which programs send the demo's API key. */
const API_KEY_HEADER = 'X-Api-Key';

/**
 * Switches authentication on in the bundled API workflow, as its note tells a user to do by hand:
 * header auth for the APIs, basic auth for the pages, none for the image. Does nothing where it is
 * on already.
 *
 * @param {(method: string, path: string, body?: unknown) => Promise<any>} rest as from signIn
 * @param {{apiKey: string, dashboard: {user: string, password: string}}} login
 */
async function protectTrackingApi(rest, login) {
	const workflow = await rest('GET', `/workflows/${WORKFLOW}`);
	const open = workflow.nodes.filter(
		({ type, parameters }) =>
			type === 'n8n-nodes-base.webhook' && (parameters.authentication ?? 'none') === 'none',
	);
	const [image, guarded] = [isImage, (node) => !isImage(node)].map((test) => open.filter(test));
	if (guarded.length === 0) return;
	const header = await rest('POST', '/credentials', {
		name: 'Tracking API key',
		type: 'httpHeaderAuth',
		data: { name: API_KEY_HEADER, value: login.apiKey },
	});
	const basic = await rest('POST', '/credentials', {
		name: 'Dashboard sign-in',
		type: 'httpBasicAuth',
		data: login.dashboard,
	});
	for (const node of guarded) {
		const isPage = /^(dashboard|:id$)/.test(node.parameters.path);
		node.parameters.authentication = isPage ? 'basicAuth' : 'headerAuth';
		node.credentials = isPage
			? { httpBasicAuth: { id: basic.id, name: basic.name } }
			: { httpHeaderAuth: { id: header.id, name: header.name } };
	}
	if (image.length === 0) throw new Error('The API workflow has no open route for the image');
	const { nodes, connections, versionId } = workflow;
	await rest('PATCH', `/workflows/${WORKFLOW}`, { nodes, connections, versionId });
}

/** Mails load the image, and cannot sign in. */
function isImage({ webhookId }) {
	return webhookId === 'tracker';
}

module.exports = { API_KEY_HEADER, protectTrackingApi };
