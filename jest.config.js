/** Runs on Node 24 (see scripts/check.js): the embedded store needs `node:sqlite`. */
const common = {
	testEnvironment: 'node',
	// Each use of a global is looked up outside the test, which takes longer than what many of them do.
	sandboxInjectedGlobals: ['Array', 'JSON', 'Map', 'Math', 'Number', 'Object', 'Set', 'String'],
	// Other versions of n8n, which have their own package.json.
	modulePathIgnorePatterns: ['<rootDir>/.cache/'],
	transform: {
		'^.+\\.ts$': [
			'ts-jest',
			{ tsconfig: 'tsconfig.json', diagnostics: false, transpilation: true },
		],
	},
};

module.exports = {
	testTimeout: 60_000,
	projects: [
		{
			...common,
			displayName: 'fast',
			setupFiles: ['<rootDir>/test/support/own-user-folder.ts'],
			testMatch: ['<rootDir>/test/{unit,nodes,workflows,package}/**/*.test.ts'],
		},
		{ ...common, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.test.ts'] },
	],
};
