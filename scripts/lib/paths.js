const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const projectFolder = join(__dirname, '..', '..');
const pinnedFolder = join(projectFolder, 'runtime');

const pinnedVersion = JSON.parse(readFileSync(join(pinnedFolder, 'package.json'), 'utf8'))
	.dependencies.n8n;
/** Another n8n than the pinned one is chosen by this variable, which child processes inherit. */
const n8nVersion = process.env.N8N_VERSION || pinnedVersion;

module.exports = {
	n8nVersion,
	pinnedFolder,
	projectFolder,
	/** Where the n8n that demo and tests run is installed. */
	runtimeFolder:
		n8nVersion === pinnedVersion
			? pinnedFolder
			: join(projectFolder, '.cache', `n8n-${n8nVersion}`),
	/** Where the engine of ClickHouse is installed that tests run SQL in. */
	clickHouseFolder: join(pinnedFolder, 'clickhouse'),
	node24Folder: join(pinnedFolder, 'node24'),
	workflowsFolder: join(projectFolder, 'workflows'),
};
