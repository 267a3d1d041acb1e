import autocannon from 'autocannon';

/** What one side of a comparison did. */
export interface Measured {
	name: string;
	/** Requests answered per second */
	perSecond: number;
	/** Latency in milliseconds */
	p50: number;
	p99: number;
	/** Answers that were not a 200, and requests that failed */
	failed: number;
}

/** Loads `url` for `seconds` from `connections` connections, after a short warm-up. */
export async function measureUrl(
	name: string,
	url: string,
	{ seconds = 10, connections = 16 } = {},
): Promise<Measured> {
	await autocannon({ url, connections, duration: 3 });
	const result = await autocannon({ url, connections, duration: seconds });
	return {
		name,
		perSecond: result['2xx'] / result.duration,
		p50: result.latency.p50,
		p99: result.latency.p99,
		failed: result.non2xx + result.errors + result.timeouts,
	};
}

/**
 * Loads several URLs in turns, so that a machine that gets busier or quieter meanwhile does so for
 * all of them alike. Rates are over all turns; latencies are the median of the turns. Where `paths`
 * are given, each connection asks for these in turn, and redirects are answers too.
 */
export async function measureInTurns(
	peers: ReadonlyArray<{ name: string; url: string; paths?: readonly string[] }>,
	{ turns = 5, seconds = 5, connections = 16 } = {},
): Promise<Measured[]> {
	const taken = peers.map(({ name, paths }) => ({
		name,
		redirects: (result: autocannon.Result) => (paths ? result['3xx'] : 0),
		turns: [] as autocannon.Result[],
	}));
	const run = async ({ url, paths }: (typeof peers)[number]) =>
		await autocannon({
			url,
			connections,
			duration: seconds,
			...(paths && { requests: paths.map((path) => ({ path })) }),
		});
	for (const peer of peers) await run(peer);
	for (let turn = 0; turn < turns; turn += 1) {
		for (const [index, peer] of peers.entries()) taken[index].turns.push(await run(peer));
	}
	return taken.map(({ name, redirects, turns: results }) => {
		const sum = (of: (result: autocannon.Result) => number) =>
			results.reduce((total, result) => total + of(result), 0);
		const median = (of: (result: autocannon.Result) => number) =>
			results.map(of).sort((a, b) => a - b)[Math.floor(results.length / 2)];
		return {
			name,
			perSecond:
				sum((result) => result['2xx'] + redirects(result)) / sum((result) => result.duration),
			p50: median((result) => result.latency.p50),
			p99: median((result) => result.latency.p99),
			failed: sum((result) => result.non2xx - redirects(result) + result.errors + result.timeouts),
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
			`p50 ${row.p50} ms`.padStart(12),
			`p99 ${row.p99} ms`.padStart(12),
			`${row.failed} failed`.padStart(10),
			`${(row.perSecond / peer.perSecond).toFixed(2).padStart(8)} ×`,
		];
		process.stdout.write(`${columns.join('  ')}\n`);
	}
}
