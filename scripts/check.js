/**
 * The one command that runs all tests, from a fresh clone. Ends with the line
 * `N passed, N failed, N skipped`; `npm run check -- --only lint,fast` runs a part of it while you work.
 */
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const { readOptions, wrongUsage } = require('./lib/arguments');
const { ensureBrowser } = require('./lib/browser');
const { build } = require('./lib/built-package');
const { coverageArguments, readCoverage } = require('./lib/coverage');
const { ensureDependencies, ensureNode24, ensureRuntime } = require('./lib/install');
const { n8nVersion, projectFolder } = require('./lib/paths');
const { run, runMain, say } = require('./lib/run');
const {
	ensureClickHouse,
	ensureCompose,
	ensureHostPrograms,
	ensureKcat,
	ensureRabbitmq,
	ensureStrace,
} = require('./lib/test-tools');

const STEPS = ['lint', 'types', 'fast', 'e2e'];
const USAGE = `Usage: npm run check [-- --only <steps> | --watch]

Runs all tests, and ends with the line "N passed, N failed, N skipped".

  --only <steps>   runs only these, with commas between: ${STEPS.join(', ')}
  --watch          builds, then runs the fast tests of what changed, again after each change;
                   tests of the built package see a change after the next build
  --help           this text

The environment variable N8N_VERSION names another n8n than ${n8nVersion} for the end-to-end tests.`;

/** @returns {string[] | null} `null` for the watch */
function chosenSteps() {
	const { only, watch } = readOptions(USAGE, {
		only: { type: 'string' },
		watch: { type: 'boolean' },
	});
	if (watch && only !== undefined) throw wrongUsage('--watch runs the fast tests alone', USAGE);
	if (watch) return null;
	if (only === undefined) return STEPS;
	const chosen = only.split(',').map((name) => name.trim());
	const unknown = chosen.find((name) => !STEPS.includes(name));
	if (unknown !== undefined) {
		throw wrongUsage(`There is no step "${unknown}". There are: ${STEPS.join(', ')}`, USAGE);
	}
	return chosen;
}

/** The names of the tests that Jest left out. */
function skippedTests({ testResults }) {
	return testResults.flatMap(({ assertionResults }) =>
		assertionResults.filter(({ status }) => status === 'pending').map(({ fullName }) => fullName),
	);
}

runMain(async () => {
	const chosen = chosenSteps();
	await ensureDependencies();
	const env = await ensureNode24();
	if (chosen === null) {
		await build(env);
		await ensureRuntime(env);
		// Jest reads the keys that are pressed.
		const args = ['jest', '--selectProjects', 'fast', '--watch'];
		await run('npx', args, { cwd: projectFolder, env, input: 'inherit' });
		return;
	}
	/** @type {{passed: number, failed: number, skipped: string[], coverage?: ReturnType<typeof readCoverage>}} */
	const tally = { passed: 0, failed: 0, skipped: [] };

	const step = async (name, work) => {
		if (!chosen.includes(name)) return;
		say(`\n== ${name}`);
		await work();
	};
	const command = async (...args) => {
		try {
			await run('npx', args, { cwd: projectFolder, env });
			tally.passed += 1;
		} catch (error) {
			say(error.message);
			tally.failed += 1;
		}
	};
	// Tests wait for processes and databases often enough to be two on two cores as well.
	const jest = async (project, extra) => {
		const report = join(tmpdir(), `email-open-tracking-${process.pid}-${project}.json`);
		// A test that failed may have left something running; it must not hold up the result.
		const args = [
			'jest',
			'--selectProjects',
			project,
			'--json',
			'--outputFile',
			report,
			'--forceExit',
			'--maxWorkers=2',
		];
		args.push(...extra);
		let ended;
		try {
			await run('npx', args, { cwd: projectFolder, env });
		} catch (error) {
			ended = error;
		}
		let results;
		try {
			results = JSON.parse(readFileSync(report, 'utf8'));
		} catch (cause) {
			throw new Error(`Jest wrote no report for ${project}: ${ended?.message ?? cause.message}`);
		}
		rmSync(report);
		tally.passed += results.numPassedTests;
		tally.failed += results.numFailedTests + results.numRuntimeErrorTestSuites;
		tally.failed += results.numTodoTests;
		tally.skipped.push(...skippedTests(results));
		if (results.numTotalTests === 0) tally.failed += 1;
	};

	await step('lint', async () => {
		await command('eslint', '.', '--max-warnings', '0');
		await command('prettier', '--check', '--log-level', 'warn', '.');
	});
	await step('types', async () => {
		await command('tsc', '--noEmit', '-p', '.');
		await command('tsc', '--noEmit', '-p', 'scripts');
	});
	if (chosen.includes('fast') || chosen.includes('e2e')) await build(env);
	// Workflow validation and the end-to-end tests read and run the real n8n.
	if (chosen.includes('fast') || chosen.includes('e2e')) await ensureRuntime(env);
	if (chosen.includes('fast') || chosen.includes('e2e')) await ensureRabbitmq();
	if (chosen.includes('fast')) {
		await ensureClickHouse();
		await ensureCompose();
		await ensureKcat();
	}
	await step('fast', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'email-open-tracking-coverage-'));
		await jest('fast', coverageArguments(folder));
		tally.coverage = readCoverage(folder);
		rmSync(folder, { recursive: true });
	});
	if (chosen.includes('e2e')) {
		await ensureBrowser();
		await ensureStrace();
		await ensureHostPrograms();
	}
	if (chosen.includes('e2e')) say(`\nEnd-to-end tests run n8n ${n8nVersion}`);
	await step('e2e', async () => await jest('e2e', []));

	const { passed, skipped, coverage } = tally;
	for (const name of skipped) say(`Skipped, because this machine cannot do it: ${name}`);
	if (coverage) say(`\n${coverage.line}`);
	// Tests that were left out run no lines.
	if (coverage && skipped.length === 0) {
		for (const sentence of coverage.failures) say(sentence);
		tally.failed += coverage.failures.length;
	}
	// A test that was left out is not a test that passed: continuous integration runs them all.
	const failed = tally.failed + (process.env.CI ? skipped.length : 0);
	say(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped`);
	process.exitCode = failed === 0 ? 0 : 1;
});
