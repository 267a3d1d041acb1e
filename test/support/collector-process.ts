import { spawn, type ChildProcess } from 'node:child_process';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The command line of the built package. */
export const CLI = join(__dirname, '..', '..', 'dist', 'src', 'cli.js');

export interface LogLine {
	level: number;
	msg: string;
	port?: number;
	adminPort?: number;
	[field: string]: unknown;
}

/** A collector in a process of its own, from the built package. */
export interface CollectorProcess {
	port: number;
	adminPort: number | undefined;
	child: ChildProcess;
	/** What it logged so far */
	lines: LogLine[];
	/** Resolves with the exit code, or the signal that ended it */
	exited: Promise<number | string>;
}

/** Runs a command of the built package to its end. */
export async function runCli(
	args: string[],
	env: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; output: string; errors: string }> {
	const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, ...env } });
	let output = '';
	let errors = '';
	child.stdout.setEncoding('utf8').on('data', (chunk) => (output += chunk));
	child.stderr.setEncoding('utf8').on('data', (chunk) => (errors += chunk));
	const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
	return { code, output, errors };
}

/**
 * Starts `collect` on a free port and waits until it listens.
 *
 * @param enter the command that puts it on another host
 */
export async function startCollectorProcess(
	folder: string,
	args: string[] = [],
	env: NodeJS.ProcessEnv = {},
	enter: readonly string[] = [],
): Promise<CollectorProcess> {
	const [program, ...before] = [...enter, process.execPath];
	const child = spawn(
		program,
		[...before, CLI, 'collect', '--data', folder, '--port', '0', '--host', '127.0.0.1', ...args],
		{ env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] },
	);
	const exited = new Promise<number | string>((resolve) =>
		child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown')),
	);
	const lines: LogLine[] = [];
	const started = new Promise<LogLine>((resolve, reject) => {
		createInterface({ input: child.stdout }).on('line', (text) => {
			const line = JSON.parse(text) as LogLine;
			lines.push(line);
			if (line.msg === 'collecting') resolve(line);
		});
		void exited.then((code) => reject(new Error(`The collector ended with ${code}`)));
	});
	const { port, adminPort } = await started;
	return { port: Number(port), adminPort, child, lines, exited };
}

/** A number that a collector tells on its admin port. */
export async function collectorMetric(
	{ adminPort, lines }: Pick<CollectorProcess, 'adminPort' | 'lines'>,
	name: string,
	host = '127.0.0.1',
): Promise<number> {
	const answer = await fetch(`http://${host}:${adminPort}/metrics`).catch(() => {
		throw new Error(`The collector is gone: ${lines.at(-1)?.msg}`);
	});
	const line = new RegExp(`^open_tracking_collector_${name} (\\d+)$`, 'm');
	return Number(line.exec(await answer.text())?.[1]);
}

/** Loads the pixel once. Resolves to whether the whole image came back. */
export async function load(agent: Agent, port: number, id: string): Promise<boolean> {
	return await new Promise((resolve) => {
		const request = get({ agent, port, host: '127.0.0.1', path: `/o.png?id=${id}` }, (response) => {
			let length = 0;
			response.on('data', (chunk: Buffer) => (length += chunk.length));
			response.on('close', () => resolve(response.complete && length === 67));
		});
		request.once('error', () => resolve(false));
	});
}
