import { pino, type DestinationStream } from 'pino';

/**
 * Where the command `collect` logs to: standard output, as JSON lines for programs, and as readable
 * lines where it is a terminal.
 */
export function logStream(): DestinationStream {
	if (!process.stdout.isTTY) return pino.destination({ sync: true });
	return { write: (line) => process.stdout.write(readableLine(line)) };
}

/**
 * A JSON line of pino as a person reads it: local time, level, message, and what else it holds.
 *
 * @example
 * readableLine('{"level":30,"time":"2026-11-29T15:04:05.000Z","port":8380,"msg":"collecting"}\n')
 * // '16:04:05 info   collecting  port=8380\n'
 */
export function readableLine(json: string): string {
	const { level, time, msg, ...rest } = JSON.parse(json) as Record<string, unknown>;
	const clock = new Date(String(time)).toTimeString().slice(0, 8);
	const name = pino.levels.labels[Number(level)].padEnd(6);
	const details = Object.entries(rest).map(
		([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
	);
	return `${clock} ${name} ${[String(msg), details.join(' ')].filter((part) => part !== '').join('  ')}\n`;
}
