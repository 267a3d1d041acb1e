import { createHash, randomInt } from 'node:crypto';
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { installBuiltPackage } from '../../scripts/lib/built-package';
import { isPublishable } from '../../scripts/lib/bundled-workflows';
import { alone } from '../../scripts/lib/lock';
import { hashPassword, publishWorkflow, runN8n, signIn, startN8n } from '../../scripts/lib/n8n';
import { n8nVersion } from '../../scripts/lib/paths';

const OWNER = { email: 'owner@example.com', password: 'Open-tracking-1' };

export interface WorkflowJson {
	id: string;
	name: string;
	nodes: Array<{
		id: string;
		name: string;
		type: string;
		typeVersion: number;
		position: number[];
		parameters: Record<string, unknown>;
		webhookId?: string;
		onError?: string;
		disabled?: boolean;
		credentials?: Record<string, { id: string; name: string }>;
	}>;
	connections: Record<
		string,
		Record<string, Array<Array<{ node: string; type: string; index: number }>>>
	>;
	settings?: Record<string, unknown>;
	[key: string]: unknown;
}

/** What n8n's own REST interface answers; each test names the fields it reads. */
export interface RestAnswer {
	[field: string]: unknown;
	id?: string;
	versionId?: string;
	results?: unknown[];
}

export type Rest = (method: string, path: string, body?: unknown) => Promise<RestAnswer>;

/** Where a process runs, if not on this machine itself. */
export interface Host {
	address: string;
	/** The command that puts another one there */
	enter: readonly string[];
}

/** Another process of an n8n in queue mode. */
export interface BesideInstance {
	url: string;
	folder: string;
	output: () => string;
	stop: () => Promise<void>;
	/** Ends it as a power cut would, and leaves the folder as it is. */
	kill: () => Promise<void>;
}

/** A real n8n with the built package, in a folder of its own. */
export interface N8nInstance {
	url: string;
	folder: string;
	pid: number;
	/** Who can sign in */
	owner: { email: string; password: string };
	rest: Rest;
	output: () => string;
	/**
	 * Waits until it has published what it was told to, and what it found at its start. One that is
	 * killed before leaves its workflows alone for two minutes when it starts again.
	 */
	untilPublished: () => Promise<void>;
	/** The rows of a table of the embedded store. */
	rows: (sql: string) => Array<Record<string, unknown>>;
	/**
	 * Starts a worker or a webhook processor, for an instance in queue mode, as on another machine:
	 * with the same environment, and a folder of its own.
	 */
	startBeside: (
		command: 'webhook' | 'worker',
		options?: { host?: Host; folder?: string; port?: number },
	) => Promise<BesideInstance>;
	stop: () => Promise<void>;
	/** Ends it as a power cut would, and leaves the folder as it is. */
	kill: () => Promise<void>;
}

/** The JSON of one bundled workflow, as it ships. */
export function bundledWorkflow(file: string): WorkflowJson {
	return JSON.parse(
		readFileSync(join(__dirname, '..', '..', 'workflows', file), 'utf8'),
	) as WorkflowJson;
}

/** Has a node work with a credential *Email Open Tracking*, as a person chooses it in the panel. */
export function chooseCredential(
	node: WorkflowJson['nodes'][number],
	credential: { id: string; name: string },
): void {
	node.parameters = { ...node.parameters, storeAndKeys: 'credential' };
	node.credentials = { ...node.credentials, emailOpenTrackingApi: credential };
}

/** The tracker APIs for everybody, as an operator chooses who has access control in front of n8n. */
export function trackingApiForEverybody(): WorkflowJson {
	const workflow = bundledWorkflow('tracking-api.json');
	trackingApiTrigger(workflow).parameters.access = 'none';
	return workflow;
}

/** The node of that workflow that answers. */
export function trackingApiTrigger(workflow: WorkflowJson): WorkflowJson['nodes'][number] {
	const found = workflow.nodes.find(({ type }) => type.endsWith('.trackingApiTrigger'));
	if (!found) throw new Error(`The workflow ${workflow.id} has no Tracking API Trigger`);
	return found;
}

/**
 * A port of this machine that is free now, with the next one free as well. Not one of those that the
 * system gives to connections: it may do so before the port is used.
 */
export async function freePort(): Promise<number> {
	const isFree = async (port: number) =>
		await new Promise<boolean>((resolve) => {
			const server = createServer().once('error', () => resolve(false));
			server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
		});
	const port = randomInt(10_000, 32_000);
	return (await isFree(port)) && (await isFree(port + 1)) ? port : await freePort();
}

/**
 * Boots the pinned n8n with `workflows` imported and published, as a user's n8n would have them.
 * Needs Node 24, the built package and the installed `runtime/`: `npm run check` sees to all three.
 */
export async function startInstance(options: {
	workflows: WorkflowJson[];
	env?: NodeJS.ProcessEnv;
	/** Keep a folder that an earlier instance used */
	folder?: string;
	host?: Host;
	/** What a user does in n8n before anything is published */
	beforePublishing?: (rest: Rest) => Promise<void>;
}): Promise<N8nInstance> {
	const env = { ...process.env };
	delete env.NODE_OPTIONS;
	delete env.JEST_WORKER_ID;
	delete env.NODE_ENV;
	const port = await freePort();
	const nodesFolder = await sharedNodesFolder(env);
	const folder = newInstanceFolder(nodesFolder, options.folder);
	if (!options.folder && !options.env?.DB_TYPE) await copyNewDatabase(env, folder);
	const settings = {
		env,
		folder,
		port,
		owner: { email: OWNER.email, passwordHash: await hashPassword(OWNER.password) },
		extra: options.env,
		...options.host,
	};

	// Addresses are served before this run publishes, as an earlier run left them in the database.
	const [{ id: lastPublication = 0 } = {}] = publicationsOf(folder);
	const n8n = await startN8n(settings);
	try {
		const rest = (await signIn(n8n.url, OWNER.email, OWNER.password)) as Rest;
		// As the editor saves what a person imports into it.
		for (const workflow of options.workflows) await rest('POST', '/workflows', workflow);
		await options.beforePublishing?.(rest);
		for (const workflow of options.workflows) {
			if (isPublishable(workflow)) await publishWorkflow(rest, workflow.id);
		}
		return {
			url: n8n.url,
			folder,
			pid: n8n.pid,
			owner: OWNER,
			rest,
			output: n8n.output,
			untilPublished: async () => {
				await eventually(() => {
					const ofThisRun = publicationsOf(folder).filter(({ id }) => id > lastPublication);
					return ofThisRun.length > 0 && ofThisRun.every(({ status }) => status === 'completed');
				}, 60_000);
			},
			rows: (sql) => readRows(join(folder, '.n8n', 'email-open-tracking', 'tracking.sqlite'), sql),
			startBeside: async (command, { host, folder: kept, port: given } = {}) => {
				const its = given ?? (await freePort());
				const itsFolder = newInstanceFolder(nodesFolder, kept);
				const extra = {
					...options.env,
					QUEUE_HEALTH_CHECK_ACTIVE: 'true',
					QUEUE_HEALTH_CHECK_PORT: String(its),
				};
				const beside = await startN8n({
					...settings,
					...host,
					folder: itsFolder,
					extra,
					port: its,
					command,
				});
				return {
					url: beside.url,
					folder: itsFolder,
					output: beside.output,
					stop: async () => {
						await beside.stop();
						rmSync(itsFolder, { recursive: true, force: true });
					},
					kill: async () => {
						beside.kill();
						await beside.exited;
					},
				};
			},
			stop: async () => {
				await n8n.stop();
				if (!options.folder) rmSync(folder, { recursive: true, force: true });
			},
			kill: async () => {
				n8n.kill();
				await n8n.exited;
			},
		};
	} catch (error) {
		await n8n.stop();
		throw error;
	}
}

/** What n8n was to publish, the latest first. */
function publicationsOf(folder: string): Array<{ id: number; status: string }> {
	const rows = rowsOfN8n(
		folder,
		'select id, status from workflow_publication_outbox order by id desc',
	);
	return rows.map(({ id, status }) => ({ id: Number(id), status: String(status) }));
}

/** A folder for n8n in which the built package is installed; a new one where none is given. */
function newInstanceFolder(nodesFolder: string, given?: string): string {
	const folder = given ?? mkdtempSync(join(tmpdir(), 'email-open-tracking-e2e-'));
	mkdirSync(join(folder, '.n8n'), { recursive: true });
	rmSync(join(folder, '.n8n', 'nodes'), { force: true });
	symlinkSync(nodesFolder, join(folder, '.n8n', 'nodes'));
	return folder;
}

/** A folder that all test files share; not with other checkouts, which they would disturb. */
const sharedFolder = (purpose: string) => {
	const checkout = createHash('sha256').update(__dirname).digest('hex').slice(0, 8);
	return join(tmpdir(), `email-open-tracking-e2e-${purpose}-${checkout}`);
};

/** The built package, installed once for all instances of this test run, which takes a registry. */
export async function sharedNodesFolder(env: NodeJS.ProcessEnv): Promise<string> {
	const folder = sharedFolder('nodes');
	await installBuiltPackage(folder, env);
	return folder;
}

/**
 * Gives an instance the empty database that n8n makes at its first start. It is made once, since
 * the migrations of n8n take as long as half a start.
 */
async function copyNewDatabase(env: NodeJS.ProcessEnv, folder: string): Promise<void> {
	const shared = sharedFolder(`database-${n8nVersion}`);
	await alone(shared, async () => {
		if (existsSync(shared)) return;
		const made = mkdtempSync(`${shared}-`);
		// Any command that reads the database brings it up to date.
		await runN8n({ env, folder: made, port: await freePort() }, ['list:workflow']);
		renameSync(made, shared);
	});
	cpSync(join(shared, '.n8n'), join(folder, '.n8n'), { recursive: true });
}

function readRows(file: string, sql: string): Array<Record<string, unknown>> {
	// Nothing was stored yet, so n8n has not made the file.
	if (!existsSync(file)) return [];
	const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
	try {
		return database
			.prepare(sql)
			.all()
			.map((row) => ({ ...row }));
	} catch (error) {
		// The file is there a moment before its tables are. (Jest gives tests an `Error` of their own,
		// which this one is no instance of.)
		if (String(error).startsWith('Error: no such table')) return [];
		throw error;
	} finally {
		database.close();
	}
}

/** Asks `probe` until it gives something, for at most `limitMs`; n8n offers no event to wait for. */
export async function eventually<T>(
	probe: () => T | undefined | false | null | Promise<T | undefined | false | null>,
	limitMs = 30_000,
): Promise<T> {
	const giveUpAt = Date.now() + limitMs;
	for (;;) {
		const value = await probe();
		if (value) return value;
		if (Date.now() > giveUpAt) throw new Error(`Still not so after ${limitMs} ms: ${probe}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

/** Waits until n8n answers with the saved version: it says that one is published a moment before. */
export async function untilLive(rest: Rest, workflowId: string): Promise<void> {
	const { versionId } = await rest('GET', `/workflows/${workflowId}`);
	await eventually(async () => {
		const status = await rest('GET', `/workflows/${workflowId}/publication-status`);
		return status.liveVersionId === versionId;
	}, 60_000);
}

/** What a query finds in the database of the n8n that has its data in `folder`. */
export function rowsOfN8n(folder: string, sql: string): Array<Record<string, unknown>> {
	return readRows(join(folder, '.n8n', 'database.sqlite'), sql);
}

/**
 * Takes a workflow off the air, and waits until others may have its addresses. n8n says so before
 * that; and who asks for an address while n8n takes it off makes n8n remember it for an hour.
 */
export async function unpublish(
	{ rest, folder }: Pick<N8nInstance, 'rest' | 'folder'>,
	workflowId: string,
): Promise<void> {
	await rest('POST', `/workflows/${workflowId}/deactivate`, {});
	const left = `select 1 from webhook_entity where workflowId = '${workflowId}'`;
	await eventually(() => rowsOfN8n(folder, left).length === 0, 60_000);
}

/** Why n8n could not publish a workflow: it tries some times in the background before it says so. */
export async function publicationFailure(rest: Rest, workflowId: string): Promise<string> {
	return await eventually(async () => {
		const status = JSON.stringify(await rest('GET', `/workflows/${workflowId}/publication-status`));
		return status.includes('failed') && status;
	}, 60_000);
}

/** All text of all files below a folder, for searches for what must not be there. */
export function allBytes(folder: string): Buffer {
	const parts: Buffer[] = [];
	for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
		if (!entry.isFile()) continue;
		try {
			parts.push(readFileSync(join(entry.parentPath, entry.name)));
		} catch (error) {
			// SQLite removes a journal as soon as it has written what is in it.
			if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
		}
	}
	return Buffer.concat(parts);
}
