/**
 * The one command that runs everything: installs, builds, boots n8n with the nodes and the bundled
 * workflows published, and says where the pixel is. See README, "Try it".
 */
const { randomBytes } = require('node:crypto');
const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { homedir } = require('node:os');
const { join, resolve } = require('node:path');

const { readOptions, wrongUsage } = require('./lib/arguments');
const { build, installBuiltPackage } = require('./lib/built-package');
const { ensureDependencies, ensureNode24, ensureRuntime } = require('./lib/install');
const { publishBundled, syncWorkflows } = require('./lib/bundled-workflows');
const { tryLock } = require('./lib/lock');
const {
	assertPortFree,
	hashPassword,
	runN8n,
	signIn,
	startN8n,
	waitForPixel,
} = require('./lib/n8n');
const { projectFolder, workflowsFolder } = require('./lib/paths');
const { PlainError, run, runMain, say, withProgress } = require('./lib/run');
const { secureTrackingApi } = require('./lib/tracking-api-access');

const PIXEL_PATH = 'email-open/pixel.png';
const USAGE = `Usage: npm run demo [-- --port <number>] [--data <folder>]

Starts n8n with these nodes and the bundled workflows published, and says where everything is.
The first start installs n8n; Ctrl-C stops everything.

  --port <number>   where n8n answers; it takes the next port as well (default 5678)
  --data <folder>   where the demo keeps its data (default ~/.n8n-email-open-tracking-demo)
  --help            this text`;

function demoOptions() {
	const values = readOptions(USAGE, {
		port: { type: 'string', default: '5678' },
		data: { type: 'string', default: join(homedir(), '.n8n-email-open-tracking-demo') },
	});
	const port = Number(values.port);
	if (!Number.isInteger(port) || port < 1 || port > 65_534) {
		throw wrongUsage(`--port must be a number from 1 to 65534, not "${values.port}"`, USAGE);
	}
	if (values.data === '') throw wrongUsage('--data must be the path of a folder', USAGE);
	return { port, folder: resolve(values.data) };
}

/** Keeps a second demo out of the data folder: two n8n would work on one database. */
async function claimFolder(folder, port) {
	const { release } = await tryLock(folder);
	if (release) return;
	throw new PlainError(
		`Another demo runs with the data in ${folder}. Stop it, or start one beside it: npm run demo -- --port ${port + 10} --data <another folder>`,
	);
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

/** Makes the sample campaign, once for each data folder: who deletes it does not get it again. */
async function makeSampleOnce(folder, env) {
	const note = join(folder, 'sample-campaign.json');
	if (existsSync(note)) return;
	await run('node', ['--import', 'tsx', join('scripts', 'lib', 'sample-campaign.ts')], {
		cwd: projectFolder,
		env: { ...env, N8N_USER_FOLDER: folder },
		quiet: true,
		label: 'Making a sample campaign',
	});
	writeFileSync(note, JSON.stringify({ madeAt: new Date().toISOString() }));
}

runMain(async () => {
	const { port, folder } = demoOptions();
	await claimFolder(folder, port);
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
		// Without it n8n takes New York's.
		extra: {
			GENERIC_TIMEZONE:
				process.env.GENERIC_TIMEZONE ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
		},
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
	await makeSampleOnce(folder, env);

	const n8n = await withProgress('Starting n8n', async () => await startN8n(options));
	const pixelUrl = `${n8n.url}/webhook/${PIXEL_PATH}`;
	await withProgress('Publishing the bundled workflows', async () => {
		const rest = await signIn(n8n.url, login.email, login.password);
		// An import takes a workflow off the air, so one that is live has its credential already.
		const { activeVersionId } = await rest('GET', '/workflows/tracking-api');
		if (!activeVersionId) {
			await secureTrackingApi(rest, { apiKey: login.apiKey, ...login.dashboard });
		}
		await publishBundled(rest, workflowsFolder);
		await waitForPixel(n8n, pixelUrl);
	});

	say(`
The three-step flow is live.

  Pixel URL           ${pixelUrl}?id=42
  Dashboard           ${n8n.url}/webhook/opens/dashboard
  Dashboard sign-in   user ${login.dashboard.user}   password ${login.dashboard.password}
  Editor              ${n8n.url}/workflow/email-open-tracking
  Editor sign-in      user ${login.email}   password ${login.password}
  HTTP API            ${n8n.url}/webhook/opens/api/…   with the header X-Api-Key: ${login.apiKey}
  Data                ${folder}

Paste into an email, with the recipient's ID in place of 42:

<img src="${pixelUrl}?id=42" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0" />

Load the pixel URL in a browser, then look at ${n8n.url}/workflow/recorded-opens in the editor.
Ctrl-C stops everything.`);
	// From here on, being stopped is how the demo ends.
	process.exitCode = 0;
	const code = await n8n.exited;
	const tail = n8n.output().trim().split('\n').slice(-20).join('\n');
	throw new PlainError(`n8n ended by itself (code ${code}):\n${tail}`);
});
