const { spawn } = require('node:child_process');

/** A failure whose message is all the user needs: printed as one clear line, without a stack. */
class PlainError extends Error {}

/** Prints one line of progress. */
function say(text) {
	process.stdout.write(`${text}\n`);
}

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean, label?: string}} [options]
 *   `quiet` keeps the output back, shows a dot every five seconds, and prints it only on failure
 * @returns {Promise<string>} what the command printed (only with `quiet`)
 */
async function run(command, args, { cwd, env, quiet = false, label } = {}) {
	return await new Promise((resolve, reject) => {
		if (label) process.stdout.write(`${label} `);
		const child = spawn(command, args, {
			cwd,
			env: env ?? process.env,
			stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
		});
		let output = '';
		const collect = (chunk) => {
			output = (output + chunk).slice(-200_000);
		};
		child.stdout?.on('data', collect);
		child.stderr?.on('data', collect);
		const dots = quiet && label ? setInterval(() => process.stdout.write('.'), 5000) : undefined;
		const started = Date.now();
		child.once('error', (error) => {
			clearInterval(dots);
			reject(new PlainError(`${command} could not be started: ${error.message}`));
		});
		child.once('close', (code, signal) => {
			clearInterval(dots);
			const seconds = Math.round((Date.now() - started) / 1000);
			if (label) process.stdout.write(code === 0 ? ` done (${seconds} s)\n` : ' failed\n');
			if (code === 0) return resolve(output);
			const tail = quiet ? `\n${output.trim().split('\n').slice(-25).join('\n')}` : '';
			reject(
				new PlainError(
					`${label ?? [command, ...args].join(' ')} ended with ${signal ?? `code ${code}`}${tail}`,
				),
			);
		});
	});
}

/** Runs `main`; a failure becomes one line and exit code 1. */
function runMain(main) {
	main().catch((error) => {
		process.stderr.write(`\n${error instanceof PlainError ? error.message : error.stack}\n`);
		process.exit(1);
	});
}

module.exports = { PlainError, run, runMain, say };
