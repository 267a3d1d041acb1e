import { isIP } from 'node:net';
import { connect, type PeerCertificate } from 'node:tls';

const LIMIT_MS = 5000;

/**
 * Looks at the certificate of an https address, whether it is to be trusted or not. Nothing is sent.
 *
 * @returns with the code by which Node.js says why it is not trusted; `null` where it is
 * @throws where there is no connection, or no certificate within five seconds
 */
export async function shownCertificate({ hostname, port }: URL): Promise<{
	refusedFor: string | null;
	validFrom: Date;
	validTo: Date;
}> {
	const host = hostname.replace(/^\[|\]$/g, '');
	return await new Promise((resolve, reject) => {
		const socket = connect({
			host,
			port: Number(port || 443),
			...(isIP(host) === 0 && { servername: host }),
			// To look at what others would refuse.
			rejectUnauthorized: false,
		});
		socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error('It took more than five seconds')));
		socket.once('error', reject);
		socket.once('secureConnect', () => {
			const { valid_from: from, valid_to: to } = socket.getPeerCertificate() as PeerCertificate;
			const { authorized, authorizationError } = socket;
			resolve({
				refusedFor: authorized ? null : codeOf(authorizationError),
				validFrom: new Date(from),
				validTo: new Date(to),
			});
			socket.destroy();
		});
	});
}

function codeOf(error: unknown): string {
	const { code } = (error ?? {}) as { code?: unknown };
	return typeof code === 'string' ? code : String(error);
}
