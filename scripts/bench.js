/**
 * `npm run bench` runs every benchmark, `npm run bench -- flow` the one of that name; options behind
 * the name go to it. The soak test takes long and measures nothing, so it runs by its name only.
 */
const { readdirSync } = require('node:fs');
const { join } = require('node:path');

const { build } = require('./lib/built-package');
const { ensureDependencies, ensureNode24, ensureRuntime } = require('./lib/install');
const { projectFolder } = require('./lib/paths');
const { PlainError, run, runMain, say } = require('./lib/run');

const folder = join(projectFolder, 'bench');

runMain(async () => {
	const cases = readdirSync(folder)
		.filter((file) => file.endsWith('.ts') && file !== 'support.ts')
		.map((file) => file.replace(/\.ts$/, ''));
	const given = process.argv.slice(2);
	const firstOption = given.findIndex((arg) => arg.startsWith('--'));
	const chosen = firstOption === -1 ? given : given.slice(0, firstOption);
	const options = firstOption === -1 ? [] : given.slice(firstOption);
	if (chosen.length === 0 && options.length > 0) {
		throw new PlainError('Name the benchmark that these options are for');
	}
	const unknown = chosen.find((name) => !cases.includes(name));
	if (unknown)
		throw new PlainError(`There is no benchmark "${unknown}". There are: ${cases.join(', ')}`);
	await ensureDependencies();
	const env = await ensureNode24();
	await build(env);
	await ensureRuntime(env);
	const all = cases.filter((name) => name !== 'soak');
	for (const name of chosen.length > 0 ? chosen : all) {
		say(`\n== ${name}`);
		await run('npx', ['tsx', join('bench', `${name}.ts`), ...options], { cwd: projectFolder, env });
	}
});
