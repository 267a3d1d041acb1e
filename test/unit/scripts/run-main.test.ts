import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { eventually } from '../../support/n8n-instance';

const library = join(__dirname, '..', '..', '..', 'scripts', 'lib', 'run.js');

/** A program that says which number it has, and stays; a stubborn one does not mind SIGTERM. */
const programText = (stubborn: boolean) =>
	`${stubborn ? "process.on('SIGTERM', () => undefined);" : ''}
	console.log(process.pid);
	setInterval(() => undefined, 1000);`;

/**
 * A command that has started such a program and then does `work`.
 * @returns the command, the process number of the program, and what the command printed
 */
async function startCommand(work: string, { stubborn = false, byNpm = false } = {}) {
	const script = `
		const { PlainError, runMain, say, start } = require(${JSON.stringify(library)});
		runMain(async () => {
			const child = start(process.execPath, ['-e', ${JSON.stringify(programText(stubborn))}], { stdio: ['ignore', 'pipe', 'inherit'] });
			const [line] = await require('node:events').once(child.stdout, 'data');
			say('program ' + line);
			${work}
			await new Promise((resolve) => setTimeout(resolve, 60_000));
		});`;
	// As npm does it: a shell that waits for the command.
	const command = byNpm
		? spawn('sh', ['-c', '"$0" -e "$1"; true', process.execPath, script], {
				env: { ...process.env, npm_lifecycle_event: 'demo' },
				stdio: 'pipe',
			})
		: spawn(process.execPath, ['-e', script], { stdio: 'pipe' });
	let stderr = '';
	command.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
	const [line] = (await once(command.stdout, 'data')) as [Buffer];
	const program = Number(/program (\d+)/.exec(line.toString())![1]);
	return { command, program, stderr: () => stderr };
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

describe('a command that has started a program', () => {
	it.each([
		['a failure that is the user’s', "throw new PlainError('No good');", /^No good$/],
		['a failure of its own', "throw new Error('Broken');", /^Error: Broken\n +at /],
		['a failure in an event', "setTimeout(() => { throw new PlainError('Late'); }, 1);", /^Late$/],
		['a promise that nobody waits for', "void Promise.reject(new PlainError('Lost'));", /^Lost$/],
	])('stops it after %s, and fails', async (_, work, message) => {
		const { command, program, stderr } = await startCommand(work);
		expect(await once(command, 'close')).toEqual([1, null]);
		expect(stderr().trim()).toMatch(message);
		expect(isAlive(program)).toBe(false);
	});

	it.each([
		['SIGINT', 130],
		['SIGTERM', 143],
		['SIGHUP', 129],
	] as const)('stops it on %s', async (signal, expected) => {
		const { command, program } = await startCommand('');
		command.kill(signal);
		expect(await once(command, 'close')).toEqual([expected, null]);
		expect(isAlive(program)).toBe(false);
	});

	it('stops it when nobody reads any more what it prints', async () => {
		const { command, program } = await startCommand("setInterval(() => say('on'), 50);");
		command.stdout.destroy();
		expect(await once(command, 'exit')).toEqual([1, null]);
		expect(isAlive(program)).toBe(false);
	});

	it('stops it when npm is killed, which ends only the shell that runs the command', async () => {
		const { command, program } = await startCommand('', { byNpm: true });
		command.kill('SIGKILL');
		await once(command, 'exit');
		await eventually(() => !isAlive(program));
	});

	it('ends it by force when it does not end within ten seconds', async () => {
		const { command, program } = await startCommand('', { stubborn: true });
		const asked = Date.now();
		command.kill('SIGTERM');
		await once(command, 'close');
		expect(isAlive(program)).toBe(false);
		expect(Date.now() - asked).toBeGreaterThan(9_000);
	}, 25_000);
});
