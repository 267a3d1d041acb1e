/** `npm run bench` runs every benchmark, `npm run bench -- flow` the one of that name. */
const { existsSync, readdirSync } = require('node:fs');
const { join } = require('node:path');

const { build } = require('./lib/built-package');
const { ensureDependencies, ensureNode24, ensureRuntime } = require('./lib/install');
const { projectFolder } = require('./lib/paths');
const { PlainError, run, runMain, say } = require('./lib/run');

const folder = join(projectFolder, 'bench');

runMain(async () => {
	const cases = readdirSync(folder)
		.map((file) => file.replace(/\.ts$/, ''))
		.filter((name) => name !== 'support' && existsSync(join(folder, `${name}.ts`)));
	const chosen = process.argv.slice(2);
	const unknown = chosen.find((name) => !cases.includes(name));
	if (unknown)
		throw new PlainError(`There is no benchmark "${unknown}". There are: ${cases.join(', ')}`);
	await ensureDependencies();
	const env = await ensureNode24();
	await build(env);
	await ensureRuntime(env);
	for (const name of chosen.length > 0 ? chosen : cases) {
		say(`\n== ${name}`);
		await run('npx', ['tsx', join('bench', `${name}.ts`)], { cwd: projectFolder, env });
	}
});
