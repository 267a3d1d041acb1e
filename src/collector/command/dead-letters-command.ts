import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { normalId } from '../../tracking/people/normal-id';
import { CollectorError } from '../config/collector-error';
import {
	LOG_FILE,
	openCollectorLog,
	type DeadLetter,
	type CollectorLog,
} from '../log/collector-log';
import { eraseInLog } from '../log/person-in-log';
import { ROOM_BYTES } from '../waiting/waiting-opens';

const PAGE = 500;
/** The logs of a whole n8n folder are that deep: `<folder>/email-open-tracking-waiting/<store>/<owner>`. */
const DEPTH = 4;
/** Where the head of a SQLite file says how it is journaled, and what stands for a write-ahead log. */
const JOURNALING = { at: 18, wal: 2 };

const HELP = `Usage: n8n-nodes-email-open-tracking dead-letters <list|replay|erase> --data <folder> [options]

Opens that the store will never take, or that a workflow failed on again and again, are kept for 30
days as dead letters. This works on the logs in a folder and in the folders below it: that of a
collector, or the whole folder of n8n.

  list                  Print one line of JSON for each, the oldest first
  replay                Put them back into their log, to be tried again
  erase                 Delete them, with every trace in the files of the log

  --data <folder>       Folder with logs (required)
  --events              With list: print what they hold as well, which is personal data
  --seq <n>             Only those with this number, where the folder has one log; can be repeated
  --recipient <id>      With erase: only those of one person, and their opens that still wait
  --all                 With replay and erase: all of them
  --help                Show this text

Example:
  n8n-nodes-email-open-tracking dead-letters list --data ~/.n8n

Exit codes: 0 done; 1 failed; 2 wrong arguments.
`;

type Action = 'list' | 'replay' | 'erase';

interface Options {
	action: Action;
	folders: string[];
	events: boolean;
	/** `null` for all */
	numbers: ReadonlySet<number> | null;
	recipientId: string | null;
}

/**
 * The command `dead-letters`.
 *
 * @returns the exit code: 0 done, 1 failed, 2 wrong arguments
 */
export async function deadLetters(args: readonly string[]): Promise<number> {
	let options: Options | null;
	try {
		options = readOptions(args);
	} catch (error) {
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
		return 2;
	}
	if (options === null) {
		process.stdout.write(HELP);
		return 0;
	}
	try {
		let done = 0;
		for (const folder of options.folders) {
			const log = openExisting(folder);
			try {
				done += await work(log, folder, options);
			} finally {
				log.close();
			}
		}
		if (options.action !== 'list')
			process.stdout.write(`${JSON.stringify({ [DONE[options.action]]: done })}\n`);
		return 0;
	} catch (error) {
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
		return 1;
	}
}

const DONE = { replay: 'replayed', erase: 'erased' };

async function work(log: CollectorLog, folder: string, options: Options): Promise<number> {
	const { action, numbers, recipientId, events } = options;
	if (recipientId !== null) {
		return await eraseInLog(log, (open) => normalId(open.recipientId ?? '') === recipientId);
	}
	const letters = [...lettersOf(log)].filter(({ seq }) => numbers?.has(seq) ?? true);
	if (action === 'list') {
		for (const { event, ...about } of letters) {
			const line = { log: folder, ...about, ...(events ? { event: readable(event) } : {}) };
			process.stdout.write(`${JSON.stringify(line)}\n`);
		}
		return letters.length;
	}
	const seqs = [...new Set(letters.map(({ seq }) => seq))];
	if (action === 'replay') return log.replay(seqs);
	log.erase([], seqs);
	return seqs.length;
}

function* lettersOf(log: CollectorLog): Generator<DeadLetter> {
	for (let after = 0; ; ) {
		const page = log.deadLetters(PAGE, after);
		yield* page;
		if (page.length < PAGE) return;
		after = page[page.length - 1].seq;
	}
}

function readable(event: string): unknown {
	try {
		return JSON.parse(event);
	} catch {
		// Refused for being no JSON; shown as the text that it is.
		return event;
	}
}

function readOptions(args: readonly string[]): Options | null {
	const { values, positionals } = parseArgs({
		args: [...args],
		allowPositionals: true,
		options: {
			data: { type: 'string' },
			events: { type: 'boolean', default: false },
			seq: { type: 'string', multiple: true },
			recipient: { type: 'string' },
			all: { type: 'boolean', default: false },
			help: { type: 'boolean' },
		},
	});
	if (values.help) return null;
	const [action] = positionals as Action[];
	if (positionals.length !== 1 || !['list', 'replay', 'erase'].includes(action)) {
		throw new CollectorError('Say what to do: list, replay or erase. --help shows how.');
	}
	if (!values.data) throw new CollectorError('--data is missing. Name the folder of the log.');
	const folders = foldersIn(resolve(values.data));
	if (folders.length === 0) {
		throw new CollectorError(
			`There is no log in ${resolve(values.data)}. Name another --data folder.`,
		);
	}
	const numbers = values.seq?.map(Number) ?? null;
	if (numbers !== null && (folders.length > 1 || !numbers.every(Number.isInteger))) {
		throw new CollectorError(
			'--seq must be a number that list prints, with the folder of that log as --data.',
		);
	}
	if (values.recipient !== undefined && action !== 'erase') {
		throw new CollectorError('--recipient is for erase.');
	}
	const chosen = [numbers !== null, values.recipient !== undefined, values.all].filter(Boolean);
	if (action !== 'list' && chosen.length !== 1) {
		const more = action === 'erase' ? ', --recipient' : '';
		throw new CollectorError(`Say which: --seq${more} or --all.`);
	}
	return {
		action,
		folders,
		events: values.events,
		numbers: numbers && new Set(numbers),
		recipientId: values.recipient === undefined ? null : normalId(values.recipient),
	};
}

function foldersIn(folder: string, depth = DEPTH): string[] {
	if (!existsSync(folder)) return [];
	const own = existsSync(join(folder, LOG_FILE)) ? [folder] : [];
	if (depth === 0) return own;
	const below = readdirSync(folder, { withFileTypes: true })
		.filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
		.sort((a, b) => (a.name < b.name ? -1 : 1))
		.flatMap(({ name }) => foldersIn(join(folder, name), depth - 1));
	return [...own, ...below];
}

/** Leaves the log journaled as it is: one in which opens wait keeps its room by that. */
function openExisting(folder: string): CollectorLog {
	const head = Buffer.alloc(JOURNALING.at + 1);
	const file = openSync(join(folder, LOG_FILE), 'r');
	try {
		readSync(file, head, 0, head.length, 0);
	} finally {
		closeSync(file);
	}
	const isWaiting = head[JOURNALING.at] !== JOURNALING.wal;
	return openCollectorLog({ folder, durable: true, roomBytes: isWaiting ? ROOM_BYTES : 0 });
}
