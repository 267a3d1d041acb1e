import n8nCommunityNodes from '@n8n/eslint-plugin-community-nodes';
import tsPlugin from '@typescript-eslint/eslint-plugin';
import tsParser from '@typescript-eslint/parser';
import n8nNodesBase from 'eslint-plugin-n8n-nodes-base';

const typescript = {
	files: ['**/*.ts'],
	languageOptions: { parser: tsParser, ecmaVersion: 2022, sourceType: 'module' },
	plugins: { '@typescript-eslint': tsPlugin },
	rules: {
		...tsPlugin.configs.recommended.rules,
		'@typescript-eslint/no-explicit-any': 'error',
		'@typescript-eslint/no-require-imports': 'error',
		'no-console': 'error',
	},
};

const communityRules = n8nCommunityNodes.configs.recommendedWithoutN8nCloudSupport;
const community = (files, extra = {}) => ({
	...communityRules,
	files,
	languageOptions: { parser: tsParser },
	rules: { ...communityRules.rules, ...extra },
});
const nodesBase = (preset, files) => ({
	files,
	languageOptions: { parser: tsParser },
	plugins: { 'n8n-nodes-base': n8nNodesBase },
	rules: {
		...n8nNodesBase.configs[preset].rules,
		// n8n's own scaffolding switches these five off as well.
		'n8n-nodes-base/cred-class-field-documentation-url-miscased': 'off',
		'n8n-nodes-base/cred-class-field-type-options-password-missing': 'off',
		'n8n-nodes-base/node-class-description-inputs-wrong-regular-node': 'off',
		'n8n-nodes-base/node-class-description-outputs-wrong': 'off',
		'n8n-nodes-base/node-param-type-options-max-value-present': 'off',
	},
});

/** Holds the one-way line nodes -> src/* -> src/tracking (what a folder may not import). */
const layer = (folder, forbidden, why) => ({
	files: [`src/${folder}/**/*.ts`],
	rules: {
		'no-restricted-imports': ['error', { patterns: [{ group: forbidden, message: why }] }],
	},
});

export default [
	{ ignores: ['dist/**', 'node_modules/**', 'runtime/**', 'coverage/**', '.cache/**', '.demo/**'] },
	typescript,
	community(['nodes/**/*.ts', 'credentials/**/*.ts']),
	// The one knowing deviation: runtime dependencies. They are pure JavaScript without install
	// scripts, and a store, a classifier and a dashboard of our own making would be worse ones.
	community(['package.json'], { '@n8n/community-nodes/no-runtime-dependencies': 'off' }),
	nodesBase('community', ['package.json']),
	nodesBase('nodes', ['nodes/**/*.ts']),
	nodesBase('credentials', ['credentials/**/*.ts']),
	layer(
		'tracking',
		[
			'n8n-*',
			'kysely',
			'pg',
			'hono',
			'node:http',
			'node:fs',
			'node:sqlite',
			'../storage/*',
			'../sinks/*',
			'../collector/*',
			'../reports/*',
			'../api/*',
			'**/nodes/*',
		],
		'src/tracking is the domain: no n8n, no storage, no http, nothing above it',
	),
	layer(
		'storage',
		['n8n-*', '../sinks/*', '../collector/*', '../reports/*', '../api/*', '**/nodes/*'],
		'src/storage builds on src/tracking alone',
	),
	layer(
		'sinks',
		['n8n-*', '../storage/*', '../collector/*', '../reports/*', '../api/*', '**/nodes/*'],
		'src/sinks builds on src/tracking alone',
	),
	layer(
		'reports',
		['n8n-*', 'kysely', 'pg', '../sinks/*', '../collector/*', '../api/*', '**/nodes/*'],
		'src/reports takes data and gives text',
	),
	layer(
		'collector',
		['n8n-*', '../sinks/*', '../reports/*', '../api/*', '**/nodes/*'],
		'src/collector builds on src/storage and src/tracking',
	),
	layer(
		'api',
		['n8n-*', 'kysely', 'pg', '../sinks/*', '../collector/*', '**/nodes/*'],
		'src/api turns requests into calls of the store and reports',
	),
];
