import { join } from 'node:path';

import { judgeCoverage, linesByFolder } from '../../../scripts/lib/coverage';

const root = join(__dirname, '..', '..', '..');
const lines = (total: number, covered: number) => ({ lines: { total, covered } });
const summary = {
	total: lines(1000, 1),
	[join(root, 'src/cli.ts')]: lines(50, 0),
	[join(root, 'src/storage/store.ts')]: lines(60, 60),
	[join(root, 'src/storage/port/store-error.ts')]: lines(40, 30),
	[join(root, 'nodes/OpenTracking/resources.ts')]: lines(10, 9),
};

describe('the lines that the fast tests run', () => {
	it('are added up by top folder', () => {
		expect(Object.fromEntries(linesByFolder(summary))).toEqual({
			'src/storage': { total: 100, covered: 90 },
			nodes: { total: 10, covered: 9 },
		});
	});

	it('are told in one line, and fail nobody where they are enough', () => {
		const least = { 'src/storage': 90, nodes: 89.5 };
		expect(judgeCoverage(linesByFolder(summary), least)).toEqual({
			line: 'Lines that the fast tests run: nodes 90.0 %, src/storage 90.0 %',
			failures: [],
		});
	});

	it('fail where a folder has fewer than it should, is new, or is gone', () => {
		const least = { 'src/storage': 90.5, 'src/gone': 1 };
		expect(judgeCoverage(linesByFolder(summary), least).failures).toEqual([
			expect.stringMatching(/^nodes has no least share/),
			expect.stringMatching(/^No line of src\/gone was measured/),
			expect.stringMatching(/run 90\.0 % of the lines of src\/storage, and should run 90\.5 %/),
		]);
	});
});
