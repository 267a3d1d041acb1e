import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

import { z } from 'zod4';

import { makePrivateFile } from '../storage/database/private-file';
import { generateKey, parseKeyRing, type KeyRing, type KeyTexts } from '../tracking/links/key-ring';

export const KEY_FILE_NAME = 'signing-keys.json';

const keyFileSchema = z.object({
	activeKey: z.string(),
	previousKeys: z.array(z.string()),
	denylistOnlyKeys: z.array(z.string()).default([]),
});
type KeyFile = z.infer<typeof keyFileSchema>;
type MoreKeys = Omit<KeyTexts, 'activeKey'>;

/**
 * The signing keys of an installation where no keys are set: read from
 * `<folder>/signing-keys.json`, which is made with a new key where it is missing. Processes that
 * start together all end up with the same key.
 *
 * To rotate, move `activeKey` to the front of `previousKeys` and put a new key in its place. A key
 * that must verify nothing any more, because it leaked or its links no longer matter, moves on to
 * `denylistOnlyKeys`, so that erased people stay erased.
 *
 * A file that every user of the machine may read is used, with a warning.
 *
 * @param more keys that are set elsewhere, beside those of the file
 * @throws when the file cannot be read, written or understood; never with a key in the message
 */
export async function loadOrCreateKeyFile(folder: string, more: MoreKeys = {}): Promise<KeyRing> {
	const path = join(folder, KEY_FILE_NAME);
	const text = (await readIfPresent(path)) ?? (await create(path));
	await warnOfReaders(path);
	return parseKeyFile(text, path, more);
}

const OTHERS_READ = 0o004;
const warned = new Set<string>();

/** Says once that others can read the keys. The file is left as it is: somebody may have set that. */
async function warnOfReaders(path: string): Promise<void> {
	// Windows has no such bits, and threads read what the process has read.
	if (process.platform === 'win32' || !isMainThread || warned.has(path)) return;
	const { mode } = await stat(path);
	if ((mode & OTHERS_READ) === 0) return;
	warned.add(path);
	process.emitWarning(
		`Every user of this machine can read the signing keys in ${path}. Run chmod 600 on the file, and rotate the keys if somebody else may have read them.`,
	);
}

async function readIfPresent(path: string): Promise<string | null> {
	try {
		return await readFile(path, 'utf8');
	} catch (error) {
		if (codeOf(error) === 'ENOENT') return null;
		throw new Error(
			`The signing keys in ${path} could not be read (${codeOf(error)}). Give n8n access to the file, or set the keys in the credential.`,
			{ cause: error },
		);
	}
}

/** Makes the file unless another process was faster; gives what the file then holds. */
async function create(path: string): Promise<string> {
	const file: KeyFile = {
		activeKey: generateKey(randomBytes),
		previousKeys: [],
		denylistOnlyKeys: [],
	};
	const content = `${JSON.stringify(file, null, '\t')}\n`;
	const draft = `${path}.${randomBytes(8).toString('hex')}.tmp`;
	try {
		makePrivateFile(draft);
		await writeFile(draft, content, { flush: true });
		await publish(draft, path);
	} catch (error) {
		throw new Error(
			`The signing keys could not be saved in ${path} (${codeOf(error)}). Make the folder writable for n8n, or set the keys in the credential.`,
			{ cause: error },
		);
	} finally {
		await rm(draft, { force: true });
	}
	return await readFile(path, 'utf8');
}

/** Gives the whole file its name in one step, and only if nothing has that name yet. */
async function publish(draft: string, path: string): Promise<void> {
	try {
		await link(draft, path);
	} catch (error) {
		const code = codeOf(error);
		if (code === 'EEXIST') return;
		// Network and FAT volumes have no hard links. An exclusive copy still has one winner.
		if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS' && code !== 'EOPNOTSUPP') {
			throw error;
		}
		await copyFile(draft, path, constants.COPYFILE_EXCL).catch((copyError: unknown) => {
			if (codeOf(copyError) !== 'EEXIST') throw copyError;
		});
	}
}

function parseKeyFile(text: string, path: string, more: MoreKeys): KeyRing {
	const file = keyFileSchema.safeParse(parseJson(text));
	if (!file.success) {
		throw new Error(
			`The file ${path} does not hold signing keys. It needs "activeKey" (text) and "previousKeys" (a list of texts), and may have "denylistOnlyKeys" (the same). Restore it from a backup: links signed with lost keys no longer count.`,
		);
	}
	const { activeKey, previousKeys, denylistOnlyKeys } = file.data;
	try {
		return parseKeyRing({
			activeKey,
			previousKeys: [...previousKeys, more.previousKeys].join('\n'),
			denylistOnlyKeys: [...denylistOnlyKeys, more.denylistOnlyKeys].join('\n'),
		});
	} catch (error) {
		const message = error instanceof Error ? error.message : '';
		throw new Error(`The file ${path} cannot be used. ${message}`);
	}
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		// The parser's own message quotes the text, which holds the keys.
		return undefined;
	}
}

function codeOf(error: unknown): string {
	return typeof error === 'object' && error !== null && 'code' in error
		? String(error.code)
		: 'unknown error';
}
