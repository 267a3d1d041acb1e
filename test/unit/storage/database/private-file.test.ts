import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { makePrivateFile } from '../../../../src/storage/database/private-file';

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('makePrivateFile', () => {
	let folder: string;
	beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'private-file-'))));
	afterEach(() => rmSync(folder, { recursive: true }));

	it('makes file and folder for their owner alone', () => {
		const path = join(folder, 'new', 'file');
		makePrivateFile(path);
		expect(readFileSync(path, 'utf8')).toBe('');
		expect(modeOf(path)).toBe(0o600);
		expect(modeOf(dirname(path))).toBe(0o700);
	});

	it('closes a file to others that was open to them, and leaves its content', () => {
		const path = join(folder, 'file');
		writeFileSync(path, 'content');
		chmodSync(path, 0o644);
		makePrivateFile(path);
		expect(readFileSync(path, 'utf8')).toBe('content');
		expect(modeOf(path)).toBe(0o600);
	});
});
