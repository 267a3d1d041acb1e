const { readFileSync } = require('node:fs');
const { join, relative, sep } = require('node:path');

const { projectFolder } = require('./paths');

/**
 * The least share of lines, in percent, that the fast tests have to run of each top folder: a
 * little below what they ran when this was set. Raise a number when its folder has got better.
 */
const LEAST = {
	nodes: 93,
	'src/api': 96,
	'src/async': 98,
	'src/collector': 75,
	'src/intake': 97,
	'src/reports': 98,
	'src/sinks': 96,
	'src/storage': 98,
	'src/tracking': 98,
};

/**
 * What Jest is told in order to measure. Our code is rewritten to count: V8 counts in all of n8n's as
 * well, which takes as long again as the tests.
 */
function coverageArguments(folder) {
	return [
		'--coverage',
		'--coverageProvider=babel',
		'--coverageReporters=json-summary',
		`--coverageDirectory=${folder}`,
		...['nodes', 'src'].map((name) => `--collectCoverageFrom=${name}/**/*.ts`),
	];
}

/**
 * The lines of each top folder and how many of them ran.
 * @param {Record<string, {lines: {total: number, covered: number}}>} summary as Jest writes it
 * @returns {Map<string, {total: number, covered: number}>}
 */
function linesByFolder(summary) {
	const folders = new Map();
	for (const [path, { lines }] of Object.entries(summary)) {
		if (path === 'total') continue;
		const [top, next, ...rest] = relative(projectFolder, path).split(sep);
		// A loose file of src is an entry point, run in a process of its own.
		if (top === 'src' && rest.length === 0) continue;
		const name = top === 'src' ? `src/${next}` : top;
		const sum = folders.get(name) ?? { total: 0, covered: 0 };
		folders.set(name, {
			total: sum.total + lines.total,
			covered: sum.covered + lines.covered,
		});
	}
	return folders;
}

/**
 * Holds the shares of lines that ran against the least ones.
 * @param {Map<string, {total: number, covered: number}>} folders
 * @param {Record<string, number>} [least]
 * @returns {{line: string, failures: string[]}} one line for people, and a sentence per folder that
 *   has too little, or no least share
 */
function judgeCoverage(folders, least = LEAST) {
	const shares = [];
	const failures = [];
	for (const name of [...new Set([...Object.keys(least), ...folders.keys()])].sort()) {
		const { total, covered } = folders.get(name) ?? { total: 0, covered: 0 };
		if (total === 0) {
			failures.push(`No line of ${name} was measured. Take it out of scripts/lib/coverage.js`);
			continue;
		}
		const share = (100 * covered) / total;
		shares.push(`${name} ${share.toFixed(1)} %`);
		if (!(name in least)) {
			failures.push(`${name} has no least share of lines. Add it to scripts/lib/coverage.js`);
		} else if (share < least[name]) {
			failures.push(
				`The fast tests run ${share.toFixed(1)} % of the lines of ${name}, and should run ${least[name]} %. Test what is new, or take out what nothing uses`,
			);
		}
	}
	return { line: `Lines that the fast tests run: ${shares.join(', ')}`, failures };
}

/** @returns {ReturnType<typeof judgeCoverage>} of what Jest wrote into `folder` */
function readCoverage(folder) {
	const file = join(folder, 'coverage-summary.json');
	return judgeCoverage(linesByFolder(JSON.parse(readFileSync(file, 'utf8'))));
}

module.exports = { coverageArguments, judgeCoverage, linesByFolder, readCoverage };
