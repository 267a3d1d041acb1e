const { once } = require('node:events');
const { createServer } = require('node:http');

const { PIXEL_PNG } = require('../../../src/tracking/receive/pixel-image');
const { pixelHeaders } = require('../../../src/tracking/receive/pixel-response');

/**
 * @typedef {object} Load one request, as it came
 * @property {string} method
 * @property {string} mail which email it is of
 * @property {import('node:http').IncomingHttpHeaders} headers
 */

/**
 * Answers every request on loopback with the pixel, as the product does, and keeps what was sent.
 */
async function startPixelServer() {
	/** @type {Load[]} */
	const loads = [];
	const server = createServer((request, response) => {
		loads.push({
			method: request.method ?? '',
			mail: new URL(request.url ?? '', 'http://localhost').searchParams.get('mail') ?? '',
			headers: request.headers,
		});
		response.writeHead(200, pixelHeaders(PIXEL_PNG.length)).end(PIXEL_PNG);
		server.emit('load');
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

	const loadsOf = (mail) => loads.filter((load) => load.mail === mail);

	async function waitForLoad(mail, before, limitMs) {
		const limit = AbortSignal.timeout(limitMs);
		while (loadsOf(mail).length <= before) {
			try {
				await once(server, 'load', { signal: limit });
			} catch (error) {
				if (limit.aborted) return false;
				throw error;
			}
		}
		return true;
	}

	return {
		/** The address of the pixel of one email. */
		addressFor: (mail) => `http://127.0.0.1:${port}/pixel.png?mail=${mail}`,
		/** The loads of one email so far. */
		loadsOf,
		/**
		 * Waits until an email was loaded more than `before` times, or until the time is over.
		 * @returns {Promise<boolean>} whether it was
		 */
		waitForLoad,
		close: () => {
			server.closeAllConnections();
			server.close();
		},
	};
}

module.exports = { startPixelServer };
