const { createHash } = require('node:crypto');
const { mkdirSync, realpathSync, rmSync } = require('node:fs');
const { connect, createServer } = require('node:net');
const { tmpdir } = require('node:os');
const { basename, dirname, join, resolve } = require('node:path');

const { PlainError, say } = require('./run');

/** How often the holder of a lock is asked before it counts as dead: it may be about to listen. */
const TRIES = 4;
const BETWEEN_TRIES_MS = 25;

/**
 * Does `work` while no other process that asks for the same folder does; waits for one that does.
 * @template T
 * @param {string} folder need not exist
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function alone(folder, work) {
	for (let told = false; ; told = true) {
		const { release, released } = await tryLock(folder);
		if (release) {
			try {
				return await work();
			} finally {
				release();
			}
		}
		if (!told) say(`Waiting for another process that works in ${folder} …`);
		await released;
	}
}

/**
 * Takes the lock of a folder if it is free. The lock is a socket that this process listens on, so
 * that it ends with the process, however that ends.
 * @param {string} folder need not exist
 * @returns {Promise<{release?: () => void, released?: Promise<unknown>}>} `release` gives the lock
 *   back, at the latest the end of the process does; `released` waits for another holder to do so
 */
async function tryLock(folder) {
	const parent = dirname(resolve(folder));
	mkdirSync(parent, { recursive: true });
	const key = join(realpathSync(parent), basename(resolve(folder)));
	const name = createHash('sha256').update(key).digest('hex').slice(0, 16);
	const path = join(tmpdir(), `email-open-tracking-${name}.lock`);
	for (let tries = 1; tries <= 2 * TRIES; tries += 1) {
		const release = await listen(path);
		if (release) return { release };
		const released = await holderOf(path);
		if (released) return { released: released.closed };
		// A holder that was killed leaves its socket behind.
		if (tries === TRIES) rmSync(path, { force: true });
		else await new Promise((done) => setTimeout(done, BETWEEN_TRIES_MS));
	}
	throw new PlainError(`${folder} cannot be locked: ${path} is in the way. Delete that file.`);
}

/** Listens on a socket; gives how to stop that, or `null` when the path is taken. */
async function listen(path) {
	const waiting = new Set();
	const server = createServer((socket) => {
		waiting.add(socket);
		socket.on('error', () => waiting.delete(socket));
	});
	const error = await new Promise((resolve) => {
		server.once('error', resolve);
		server.listen(path, () => resolve(null));
	});
	if (error?.code === 'EADDRINUSE') return null;
	if (error) throw new PlainError(`${path} cannot be made: ${error.message}`);
	server.unref();
	const release = () => {
		process.off('exit', release);
		// Closing the server removes the socket's file, before those who wait try again.
		server.close();
		rmSync(path, { force: true });
		for (const socket of waiting) socket.destroy();
	};
	process.on('exit', release);
	return release;
}

/** Connects to who listens on a socket; `null` when nobody does. */
async function holderOf(path) {
	const socket = connect(path);
	const closed = new Promise((resolve) => socket.once('close', resolve));
	const connected = await new Promise((resolve) => {
		socket.once('connect', () => resolve(true));
		socket.on('error', () => resolve(false));
	});
	return connected ? { closed } : null;
}

module.exports = { alone, tryLock };
