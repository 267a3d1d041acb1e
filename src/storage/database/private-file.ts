import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes an empty file that only its owner can read (mode 0600), and its folder where that is
 * missing (0700). A file that is there keeps its content, and gets that mode as well.
 *
 * Call it before anything writes to the file: then nobody else can ever read what is in it.
 */
export function makePrivateFile(path: string): void {
	mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
	closeSync(openSync(path, 'a', 0o600));
	chmodSync(path, 0o600);
}
