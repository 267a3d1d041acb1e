const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { constants } = require('node:os');

/** How long a program may take to end when it is asked to, before it is ended by force. */
const GRACE_MS = 10_000;

/** A failure whose message is all the user needs: printed as it is, without a stack. */
class PlainError extends Error {
	/**
	 * @param {string} message
	 * @param {number} [exitCode]
	 */
	constructor(message, exitCode = 1) {
		super(message);
		this.exitCode = exitCode;
	}
}

/** The programs that were started and have not ended. */
const running = new Set();
let ending = false;

/** Prints one line of progress. */
function say(text) {
	process.stdout.write(`${text}\n`);
}

/**
 * Starts a program that does not outlive this one: `runMain` stops it, however this one ends.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
function start(command, args, options) {
	if (ending) throw new PlainError(`${command} was not started, because this program is ending`);
	const child = spawn(command, args, options);
	running.add(child);
	child.once('exit', () => running.delete(child));
	child.once('error', () => running.delete(child));
	return child;
}

/** Asks a program to end, ends it by force when it does not, and waits for its end. */
async function stop(child) {
	if (!running.has(child)) return;
	const exited = once(child, 'exit');
	child.kill('SIGTERM');
	const force = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
	await exited;
	clearTimeout(force);
}

/**
 * Shows `label`, a dot every five seconds, and how long `work` took.
 * @template T
 * @param {string} label
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function withProgress(label, work) {
	process.stdout.write(`${label} `);
	const dots = setInterval(() => process.stdout.write('.'), 5000);
	const started = Date.now();
	try {
		const result = await work();
		process.stdout.write(` done (${Math.round((Date.now() - started) / 1000)} s)\n`);
		return result;
	} catch (error) {
		process.stdout.write(ending ? ' stopped\n' : ' failed\n');
		throw error;
	} finally {
		clearInterval(dots);
	}
}

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, input?: 'inherit', quiet?: boolean, label?: string}} [options]
 *   `input` lets the command read what is typed; `quiet` keeps the output back and prints it only on failure; `label` shows the progress
 * @returns {Promise<string>} what the command printed (only with `quiet`)
 */
async function run(command, args, { cwd, env, input, quiet = false, label } = {}) {
	const work = () =>
		new Promise((resolve, reject) => {
			const child = start(command, args, {
				cwd,
				env: env ?? process.env,
				stdio: quiet ? ['ignore', 'pipe', 'pipe'] : [input ?? 'ignore', 'inherit', 'inherit'],
			});
			let output = '';
			const collect = (chunk) => {
				output = (output + chunk).slice(-200_000);
			};
			child.stdout?.on('data', collect);
			child.stderr?.on('data', collect);
			child.once('error', (error) =>
				reject(new PlainError(`${command} could not be started: ${error.message}`)),
			);
			child.once('close', (code, signal) => {
				if (code === 0) return resolve(output);
				const tail = quiet ? `\n${output.trim().split('\n').slice(-25).join('\n')}` : '';
				reject(
					new PlainError(
						`${label ?? [command, ...args].join(' ')} ended with ${signal ?? `code ${code}`}${tail}`,
					),
				);
			});
		});
	return label ? await withProgress(label, work) : await work();
}

/**
 * Runs `main`. However it ends, by a failure, by a signal or because nobody reads what it prints,
 * the programs it started are stopped first. A failure is printed as its message; a signal ends
 * with the usual code, or with `process.exitCode` where `main` has set it.
 * @param {() => Promise<void>} main
 */
function runMain(main) {
	const end = async (code, message) => {
		if (ending) return;
		ending = true;
		await Promise.all([...running].map(stop));
		if (message) process.stderr.write(`\n${message}\n`);
		process.exit(code);
	};
	const fail = (error) =>
		end(error.exitCode ?? 1, error instanceof PlainError ? error.message : error.stack);

	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
		process.on(signal, () => {
			if (!ending && running.size > 0) say('\nStopping …');
			void end(process.exitCode ?? 128 + constants.signals[signal]);
		});
	}
	// A terminal that was closed, or a pipe whose reader has gone.
	for (const stream of [process.stdout, process.stderr]) stream.on('error', () => void end(1));
	// An npm that is killed does not tell the command it runs, which gets another parent instead.
	if (process.env.npm_lifecycle_event) {
		const parent = process.ppid;
		setInterval(() => {
			if (process.ppid !== parent) void end(128 + constants.signals.SIGTERM);
		}, 500).unref();
	}
	process.on('uncaughtException', fail);
	main().catch(fail);
}

module.exports = { PlainError, run, runMain, say, start, stop, withProgress };
