import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** One change of a file's content. */
type Change = { at: number; bytes: Buffer } | { length: number };

/** The first `length` bytes of a buffer that may be longer. */
interface Content {
	bytes: Buffer;
	length: number;
}

/** A file by what it is, whatever its names are. */
interface DiskFile {
	/** What a sync has brought to the disk */
	synced: Content;
	/** Changes in order; those before `syncedChanges` are in `synced` */
	changes: Change[];
	syncedChanges: number;
	/** Length with all changes */
	length: number;
}

/** A sync that was begun: it covers what was written before. */
export interface BegunSync {
	file: DiskFile | null;
	path: string;
	changes: number;
}

/**
 * The files of one folder twice: as programs see them, and as they are on the disk for certain.
 * Content reaches the disk by a sync of the file. A name (made, given by a rename or taken away)
 * reaches it by a sync of its folder, or of the file that has it.
 */
export class SimulatedDisk {
	readonly #seen = new Map<string, DiskFile>();
	readonly #named = new Map<string, DiskFile>();

	/** @param folder the files below it are followed, all others are not */
	constructor(private readonly folder: string) {}

	follows(path: string): boolean {
		return path.startsWith(`${this.folder}/`);
	}

	create(path: string): void {
		if (this.#seen.has(path)) return;
		this.#seen.set(path, {
			synced: { bytes: Buffer.alloc(0), length: 0 },
			changes: [],
			syncedChanges: 0,
			length: 0,
		});
	}

	/** Writes at a place, or at the end. A file without a name is gone after a power cut anyway. */
	write(path: string, bytes: Buffer, at: number | null): void {
		const file = this.#seen.get(path);
		if (!file) return;
		const from = at ?? file.length;
		file.changes.push({ at: from, bytes });
		file.length = Math.max(file.length, from + bytes.length);
	}

	truncate(path: string, length: number): void {
		const file = this.#seen.get(path);
		if (!file) return;
		file.changes.push({ length });
		file.length = length;
	}

	link(from: string, to: string): void {
		const file = this.#seen.get(from);
		if (!file) throw new Error(`${from} got a second name, but was never made`);
		this.#seen.set(to, file);
	}

	rename(from: string, to: string): void {
		this.link(from, to);
		this.#seen.delete(from);
	}

	unlink(path: string): void {
		this.#seen.delete(path);
	}

	beginSync(path: string): BegunSync {
		const file = this.#seen.get(path) ?? null;
		return { file, path, changes: file?.changes.length ?? 0 };
	}

	endSync({ file, path, changes }: BegunSync): void {
		if (file === null) {
			this.#syncFolder(path);
			return;
		}
		while (file.syncedChanges < changes) {
			file.synced = changed(file.synced, file.changes[file.syncedChanges]);
			file.syncedChanges += 1;
		}
		for (const [name, named] of this.#named) if (named === file) this.#named.delete(name);
		for (const [name, seen] of this.#seen) if (seen === file) this.#named.set(name, file);
	}

	#syncFolder(path: string): void {
		for (const name of this.#named.keys()) if (dirname(name) === path) this.#named.delete(name);
		for (const [name, file] of this.#seen) if (dirname(name) === path) this.#named.set(name, file);
	}

	/**
	 * Writes what is on the disk after a power cut now.
	 *
	 * @param alsoWritten asked for each change and each name that no sync covers: whether the system
	 *   happened to have written it; in any order, as a disk does
	 */
	writeImage(target: string, alsoWritten: () => boolean): void {
		const names = new Map(this.#named);
		for (const name of new Set([...this.#seen.keys(), ...this.#named.keys()])) {
			const seen = this.#seen.get(name);
			if (seen === this.#named.get(name) || !alsoWritten()) continue;
			if (seen) names.set(name, seen);
			else names.delete(name);
		}
		for (const [name, file] of names) {
			const pending = file.changes.slice(file.syncedChanges).filter(alsoWritten);
			const synced = { ...file.synced, bytes: Buffer.from(file.synced.bytes) };
			const { bytes, length } = pending.reduce(changed, synced);
			const path = join(target, relative(this.folder, name));
			mkdirSync(dirname(path), { recursive: true });
			writeFileSync(path, bytes.subarray(0, length));
		}
	}
}

/** Applies a change; gives the content anew where it has to grow. */
function changed(content: Content, change: Change): Content {
	if ('length' in change) {
		const longer = grown(content, change.length);
		// What is cut off comes back as zeros where the file grows again.
		longer.bytes.fill(0, change.length, content.length);
		return { bytes: longer.bytes, length: change.length };
	}
	const end = change.at + change.bytes.length;
	const { bytes, length } = grown(content, end);
	change.bytes.copy(bytes, change.at);
	return { bytes, length: Math.max(length, end) };
}

function grown({ bytes, length }: Content, toHold: number): Content {
	if (toHold <= bytes.length) return { bytes, length };
	const larger = Buffer.alloc(toHold * 2);
	bytes.copy(larger, 0, 0, length);
	return { bytes: larger, length };
}
