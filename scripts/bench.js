/**
 * `npm run bench` runs every benchmark, `npm run bench -- flow` the one of that name; options behind
 * the name go to it. The soak test takes long and measures nothing, so it runs by its name only.
 */
const { readdirSync } = require('node:fs');
const { join } = require('node:path');

const { readOptions, wrongUsage } = require('./lib/arguments');
const { build } = require('./lib/built-package');
const { ensureDependencies, ensureNode24, ensureRuntime } = require('./lib/install');
const { projectFolder } = require('./lib/paths');
const { run, runMain, say } = require('./lib/run');

const folder = join(projectFolder, 'bench');
const BENCHMARKS = readdirSync(folder)
	.filter((file) => file.endsWith('.ts') && file !== 'support.ts')
	.map((file) => file.replace(/\.ts$/, ''));
const BY_NAME_ONLY = 'soak';
const USAGE = `Usage: npm run bench [-- <name> … [options of the benchmark]]

Runs the benchmarks of these names: ${BENCHMARKS.join(', ')}.
Without a name it runs all but ${BY_NAME_ONLY}, a long test that fails when something breaks.

  --seconds <number>   of collector and soak: how long each part takes
  --only alone, clicks   of collector: without n8n; pixels beside one click in ten loads alone
  --rate, --away, --part   of soak: loads a second, seconds that something is away, and one of
                       n8n, outage, broker, hosts
  --collector-only     of timing: without n8n
  --help               this text`;

/** The benchmarks to run, and the options for them. */
function chosenBenchmarks() {
	const given = process.argv.slice(2);
	if (given.includes('--help')) readOptions(USAGE);
	const firstOption = given.findIndex((arg) => arg.startsWith('-'));
	const names = firstOption === -1 ? given : given.slice(0, firstOption);
	const options = firstOption === -1 ? [] : given.slice(firstOption);
	const unknown = names.find((name) => !BENCHMARKS.includes(name));
	if (unknown !== undefined) throw wrongUsage(`There is no benchmark "${unknown}"`, USAGE);
	if (names.length > 0) return { names, options };
	if (options.length > 0) {
		throw wrongUsage(`Name the benchmark that ${options[0]} is for`, USAGE);
	}
	return { names: BENCHMARKS.filter((name) => name !== BY_NAME_ONLY), options };
}

runMain(async () => {
	const { names, options } = chosenBenchmarks();
	await ensureDependencies();
	const env = await ensureNode24();
	await build(env);
	await ensureRuntime(env);
	for (const name of names) {
		say(`\n== ${name}`);
		await run('npx', ['tsx', join('bench', `${name}.ts`), ...options], { cwd: projectFolder, env });
	}
});
