import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { CollectorError } from '../config/collector-error';
import { WARN_SHARE } from '../log/commit-queue';
import type { Collector } from '../threads/collector';
import { collectorMetrics, METRICS_TYPE } from './metrics';

/**
 * Why the collector should get no more loads; empty while all is well. A balancer that asks for
 * readiness sends them to another collector. A store that is away is no reason: that is what the
 * log is for.
 */
export function reasonsNotReady(collector: Pick<Collector, 'listening'>): string[] {
	const report = collector.listening();
	if (!report) return ['starting'];
	const reasons: string[] = [];
	if (report.log.usedShare >= 1) reasons.push('log-full');
	else if (report.log.usedShare >= WARN_SHARE) reasons.push('log-filling');
	if (report.log.failure !== null) reasons.push('log-failing');
	return reasons;
}

export interface AdminServer {
	port: number;
	stop(): Promise<void>;
}

/**
 * What machines that watch over the collector ask, on a port of its own so that the public one
 * shows nothing but the pixel: `/healthz` (the process answers), `/readyz` (200, or 503 with the
 * reasons as JSON) and `/metrics`.
 *
 * @throws CollectorError when the port cannot be used
 */
export async function startAdminServer(
	{ host, port }: { host: string; port: number },
	collector: Pick<Collector, 'listening' | 'shipping' | 'handingOn'>,
	maxBytes: number,
	isStopping: () => boolean,
): Promise<AdminServer> {
	const server = createServer((request, response) => {
		const answer = (status: number, body: unknown) => {
			response.writeHead(status, { 'content-type': 'application/json' });
			response.end(JSON.stringify(body));
		};
		const path = (request.url ?? '').split('?', 1)[0];
		if (path === '/healthz') return answer(200, { status: 'ok' });
		if (path === '/readyz') {
			const reasons = isStopping() ? ['stopping'] : reasonsNotReady(collector);
			return answer(reasons.length === 0 ? 200 : 503, { ready: reasons.length === 0, reasons });
		}
		if (path !== '/metrics') return answer(404, { error: 'Ask for /healthz, /readyz or /metrics' });
		response.writeHead(200, { 'content-type': METRICS_TYPE });
		response.end(collectorMetrics(collector, maxBytes));
	});
	server.requestTimeout = 5000;
	server.headersTimeout = 5000;
	await new Promise<void>((resolve, reject) => {
		server.once('error', (error: NodeJS.ErrnoException) =>
			reject(
				new CollectorError(
					`The admin port ${port} cannot be used (${error.code}). Choose another one with --admin-port.`,
				),
			),
		);
		server.listen(port, host, resolve);
	});
	return {
		port: (server.address() as AddressInfo).port,
		stop: async () => {
			const closed = new Promise<void>((resolve) => server.close(() => resolve()));
			server.closeAllConnections();
			await closed;
		},
	};
}
