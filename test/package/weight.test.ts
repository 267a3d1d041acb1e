import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { productionPackages } from '../../scripts/lib/production-packages';

const root = join(__dirname, '..', '..');
const KIB = 1024;
/** What an installation may take on disk. */
const BUDGET = 40 * KIB * KIB;
const BLOCK = 4 * KIB;

/** What a folder takes on a disk with blocks of 4 KiB, without the packages inside it. */
function sizeOf(folder: string): number {
	return readdirSync(folder, { withFileTypes: true })
		.filter(({ name }) => name !== 'node_modules')
		.reduce((sum, entry) => {
			const path = join(folder, entry.name);
			if (entry.isDirectory()) return sum + sizeOf(path);
			return sum + Math.ceil(statSync(path).size / BLOCK) * BLOCK;
		}, BLOCK);
}

describe('an installation', () => {
	const packages = productionPackages();

	it('brings along what package.json names, and what that needs, but nothing of development', () => {
		const names = packages.map(({ name }) => name);
		const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
		expect(names).toEqual(expect.arrayContaining([...Object.keys(dependencies), 'pg-protocol']));
		expect(names).not.toContain('jest');
		expect(names).not.toContain('n8n-workflow');
		expect(packages.filter(({ folder }) => !existsSync(folder))).toEqual([]);
	});

	it('takes at most 40 MiB', () => {
		const sizes = packages.map(({ name, folder }) => ({ name, size: sizeOf(folder) }));
		sizes.push(...['dist', 'workflows'].map((name) => ({ name, size: sizeOf(join(root, name)) })));
		const total = sizes.reduce((sum, { size }) => sum + size, 0);
		// Far less would say that nothing was measured.
		expect(total).toBeGreaterThan(10 * KIB * KIB);
		const largest = sizes
			.sort((a, b) => b.size - a.size)
			.slice(0, 10)
			.map(({ name, size }) => `${name} ${Math.round(size / KIB)} KiB`);
		expect({ isWithinBudget: total <= BUDGET, total, largest }).toMatchObject({
			isWithinBudget: true,
		});
	});

	it('has every license in THIRD_PARTY_LICENSES.md, and permissive ones only', () => {
		const { status, stderr } = spawnSync(
			process.execPath,
			[join('scripts', 'update-licenses.js'), '--check'],
			{ cwd: root, encoding: 'utf8' },
		);
		expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
		for (const { name, license } of packages) {
			expect([name, license]).toEqual([
				name,
				expect.stringMatching(/^(MIT|ISC|0BSD|Apache-2\.0|BSD-2-Clause|BSD-3-Clause|Unlicense)$/),
			]);
		}
	});
});
