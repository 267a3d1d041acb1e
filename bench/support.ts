import autocannon from 'autocannon';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What one side of a comparison did. */
export interface Measured {
	name: string;
	/** Requests answered per second */
	perSecond: number;
	/** Latency in milliseconds */
	p50: number;
	p99: number;
	/** Answers that were neither an image nor a redirect, and requests that failed */
	failed: number;
	/**
	 * Processor time that the serving processes took for each answer, in microseconds: unlike the rate it
	 * hardly depends on what else the machine does. `null` where a process or its time is not known.
	 */
	microseconds: number | null;
}

/** A server to load. */
export interface Peer {
	name: string;
	url: string;
	/** Asked for in turn by each connection, in place of the path of the URL */
	paths?: readonly string[];
	/** Connections to it, where they are other than to the others */
	connections?: number;
	/** Its processes, where they are known */
	pids?: readonly number[];
	/** Waits until it has done what its load left to do, so that it takes nothing from the next one */
	settled?: () => Promise<void>;
}

/** What one load of a server came to; the time of its process in seconds. */
interface Turn {
	answered: number;
	seconds: number;
	p50: number;
	p99: number;
	failed: number;
	processor: number | null;
}

const WRK_SCRIPT = join(__dirname, 'peers', 'wrk.lua');
const hasWrk = !spawnSync('wrk', ['-v']).error;
/** What makes the load. autocannon takes several times as much of the machine. */
export const LOAD_PROGRAM = hasWrk
	? 'wrk'
	: 'autocannon, the slower fallback, since wrk is missing';
/** The unit of the times in /proc; 100 on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

interface Load {
	seconds: number;
	connections: number;
}

async function load(peer: Peer, forAll: Load): Promise<Turn> {
	const how = { ...forAll, connections: peer.connections ?? forAll.connections };
	const before = processorSeconds(peer.pids);
	const result = await (hasWrk ? loadWithWrk : loadWithAutocannon)(peer, how);
	const after = processorSeconds(peer.pids);
	return { ...result, processor: before === null || after === null ? null : after - before };
}

async function loadWithWrk(
	{ url, paths }: Peer,
	{ seconds, connections }: Load,
): Promise<Omit<Turn, 'processor'>> {
	const folder = mkdtempSync(join(tmpdir(), 'wrk-'));
	try {
		const list = join(folder, 'paths');
		writeFileSync(list, (paths ?? []).map((path) => `${path}\n`).join(''));
		const { stdout } = await promisify(execFile)('wrk', [
			...['--threads', '1', '--connections', `${connections}`, '--duration', `${seconds}s`],
			...['--timeout', '10s', '--script', WRK_SCRIPT, url, '--', list],
		]);
		return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Omit<Turn, 'processor'>;
	} finally {
		rmSync(folder, { recursive: true });
	}
}

async function loadWithAutocannon(
	{ url, paths }: Peer,
	{ seconds, connections }: Load,
): Promise<Omit<Turn, 'processor'>> {
	const requests = paths?.map((path) => ({ path }));
	const result = await autocannon({
		url,
		connections,
		duration: seconds,
		...(requests && { requests }),
	});
	return {
		answered: result['2xx'] + result['3xx'],
		seconds: result.duration,
		p50: result.latency.p50,
		p99: result.latency.p99,
		failed: result['4xx'] + result['5xx'] + result.errors + result.timeouts,
	};
}

/** Processor time that processes have taken so far; `null` where the system does not tell. */
function processorSeconds(pids: readonly number[] | undefined): number | null {
	if (pids === undefined || process.platform !== 'linux') return null;
	const ticks = pids.map((pid) => {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		// Behind the name, which may hold anything, come the state and ten others, then user and system.
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		return Number(fields[11]) + Number(fields[12]);
	});
	return ticks.reduce((total, some) => total + some, 0) / TICKS_PER_SECOND;
}

/**
 * Loads several servers in turns, after one turn to warm up, so that a machine that gets busier or
 * quieter meanwhile does so for all of them alike. Rates are over all turns; latencies and processor
 * time are the median of the turns.
 */
export async function measureInTurns(
	peers: readonly Peer[],
	{ turns = 5, seconds = 5, connections = 16 } = {},
): Promise<Measured[]> {
	const taken = peers.map((peer) => ({ peer, results: [] as Turn[] }));
	const loadAlone = async (peer: Peer) => {
		const result = await load(peer, { seconds, connections });
		await peer.settled?.();
		return result;
	};
	for (const { peer } of taken) await loadAlone(peer);
	for (let turn = 0; turn < turns; turn += 1) {
		for (const { peer, results } of taken) results.push(await loadAlone(peer));
	}
	return taken.map(({ peer: { name }, results }) => {
		const sum = (of: (result: Turn) => number) =>
			results.reduce((total, result) => total + of(result), 0);
		const median = (of: (result: Turn) => number) =>
			results.map(of).sort((a, b) => a - b)[Math.floor(results.length / 2)];
		return {
			name,
			perSecond: sum(({ answered }) => answered) / sum((result) => result.seconds),
			p50: median(({ p50 }) => p50),
			p99: median(({ p99 }) => p99),
			failed: sum(({ failed }) => failed),
			microseconds: results.some(({ processor }) => processor === null)
				? null
				: median(({ processor, answered }) => ((processor ?? 0) / answered) * 1e6),
		};
	});
}

/** Prints the rows, each as a multiple of the first one. */
export function printRatios(rows: Measured[]): void {
	const [peer] = rows;
	for (const row of rows) {
		const columns = [
			row.name.padEnd(44),
			`${row.perSecond.toFixed(1).padStart(9)}/s`,
			`p50 ${row.p50.toFixed(1)} ms`.padStart(14),
			`p99 ${row.p99.toFixed(1)} ms`.padStart(14),
			`${row.failed} failed`.padStart(10),
			(row.microseconds === null ? '' : `${row.microseconds.toFixed(0)} µs each`).padStart(13),
			`${(row.perSecond / peer.perSecond).toFixed(2).padStart(8)} ×`,
		];
		process.stdout.write(`${columns.join('  ')}\n`);
	}
}
