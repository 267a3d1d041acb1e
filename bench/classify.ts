/**
 * How many loads a second one core classifies, against plain isbot on the same agents in the same
 * run: npm run bench -- classify
 */
import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { isbot } from 'isbot';

import {
	observeBurst,
	placeLoad,
	type BurstLoad,
	type BurstWindow,
} from '../src/tracking/bursts/burst-rules';
import { classifyFeatures, classifyLoad } from '../src/tracking/classify/classify-load';
import { extractFeatures, type ImageLoad } from '../src/tracking/classify/extract-features';

const LOADS = 200_000;
const ROUNDS = 5;
const fixtures = join(__dirname, '../test/fixtures');

/** A small repeatable generator: the bench must not differ from run to run. */
function randomSource(seed: number): () => number {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state / 2 ** 32;
	};
}
const random = randomSource(42);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];

const linesOf = (file: string): string[] =>
	readFileSync(join(fixtures, file), 'utf8').trim().split('\n');
const usualAgents = [
	...linesOf('browser-agents.txt'),
	'Mozilla/5.0',
	'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
	'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html',
	'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.12026; Pro)',
	'curl/8.5.0',
];
/** More distinct agents than are remembered, so that nearly each has to be judged anew. */
const rareAgents = linesOf('isbot-2.2.1/browsers.txt');

function loadsOf(agents: readonly string[]): ImageLoad[] {
	return Array.from({ length: LOADS }, (_, index) => ({
		method: 'GET',
		headers: { accept: 'image/avif,image/webp,*/*;q=0.8', 'accept-language': 'en' },
		userAgent: agents === rareAgents ? agents[index % agents.length] : pick(agents),
		// One reader in five comes over IPv6.
		ip:
			random() < 0.2
				? `2a02:26f7:${Math.floor(random() * 65_536).toString(16)}::7`
				: `${1 + Math.floor(random() * 220)}.${Math.floor(random() * 256)}.28.7`,
		secondsSinceSend: random() * 10_000,
	}));
}

/** The best of several rounds, in calls a second of this thread's own time. */
function perSecond(loads: readonly ImageLoad[], work: (load: ImageLoad) => unknown): number {
	let best = 0;
	let sink = 0;
	for (let round = 0; round < ROUNDS; round += 1) {
		const start = process.threadCpuUsage();
		for (const load of loads) if (work(load)) sink += 1;
		const { user, system } = process.threadCpuUsage(start);
		const seconds = (user + system) / 1e6;
		best = Math.max(best, loads.length / seconds);
	}
	if (sink < 0) throw new Error('The work was optimized away.');
	return best;
}

const line = (text: string) => process.stdout.write(`${text}\n`);
const thousands = (value: number) => Math.round(value).toLocaleString('en');

for (const [name, agents] of [
	['usual agents', usualAgents],
	['more agents than are remembered', rareAgents],
] as const) {
	const loads = loadsOf(agents);
	const peer = perSecond(loads, ({ userAgent }) => isbot(userAgent));
	const ours = perSecond(loads, classifyLoad);
	line(`${name} (${agents.length}):`);
	line(`  isbot alone    ${thousands(peer)}/s`);
	line(`  classifyLoad   ${thousands(ours)}/s   ${(ours / peer).toFixed(2)} x isbot`);
	const stored = loads.map(extractFeatures);
	const start = process.hrtime.bigint();
	for (const features of stored) classifyFeatures(features);
	const seconds = Number(process.hrtime.bigint() - start) / 1e9;
	const again = stored.length / seconds;
	line(`  judging again  ${thousands(again)}/s   ${(again / peer).toFixed(2)} x isbot`);
}

const windows = new Map<string, BurstWindow>();
const burstKey = createSecretKey(Buffer.alloc(32, 1));
const start = process.hrtime.bigint();
for (let index = 0; index < LOADS / 4; index += 1) {
	const load: BurstLoad = {
		eventId: `event-${index}`,
		at: index * 10,
		recipient: `recipient-${index % 20_000}`,
		recipientDomain: `company-${index % 500}.example`,
		ip: `203.0.${index % 250}.${index % 200}`,
		manyDomains: false,
		actor: 'human',
		features: ['method:get', 'ua:browser'],
	};
	const placed = placeLoad(load, burstKey);
	if (!placed?.recipient) continue;
	const { name } = placed.recipient;
	const before = { recipient: windows.get(name) ?? [], address: [] };
	windows.set(name, observeBurst(before, placed).windows.recipient);
}
const seconds = Number(process.hrtime.bigint() - start) / 1e9;
line(`burst rules: ${thousands(LOADS / 4 / seconds)} loads/s, ${windows.size} windows at the end`);
