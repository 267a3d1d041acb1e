const { createHash } = require('node:crypto');
const {
	copyFileSync,
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const { publicationFault, publishWorkflow } = require('./n8n');
const { PlainError } = require('./run');

/** The bundled workflows, each with the file it comes from. */
function bundledWorkflows(source) {
	return readdirSync(source)
		.filter((name) => name.endsWith('.json'))
		.sort()
		.map((name) => {
			const file = join(source, name);
			return { ...JSON.parse(readFileSync(file, 'utf8')), file };
		});
}

/**
 * Imports the workflows that are new or changed since the last start with this data folder. One
 * that has not changed is left alone, so that what a user edited in the demo stays.
 * @param {{source: string, folder: string, importFolder: (folder: string) => Promise<unknown>}} options
 */
async function syncWorkflows({ source, folder, importFolder }) {
	const noteFile = join(folder, 'workflows.json');
	const known = existsSync(noteFile) ? JSON.parse(readFileSync(noteFile, 'utf8')) : {};
	const changed = [];
	for (const { id, file } of bundledWorkflows(source)) {
		const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
		if (known[id] === hash) continue;
		known[id] = hash;
		changed.push(file);
	}
	if (changed.length === 0) return;
	const input = mkdtempSync(join(tmpdir(), 'email-open-tracking-import-'));
	try {
		changed.forEach((file, index) => copyFileSync(file, join(input, `${index}.json`)));
		await importFolder(input);
	} finally {
		rmSync(input, { recursive: true, force: true });
	}
	writeFileSync(noteFile, JSON.stringify(known));
}

/** Whether n8n has something to publish: a trigger that waits for the outside world. */
function isPublishable(workflow) {
	return workflow.nodes.some(
		({ type, disabled }) =>
			!disabled && /(Trigger|webhook)$/.test(type) && !/manualTrigger$/.test(type),
	);
}

/** Whether publishing it opens a port of its own, which is for the user to decide. */
function opensPort(workflow) {
	return workflow.nodes.some(({ type }) => /openCollectorTrigger$/.test(type));
}

/** Whether n8n refuses it until its user has chosen an account of theirs. */
function needsAccount(workflow) {
	return workflow.nodes.some(
		({ type, disabled, credentials }) =>
			!disabled && !credentials && /(emailSend|lmChatOpenAi|mcpTrigger)$/.test(type),
	);
}

/** These answer at the same address, so only one of them can be live: the first, unless another is. */
const ANSWER_PIXELS = [
	'email-open-tracking',
	'email-open-tracking-consent-required',
	'email-opens-and-clicks',
	'send-tracked-campaign',
];

/**
 * Publishes every bundled workflow that is not live yet and needs no account, of those that answer
 * the pixels of emails one, and waits until all are.
 * @throws {PlainError} naming the workflow that could not be published, and why
 */
async function publishBundled(rest, source) {
	let answers = ANSWER_PIXELS[0];
	for (const id of ANSWER_PIXELS) {
		if ((await rest('GET', `/workflows/${id}`)).activeVersionId) answers = id;
	}
	const left = ANSWER_PIXELS.filter((id) => id !== answers);
	const wanted = bundledWorkflows(source).filter(
		(one) => isPublishable(one) && !opensPort(one) && !needsAccount(one) && !left.includes(one.id),
	);
	const refuse = (name, reason) => {
		throw new PlainError(
			`The workflow "${name}" could not be published: ${reason}. To start afresh: npm run demo -- --data <another folder>`,
		);
	};
	for (const { id, name } of wanted) {
		const { activeVersionId } = await rest('GET', `/workflows/${id}`);
		if (activeVersionId) continue;
		await publishWorkflow(rest, id).catch((error) => refuse(name, error.message));
	}
	for (const { id, name } of wanted) {
		const fault = await publicationFault(rest, id);
		if (fault !== null) refuse(name, fault);
	}
}

module.exports = { bundledWorkflows, isPublishable, publishBundled, syncWorkflows };
