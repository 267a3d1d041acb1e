import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

import type { BegunSync, SimulatedDisk } from './simulated-disk';

/** The calls that change files, and those that could change them unseen. */
const CHANGING = [
	'open,openat,creat,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,sync_file_range',
	'rename,renameat,renameat2,link,linkat,unlink,unlinkat,truncate,ftruncate,fallocate',
	'mmap,copy_file_range,sendfile,io_uring_enter',
].join(',');

/** Arguments of strace that record all of this of a program and its children, whole and in hex. */
export function straceArguments(output: string, command: readonly string[]): string[] {
	const limit = String(64 * 1024 * 1024);
	return ['-f', '-y', '-xx', '-s', limit, '-e', `trace=${CHANGING}`, '-o', output, ...command];
}

/** What one line of the recording does. Syncs of the files of a folder have a begin and an end. */
export interface RecordedCall {
	name: string;
	args: string;
	thread: string;
	/** A call whose end is in a later line */
	phase: 'whole' | 'begin' | 'end';
}

const LINE = /^(\d+) +(?:<\.\.\. \w+ resumed>(.*)|(\w+)\((.*))$/s;
const UNFINISHED = ' <unfinished ...>';
const RESULT = /\) += (-?\d+|\?|0x[0-9a-f]+)[^"]*$/;
const DESCRIPTOR = /^(?:-?\w+)<([^>]*)>(\(deleted\))?/;
const QUOTED = /"((?:\\x[0-9a-f]{2})*)"/g;

/** The calls of a recording in order; those that failed are left out. */
export async function* readRecording(file: string): AsyncGenerator<RecordedCall> {
	const begun = new Map<string, { name: string; args: string }>();
	for await (const line of createInterface({ input: createReadStream(file) })) {
		const [, thread, resumed, name, rest] = LINE.exec(line) ?? [];
		if (thread === undefined) continue;
		if (resumed === undefined && rest.endsWith(UNFINISHED)) {
			const args = rest.slice(0, -UNFINISHED.length);
			begun.set(thread, { name, args });
			yield { name, args, thread, phase: 'begin' };
			continue;
		}
		const earlier = begun.get(thread);
		const call = resumed === undefined ? { name, args: rest } : earlier && join(earlier, resumed);
		if (!call) throw new Error(`A call ends that never began: ${line.slice(0, 200)}`);
		begun.delete(thread);
		const [, result] = RESULT.exec(call.args) ?? [];
		// Ended by the end of its program.
		if (result === undefined || result === '?') continue;
		if (result === '-1') continue;
		yield { ...call, thread, phase: resumed === undefined ? 'whole' : 'end' };
	}
}

function join({ name, args }: { name: string; args: string }, rest: string) {
	return { name, args: args + rest };
}

/** Does to a simulated disk what recorded calls did to the real one. */
export class Replay {
	readonly #syncs = new Map<string, BegunSync>();

	/** @param written gets what was written to any other file, in the order of the recording */
	constructor(
		private readonly disk: SimulatedDisk,
		private readonly written: (path: string, bytes: Buffer) => void,
	) {}

	/** @returns whether the call was about a file of the disk */
	apply({ name, args, thread, phase }: RecordedCall): boolean {
		if (name === 'fsync' || name === 'fdatasync') return this.#sync(args, thread, phase);
		if (phase === 'begin') return false;
		switch (name) {
			case 'open':
			case 'openat':
			case 'creat':
				return this.#open(name, args);
			case 'write':
			case 'pwrite64':
				return this.#write(name, args);
			case 'ftruncate':
				return this.#onDescriptor(args, (path) =>
					this.disk.truncate(path, Number(/, (\d+)\)/.exec(args)?.[1])),
				);
			case 'rename':
			case 'renameat':
			case 'renameat2':
				return this.#onPaths(args, ([from, to]) => this.disk.rename(from, to));
			case 'link':
			case 'linkat':
				return this.#onPaths(args, ([from, to]) => this.disk.link(from, to));
			case 'unlink':
			case 'unlinkat':
				return this.#onPaths(args, ([path]) => this.disk.unlink(path));
			case 'mmap':
				return this.#map(args);
			default:
				return this.#onDescriptor(args, (path) => {
					throw new Error(`${name} on ${path} is not known to the test of power cuts. Add it.`);
				});
		}
	}

	#sync(args: string, thread: string, phase: RecordedCall['phase']): boolean {
		return this.#onDescriptor(args, (path) => {
			if (phase !== 'end') this.#syncs.set(thread, this.disk.beginSync(path));
			const sync = this.#syncs.get(thread);
			if (phase !== 'begin' && sync) this.disk.endSync(sync);
		});
	}

	#open(name: string, args: string): boolean {
		const path = quotedIn(args)[0] ?? '';
		if (!this.disk.follows(path)) return false;
		if (name === 'creat' || args.includes('O_CREAT')) this.disk.create(path);
		if (name === 'creat' || args.includes('O_TRUNC')) this.disk.truncate(path, 0);
		return true;
	}

	#write(name: string, args: string): boolean {
		const path = pathOf(args);
		if (path === null) return false;
		const [, hex, rest] = /^[^"]*"((?:\\x[0-9a-f]{2})*)"(.*)$/s.exec(args) ?? [];
		// strace marks what it cut off by dots.
		if (hex === undefined || rest.startsWith('...')) throw new Error('A write was cut off');
		const [, written] = /= (\d+)$/.exec(rest) ?? [];
		const bytes = Buffer.from(hex.replaceAll('\\x', ''), 'hex').subarray(0, Number(written));
		if (!this.disk.follows(path)) {
			this.written(path, bytes);
			return false;
		}
		const at = name === 'pwrite64' ? Number(/, (\d+)\)/.exec(rest)?.[1]) : null;
		this.disk.write(path, bytes, at);
		return true;
	}

	/** The index of a write-ahead log is in shared memory, and made anew after a power cut. */
	#map(args: string): boolean {
		if (!args.includes('MAP_SHARED') || !args.includes('PROT_WRITE')) return false;
		const path = pathOf(args.split(', ')[4] ?? '');
		if (path === null || !this.disk.follows(path) || path.endsWith('-shm')) return false;
		throw new Error(`${path} is written through memory, which the test of power cuts cannot see`);
	}

	#onDescriptor(args: string, change: (path: string) => void): boolean {
		const path = pathOf(args);
		if (path === null || !(this.disk.follows(path) || this.disk.follows(`${path}/`))) return false;
		change(path);
		return true;
	}

	#onPaths(args: string, change: (paths: string[]) => void): boolean {
		const paths = quotedIn(args);
		if (!paths.some((path) => this.disk.follows(path))) return false;
		change(paths);
		return true;
	}
}

/** The path behind the descriptor that arguments begin with; `null` where it has no name any more. */
function pathOf(args: string): string | null {
	const [, hex, deleted] = DESCRIPTOR.exec(args) ?? [];
	if (hex === undefined || deleted !== undefined) return null;
	const path = plain(hex);
	return path.startsWith('/') && !path.endsWith(' (deleted)') ? path : null;
}

function quotedIn(args: string): string[] {
	return [...args.matchAll(QUOTED)].map(([, hex]) => plain(hex));
}

function plain(hex: string): string {
	return Buffer.from(hex.replaceAll('\\x', ''), 'hex').toString();
}
