/**
 * The one command that runs everything: installs, builds, boots n8n with the nodes and the bundled
 * workflows published, and says where the pixel is. See README, "Try it".
 */
const { randomBytes } = require('node:crypto');
const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { homedir } = require('node:os');
const { join, resolve } = require('node:path');
const { parseArgs } = require('node:util');

const { build, installBuiltPackage } = require('./lib/built-package');
const { ensureDependencies, ensureNode24, ensureRuntime } = require('./lib/install');
const { publishBundled, syncWorkflows } = require('./lib/bundled-workflows');
const {
	assertPortFree,
	hashPassword,
	runN8n,
	signIn,
	startN8n,
	waitForPixel,
} = require('./lib/n8n');
const { workflowsFolder } = require('./lib/paths');
const { PlainError, runMain, say } = require('./lib/run');
const { seedSampleCampaign } = require('./lib/sample-campaign');
const { secureTrackingApi } = require('./lib/tracking-api-access');

const PIXEL_PATH = 'email-open/pixel.png';

function readArguments() {
	try {
		const { values } = parseArgs({
			options: {
				port: { type: 'string', default: '5678' },
				data: { type: 'string', default: join(homedir(), '.n8n-email-open-tracking-demo') },
			},
		});
		const port = Number(values.port);
		if (!Number.isInteger(port) || port < 1 || port > 65_534) {
			throw new PlainError(`--port must be a number from 1 to 65534, not "${values.port}"`);
		}
		return { port, folder: resolve(values.data) };
	} catch (error) {
		if (error instanceof PlainError) throw error;
		throw new PlainError(
			`${error.message}\nUsage: npm run demo -- [--port 5678] [--data <folder>]`,
		);
	}
}

/** The demo's secrets: made once, kept in the data folder, readable by its owner only. */
function demoLogin(folder) {
	const file = join(folder, 'login.json');
	if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
	const secret = () => randomBytes(9).toString('base64url');
	const login = {
		email: 'owner@example.com',
		password: `Open-${secret()}-1`,
		apiKey: randomBytes(24).toString('base64url'),
		dashboard: { user: 'demo', password: secret() },
	};
	writeFileSync(file, JSON.stringify(login), { mode: 0o600 });
	return login;
}

runMain(async () => {
	const { port, folder } = readArguments();
	await assertPortFree(port);
	await ensureDependencies();
	const env = await ensureNode24();
	await build(env);
	await ensureRuntime(env);

	mkdirSync(folder, { recursive: true, mode: 0o700 });
	await installBuiltPackage(join(folder, '.n8n', 'nodes'), env);
	const login = demoLogin(folder);
	const options = {
		env,
		folder,
		port,
		owner: { email: login.email, passwordHash: await hashPassword(login.password) },
	};
	await syncWorkflows({
		source: workflowsFolder,
		folder,
		importFolder: async (input) =>
			await runN8n(
				options,
				['import:workflow', '--separate', `--input=${input}`],
				'Importing the bundled workflows',
			),
	});

	say('Starting n8n …');
	const n8n = await startN8n(options);
	let stopping = false;
	const stop = async () => {
		if (stopping) return;
		stopping = true;
		say('\nStopping n8n …');
		await n8n.stop();
		process.exit(0);
	};
	process.on('SIGINT', stop);
	process.on('SIGTERM', stop);
	void n8n.exited.then((code) => {
		if (stopping) return;
		process.stderr.write(
			`\nn8n ended by itself (code ${code}):\n${n8n.output().split('\n').slice(-20).join('\n')}\n`,
		);
		process.exit(1);
	});

	const rest = await signIn(n8n.url, login.email, login.password);
	// An import takes a workflow off the air, so one that is live has its sign-in already.
	const { activeVersionId } = await rest('GET', '/workflows/tracking-api');
	if (!activeVersionId) await secureTrackingApi(rest, { apiKey: login.apiKey, ...login.dashboard });
	await publishBundled(rest, workflowsFolder);
	const pixelUrl = `${n8n.url}/webhook/${PIXEL_PATH}`;
	await waitForPixel(n8n, pixelUrl);
	await waitForPixel(n8n, `${n8n.url}/webhook/tracker/demo.png`);
	await seedSampleCampaign({
		baseUrl: `${n8n.url}/webhook`,
		headers: { 'X-Api-Key': login.apiKey },
		folder,
	});

	say(`
The three-step flow is live.

  Pixel URL   ${pixelUrl}?id=42
  Dashboard   ${n8n.url}/webhook/dashboard
  Sign-in     ${login.dashboard.user}   ${login.dashboard.password}
  Editor      ${n8n.url}/workflow/email-open-tracking
  Sign-in     ${login.email}   ${login.password}
  HTTP API    ${n8n.url}/webhook/api/…   with the header X-Api-Key: ${login.apiKey}
  Data        ${folder}

  Paste into a mail, with the recipient's ID in place of 42:
  <img src="${pixelUrl}?id=42" width="1" height="1" alt="" role="presentation" border="0" style="display:block;width:1px;height:1px;border:0;overflow:hidden" />

Load the pixel URL in a browser, then look at ${n8n.url}/workflow/recorded-opens in the editor.
Ctrl-C stops everything.`);
});
