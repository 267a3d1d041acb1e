const { once } = require('node:events');
const { mkdirSync } = require('node:fs');
const { join } = require('node:path');
const { setTimeout: wait } = require('node:timers/promises');

const { PlainError, run, start, stop } = require('../run');

const WINDOW_MS = 60_000;
const LOOK_MS = 250;

/**
 * A screen that nobody sees, with programs on it.
 * @param {string} home the home folder of these programs
 */
async function startDesktop(home) {
	const screen = start(
		'Xvfb',
		['-displayfd', '1', '-screen', '0', '1280x1000x24', '-nolisten', 'tcp'],
		{ stdio: ['ignore', 'pipe', 'ignore'] },
	);
	const display = await firstLine(screen);
	const runtime = join(home, 'runtime');
	mkdirSync(runtime, { mode: 0o700 });
	/** @type {NodeJS.ProcessEnv} */
	const env = {
		PATH: process.env.PATH,
		HOME: home,
		XDG_RUNTIME_DIR: runtime,
		DISPLAY: `:${display}`,
		LANG: 'C.UTF-8',
		GSETTINGS_BACKEND: 'keyfile',
		NO_AT_BRIDGE: '1',
		LIBGL_ALWAYS_SOFTWARE: '1',
		// WebKit's sandbox needs rights that root in a container has not; the email is our own.
		...(process.getuid?.() === 0 && { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' }),
	};
	// A bus of its own, as a desktop has one; what the programs start over it ends with it.
	const bus = start('dbus-daemon', ['--session', '--nofork', '--print-address=1'], {
		env,
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	env.DBUS_SESSION_BUS_ADDRESS = await firstLine(bus);
	const started = [];
	const xdotool = (...args) => run('xdotool', args, { env, quiet: true });

	return {
		env,
		home,

		open(command, ...args) {
			started.push(start(command, args, { env, cwd: home, stdio: 'ignore' }));
		},

		/**
		 * Waits for a window and gives it the focus.
		 * @param {string} title a regular expression
		 */
		async focus(title, limitMs = WINDOW_MS) {
			const limit = Date.now() + limitMs;
			while (Date.now() < limit) {
				// It ends with an error while there is no such window.
				const found = await xdotool('search', '--onlyvisible', '--name', title).catch(() => '');
				const window = found.trim().split('\n').at(-1);
				if (window) {
					await xdotool('windowfocus', window);
					return;
				}
				await wait(LOOK_MS);
			}
			throw new PlainError(`it showed no window "${title}" within ${limitMs / 1000} s`);
		},

		/** Presses keys in the window that has the focus. */
		async press(...keys) {
			await xdotool('key', '--delay', '100', ...keys);
		},

		/** Ends the screen, and with it every program that shows something on it. */
		async close() {
			await stop(screen);
			await Promise.all(started.map(stop));
			await stop(bus);
		},
	};
}

async function firstLine(child) {
	const [line] = await once(child.stdout, 'data');
	return String(line).trim();
}

module.exports = { startDesktop };
