const { finished } = require('node:stream/promises');
const { dest, src } = require('gulp');

const { makeDist } = require('./scripts/lib/built-package');
const { run, say } = require('./scripts/lib/run');

async function compile(folder) {
	const tsc = require.resolve('typescript/bin/tsc');
	await run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', folder]);
}

/** What n8n reads beside the code: codex files, icons, output schemas; and the page templates. */
async function copyAssets(folder) {
	const files = src(['nodes/**/*.json', 'icons/*.svg', 'src/**/*.eta'], {
		base: '.',
		encoding: false,
	});
	await finished(files.pipe(dest(folder)).resume());
}

exports.build = async () => {
	const isNew = await makeDist(async (folder) => {
		await Promise.all([compile(folder), copyAssets(folder)]);
	});
	if (!isNew) say('dist is up to date');
};
