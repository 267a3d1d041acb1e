/**
 * Agents that other people collected, each list with the share that may be called wrong. A wrong
 * call is looked at for the rule behind it; no agent of a list is put into a table.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import crawlers from 'crawler-user-agents';

import { classifyLoad } from '../../../../src/tracking/classify/classify-load';
import { isCounted } from '../../../../src/tracking/event/open-event';

const root = join(__dirname, '../../../..');
const folderOf = (name: string): string =>
	dirname(require.resolve(`${name}/package.json`, { paths: [root] }));
const json = <T>(name: string, file: string): T =>
	JSON.parse(readFileSync(join(root, 'node_modules', name, file), 'utf8')) as T;

interface LabelledAgent {
	folder: string;
	userAgent: string;
}
const labeled = json<LabelledAgent[]>('random-useragent', 'useragent-data.json');
const inFolders = (pattern: RegExp): string[] =>
	labeled.filter(({ folder }) => pattern.test(folder)).map(({ userAgent }) => userAgent);

/** Test sets of woothee: YAML lists with one `target` each. */
function woothee(pattern: RegExp): string[] {
	const folder = join(folderOf('woothee'), 'woothee/testsets');
	return readdirSync(folder)
		.filter((file) => pattern.test(file))
		.flatMap((file) => [
			...readFileSync(join(folder, file), 'utf8').matchAll(/^- target: *(['"]?)(.+)\1\s*$/gm),
		])
		.map(([, , agent]) => agent)
		.filter((agent) => agent !== '-');
}

/** Proxies that the lists call crawlers, and that load when a reader opens a mail. */
const MAIL_PROXY = /GoogleImageProxy|YahooMailProxy|FastmailUA|Shortwave Image Fetcher/;

const MACHINES: ReadonlyArray<
	readonly [list: string, license: string, agents: readonly string[], wrong: number]
> = [
	['crawler-user-agents', 'MIT', crawlers.flatMap(({ instances }) => instances), 0.02],
	['top-crawler-agents', 'MIT', json('top-crawler-agents', 'index.json'), 0.005],
	['woothee, crawlers', 'Apache-2.0', woothee(/^crawler/), 0.03],
	['random-useragent, spiders', 'MIT', inFolders(/Spiders/), 0.055],
];
const PEOPLE: ReadonlyArray<
	readonly [list: string, license: string, agents: readonly string[], wrong: number]
> = [
	[
		'user-agents',
		'BSD-2-Clause',
		json<Array<{ userAgent: string }>>('user-agents', 'dist/user-agents.json').map(
			({ userAgent }) => userAgent,
		),
		0.001,
	],
	['user-agent-array', 'MIT', json('user-agent-array', 'user-agents.json'), 0.005],
	[
		'random-useragent, browsers and phones',
		'MIT',
		inFolders(/Browsers|Mobile Devices\/(?!Services)/),
		0.005,
	],
	[
		// The agents of headless browsers and mobile gateways in it are machines by every rule here.
		'woothee, computers and phones',
		'Apache-2.0',
		woothee(/^(?:pc_|smartphone|mobilephone|appliance)/),
		0.07,
	],
	[
		'isbot 2.2.1, browsers',
		'MIT',
		readFileSync(join(root, 'test/fixtures/isbot-2.2.1/browsers.txt'), 'utf8').trim().split('\n'),
		0.027,
	],
];

/** Headers as any image loader sends them, so that the agent alone decides. */
const countsAsOpen = (userAgent: string): boolean =>
	isCounted(
		classifyLoad({
			method: 'GET',
			headers: { accept: 'image/*', 'accept-language': 'en' },
			userAgent,
			ip: null,
			secondsSinceSend: 7200,
		}).actor,
	);

function wrongShare(agents: readonly string[], expected: boolean, list: string): number {
	const distinct = [...new Set(agents)].filter((agent) => !MAIL_PROXY.test(agent));
	expect(distinct.length).toBeGreaterThan(30);
	const wrong = distinct.filter((agent) => countsAsOpen(agent) !== expected).length;
	const call = expected ? 'called a machine' : 'called a person';
	process.stdout.write(`${list}: ${wrong} of ${distinct.length} ${call}\n`);
	return wrong / distinct.length;
}

test.each(MACHINES)(
	'machines of %s (%s) are not called people',
	(list, _licence, agents, limit) => {
		expect(wrongShare(agents, false, list)).toBeLessThanOrEqual(limit);
	},
);

test.each(PEOPLE)('people of %s (%s) are not called machines', (list, _licence, agents, limit) => {
	expect(wrongShare(agents, true, list)).toBeLessThanOrEqual(limit);
});
