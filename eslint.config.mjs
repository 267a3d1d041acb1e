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

/** Everything that src/tracking may load, besides its own files. */
const DOMAIN_PACKAGES = [
	'node:crypto',
	'htmlparser2',
	'ipaddr.js',
	'isbot',
	'luxon',
	'pngjs',
	'uuid',
	'zod4',
];

/** The folders of src, and which others each may import from. */
const LAYERS = {
	tracking: [],
	async: [],
	storage: ['tracking', 'async'],
	intake: ['storage', 'tracking', 'async'],
	sinks: ['tracking', 'async'],
	reports: ['storage', 'tracking'],
	collector: ['intake', 'storage', 'tracking', 'async'],
	api: ['reports', 'intake', 'storage', 'tracking', 'async'],
};

/** Packages that are one layer's business. */
const OWNED_PACKAGES = { storage: ['kysely', 'pg'], api: ['hono'] };

/**
 * Holds the one-way line nodes -> {collector, api, reports, sinks} -> intake -> storage -> tracking.
 * Patterns match anywhere in the path, so that sub-folders are held to it as well.
 */
const layer = ([folder, below]) => {
	const others = Object.keys(LAYERS).filter((other) => other !== folder && !below.includes(other));
	const owned = Object.entries(OWNED_PACKAGES).flatMap(([owner, names]) =>
		owner === folder ? [] : names.flatMap((name) => [name, `${name}/**`]),
	);
	const patterns = [
		{
			group: [
				...others.map((other) => `**/${other}/**`),
				'**/nodes/**',
				'**/credentials/**',
				'**/cli',
				'**/mailer',
			],
			message: `src/${folder} builds on ${below.map((name) => `src/${name}`).join(', ') || 'nothing else of src'}`,
		},
		{
			group: ['n8n-*', 'n8n-*/**', ...owned],
			message: `This package is not for src/${folder}: n8n is for nodes, and a database or a web server for one folder`,
		},
	];
	if (folder === 'tracking') {
		const names = DOMAIN_PACKAGES.map((name) => name.replaceAll('.', '[.]')).join('|');
		patterns.push({
			regex: `^(?![.]|(?:${names})$)`,
			message: 'src/tracking is the domain: pure functions, nothing from n8n, storage or http',
		});
	}
	return {
		files: [`src/${folder}/**/*.ts`],
		rules: { 'no-restricted-imports': ['error', { patterns }] },
	};
};

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
	...Object.entries(LAYERS).map(layer),
	{
		files: ['src/*.ts'],
		rules: {
			'no-restricted-imports': [
				'error',
				{
					patterns: [
						{ group: ['n8n-*', 'n8n-*/**', '**/nodes/**'], message: 'src runs without n8n' },
					],
				},
			],
		},
	},
	{
		files: ['nodes/**/*.ts'],
		rules: {
			'no-restricted-imports': [
				'error',
				{
					patterns: [
						{
							regex: '^(?:[.][.]/)+(?:nodes/)?[A-Z]',
							caseSensitive: true,
							message: 'What two nodes use belongs in nodes/shared or in src',
						},
					],
				},
			],
		},
	},
	{
		files: ['src/**/*.ts', 'nodes/**/*.ts'],
		rules: {
			'no-restricted-syntax': [
				'error',
				{
					selector: 'ImportExpression[source.value=/^[.]/], TSImportType[source.value=/^[.]/]',
					message: 'Import files of this package by a statement, which the layers are checked by',
				},
			],
		},
	},
];
