const { createServer } = require('node:net');
const { join } = require('node:path');

const { runtimeFolder } = require('./paths');
const { PlainError, run, start, stop } = require('./run');

/** n8n itself gives up after about a minute. */
const PUBLISH_LIMIT_MS = 120_000;
const N8N_BIN = join(runtimeFolder, 'node_modules', 'n8n', 'bin', 'n8n');

/**
 * @typedef {object} N8nOptions
 * @property {NodeJS.ProcessEnv} env as from ensureNode24
 * @property {string} folder the user folder; n8n keeps everything in `<folder>/.n8n`
 * @property {number} port
 * @property {string} [address] where it listens, 127.0.0.1 unless it is given
 * @property {readonly string[]} [enter] the command that puts it on another host
 * @property {{email: string, passwordHash: string}} [owner] signed in without a setup page
 * @property {NodeJS.ProcessEnv} [extra] more environment for n8n
 */

/**
 * Settings for a quiet n8n that listens on this machine only and asks no server for anything.
 * @param {N8nOptions} options
 */
function n8nEnvironment({ env, folder, port, address = '127.0.0.1', owner, extra }) {
	return {
		...env,
		N8N_USER_FOLDER: folder,
		N8N_PORT: String(port),
		N8N_LISTEN_ADDRESS: address,
		N8N_HOST: address,
		N8N_RUNNERS_BROKER_PORT: String(port + 1),
		N8N_SECURE_COOKIE: 'false',
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		N8N_HIRING_BANNER_ENABLED: 'false',
		// Without these n8n asks api.n8n.io for banners, and for lists of MCP servers and of nodes.
		N8N_DYNAMIC_BANNERS_ENABLED: 'false',
		N8N_DISABLED_MODULES: 'mcp-registry',
		N8N_VERIFIED_PACKAGES_ENABLED: 'false',
		N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS: 'true',
		// Without it n8n builds an expression sandbox (about 40 ms of CPU) for every single open.
		N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true',
		...(owner && {
			N8N_INSTANCE_OWNER_MANAGED_BY_ENV: 'true',
			N8N_INSTANCE_OWNER_EMAIL: owner.email,
			N8N_INSTANCE_OWNER_FIRST_NAME: 'Open',
			N8N_INSTANCE_OWNER_LAST_NAME: 'Tracking',
			N8N_INSTANCE_OWNER_PASSWORD_HASH: owner.passwordHash,
		}),
		...extra,
	};
}

/** Runs one n8n command line, such as `import:workflow`. */
async function runN8n(options, args, label) {
	return await run('node', [N8N_BIN, ...args], {
		env: n8nEnvironment(options),
		quiet: true,
		label,
	});
}

/** The bcrypt hash that n8n expects for the owner's password. */
async function hashPassword(password) {
	const bcrypt = require(join(runtimeFolder, 'node_modules', 'bcryptjs'));
	return await bcrypt.hash(password, 10);
}

/** Fails with one clear line when n8n cannot have `port`, or the next one, which it needs as well. */
async function assertPortFree(port) {
	for (const needed of [port, port + 1]) {
		const error = await new Promise((resolve) => {
			const probe = createServer();
			probe.once('error', resolve);
			probe.listen(needed, '127.0.0.1', () => probe.close(() => resolve(null)));
		});
		if (error === null) continue;
		const fault =
			error.code === 'EADDRINUSE'
				? 'is taken by another program'
				: `cannot be used (${error.code})`;
		const why = needed === port ? '' : `, and n8n needs it beside ${port}`;
		const other = port + 10 < 65_535 ? port + 10 : port - 10;
		throw new PlainError(
			`Port ${needed} ${fault}${why}. Choose a free one: npm run demo -- --port ${other}`,
		);
	}
}

/**
 * Starts n8n and waits until it answers; for a worker of queue mode, `port` is that of its health.
 * @param {N8nOptions & {onLine?: (line: string) => void, command?: 'start' | 'webhook' | 'worker'}} options
 * @returns {Promise<{url: string, output: () => string, exited: Promise<number|null>, stop: () => Promise<void>, kill: () => void, pid: number}>}
 */
async function startN8n(options) {
	await assertPortFree(options.port);
	const [program, ...args] = [...(options.enter ?? []), 'node', N8N_BIN];
	const child = start(program, [...args, options.command ?? 'start'], {
		env: n8nEnvironment(options),
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let output = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream?.setEncoding('utf8').on('data', (chunk) => {
			output = (output + chunk).slice(-2_000_000);
			options.onLine?.(chunk);
		});
	}
	const exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
	const url = `http://${options.address ?? '127.0.0.1'}:${options.port}`;
	try {
		await waitFor(
			`${url}/healthz/readiness`,
			(response) => response.ok,
			exited,
			() => output,
		);
	} catch (error) {
		await stop(child);
		throw error;
	}
	return {
		url,
		output: () => output,
		exited,
		stop: async () => await stop(child),
		kill: () => child.kill('SIGKILL'),
		pid: Number(child.pid),
	};
}

/** Asks `url` until `accept` says yes; gives up when n8n ends or after three minutes. */
async function waitFor(url, accept, exited, output, method = 'GET') {
	let ended = false;
	void exited.then(() => (ended = true));
	const giveUpAt = Date.now() + 180_000;
	for (;;) {
		const answer = await fetch(url, { method, signal: AbortSignal.timeout(5000) }).catch(
			() => undefined,
		);
		if (answer) {
			await answer.arrayBuffer();
			if (accept(answer)) return;
		}
		if (ended || Date.now() > giveUpAt) {
			const tail = output().trim().split('\n').slice(-15).join('\n');
			throw new PlainError(
				`n8n ${ended ? 'ended' : 'did not answer'} while ${url} was waited for\n${tail}`,
			);
		}
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

/** Waits until a published pixel answers with an image. Asks with HEAD, which is never counted. */
async function waitForPixel(n8n, pixelUrl) {
	await waitFor(
		pixelUrl,
		(response) => response.headers.get('content-type') === 'image/png',
		n8n.exited,
		n8n.output,
		'HEAD',
	);
}

/**
 * A signed-in client of n8n's own REST interface, as its editor uses it.
 * @returns {Promise<(method: string, path: string, body?: unknown) => Promise<any>>}
 */
async function signIn(url, email, password) {
	const response = await fetch(`${url}/rest/login`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ emailOrLdapLoginId: email, password }),
	});
	if (!response.ok) throw new PlainError(`n8n refused the sign-in (${response.status})`);
	const cookie = response.headers
		.getSetCookie()
		.map((line) => line.split(';')[0])
		.join('; ');
	return async (method, path, body) => {
		const answer = await fetch(`${url}/rest${path}`, {
			method,
			headers: {
				cookie,
				// n8n ends connections that were idle for a while, just as the next request goes out.
				connection: 'close',
				...(body !== undefined && { 'content-type': 'application/json' }),
			},
			body: body === undefined ? undefined : JSON.stringify(body),
		});
		const text = await answer.text();
		if (!answer.ok)
			throw new PlainError(
				`${messageOf(text)} (n8n answered ${answer.status} to ${method} ${path})`,
			);
		return text === '' ? undefined : JSON.parse(text).data;
	};
}

/** What n8n says went wrong; its answer also holds a stack and whole workflows. */
function messageOf(answer) {
	try {
		const { message } = JSON.parse(answer);
		if (typeof message === 'string' && message !== '') return message;
	} catch {
		// Not JSON: from a server in front of n8n, or from its web framework.
	}
	return answer.trim().split('\n')[0].slice(0, 200) || 'No reason was given';
}

/** Publishes the current version of a workflow in a running n8n. */
async function publishWorkflow(rest, id) {
	const workflow = await rest('GET', `/workflows/${id}`);
	await rest('POST', `/workflows/${id}/activate`, { versionId: workflow.versionId });
}

/**
 * Waits until n8n has set up all triggers of a workflow that was published.
 * @returns {Promise<string | null>} why it could not, `null` when all are live
 */
async function publicationFault(rest, id) {
	const giveUpAt = Date.now() + PUBLISH_LIMIT_MS;
	for (;;) {
		const { status, triggers } = await rest('GET', `/workflows/${id}/publication-status`);
		if (status === 'published') return null;
		const failed = triggers.find(({ errorMessage }) => errorMessage);
		if (status !== 'in_progress' && failed) return failed.errorMessage;
		if (Date.now() > giveUpAt) return `n8n still says "${status}" after two minutes`;
		// n8n tells the end of it to browsers only.
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

module.exports = {
	assertPortFree,
	hashPassword,
	publicationFault,
	publishWorkflow,
	runN8n,
	signIn,
	startN8n,
	waitForPixel,
};
