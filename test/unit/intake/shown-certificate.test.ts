import { createServer as createTcpServer } from 'node:net';

import { shownCertificate } from '../../../src/intake/shown-certificate';
import { startSelfSignedStandIn } from '../../support/http-stand-in';

describe('the certificate of a server', () => {
	it('is looked at though nobody trusts it, and no request is sent', async () => {
		let requests = 0;
		const server = await startSelfSignedStandIn(() => {
			requests += 1;
			return { status: 200 };
		});
		try {
			const { refusedFor, validFrom, validTo } = await shownCertificate(new URL(server.url));
			expect(refusedFor).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
			expect(validTo.getTime()).toBeGreaterThan(validFrom.getTime());
			expect(requests).toBe(0);
		} finally {
			await server.stop();
		}
	});

	it('is an error where nothing listens, or something that does not speak TLS', async () => {
		const server = createTcpServer((socket) => {
			socket.on('error', () => {});
			socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n');
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const { port } = server.address() as { port: number };
		const url = new URL(`https://127.0.0.1:${port}`);
		await expect(shownCertificate(url)).rejects.toThrow(/SSL|wrong version/);
		await new Promise((resolve) => server.close(resolve));
		await expect(shownCertificate(url)).rejects.toThrow('ECONNREFUSED');
	});
});
