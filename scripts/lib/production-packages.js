const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const { projectFolder } = require('./paths');

/**
 * The packages that an installation of this one brings along, by name and version.
 * @returns {{name: string, published: string, version: string, license: string, folder: string}[]}
 *   `published` is the name on npm, where `name` is another one that package.json gives it
 */
function productionPackages() {
	const lock = JSON.parse(readFileSync(join(projectFolder, 'package-lock.json'), 'utf8'));
	return Object.entries(lock.packages)
		.filter(([path, { dev, devOptional, peer }]) => path !== '' && !dev && !devOptional && !peer)
		.map(([path, { name: published, version, license }]) => {
			const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
			return {
				name,
				published: published ?? name,
				version,
				license,
				folder: join(projectFolder, path),
			};
		})
		.sort((a, b) => {
			const [one, other] = [`${a.name} ${a.version}`, `${b.name} ${b.version}`];
			return one < other ? -1 : 1;
		});
}

module.exports = { productionPackages };
