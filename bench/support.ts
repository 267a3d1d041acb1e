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
