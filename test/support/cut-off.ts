import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server that can be cut off and opened again. */
export interface CutOff {
	port: number;
	/** Drops all connections and refuses new ones */
	close(): Promise<void>;
	open(): Promise<void>;
	/** Keeps all connections and takes new ones, but passes nothing on */
	hang(): void;
}

/**
 * Passes TCP connections on to `host`:`port`, from a free port of this machine.
 *
 * @param delayMs how much later everything arrives, each way: as from a server that is far away
 */
export async function startCutOff(
	host: string,
	port: number,
	{ delayMs = 0 } = {},
): Promise<CutOff> {
	const sockets = new Set<Socket>();
	let server: Server;
	let own = 0;
	let hangs = false;
	// Timers of the same length fire in the order they were set, so the bytes stay in theirs.
	const later = (pass: () => void) => (delayMs > 0 ? setTimeout(pass, delayMs) : pass());
	const open = async (): Promise<void> => {
		hangs = false;
		server = createServer({ noDelay: true }, (client) => {
			const target = connect({ host, port, noDelay: true });
			for (const [one, other] of [
				[client, target],
				[target, client],
			]) {
				sockets.add(one);
				one.on('data', (data) => hangs || later(() => other.write(data)));
				one.on('end', () => later(() => other.end()));
				one.on('error', () => other.destroy());
				one.on('close', () => {
					sockets.delete(one);
					other.destroy();
				});
			}
		});
		await new Promise<void>((resolve, reject) => {
			server.once('error', reject);
			server.listen(own, '127.0.0.1', resolve);
		});
		own = (server.address() as { port: number }).port;
	};
	await open();
	return {
		port: own,
		open,
		hang: () => (hangs = true),
		close: async () => {
			const closed = new Promise<void>((resolve) => server.close(() => resolve()));
			for (const socket of sockets) socket.destroy();
			await closed;
		},
	};
}
