const { join } = require('node:path');

const projectFolder = join(__dirname, '..', '..');

module.exports = {
	projectFolder,
	runtimeFolder: join(projectFolder, 'runtime'),
	node24Folder: join(projectFolder, 'runtime', 'node24'),
	workflowsFolder: join(projectFolder, 'workflows'),
};
