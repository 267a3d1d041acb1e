import { clientAddress } from '../../../src/tracking/receive/client-address';

/**
 * The client's address behind n8n's own Webhook node, which gives headers and no connection: what
 * the outermost of the operator's own proxies (`N8N_PROXY_HOPS`) wrote into `X-Forwarded-For`.
 *
 * @returns `null` without such a proxy, for then the client wrote the whole header
 */
export function forwardedClient(
	headers: Readonly<Record<string, string | undefined>>,
): string | null {
	const trustedHops = Number(process.env.N8N_PROXY_HOPS ?? 0);
	if (!(trustedHops >= 1)) return null;
	const forwardedFor = headers['x-forwarded-for'];
	return clientAddress({ remoteAddress: null, forwardedFor, trustedHops });
}
