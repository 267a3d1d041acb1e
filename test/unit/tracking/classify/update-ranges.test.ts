import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { APPLE_EGRESS_DATE } from '../../../../src/tracking/classify/apple-egress-ranges';

const ROOT = join(__dirname, '../../../..');
const LIST = join(ROOT, 'data/icloud-private-relay/egress-ip-ranges.csv');

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'ranges-'));
});
afterEach(() => rm(folder, { recursive: true }));

const run = (...args: string[]) =>
	new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
		const child = execFile(
			process.execPath,
			['scripts/update-ranges.mjs', ...args],
			{ cwd: ROOT },
			(_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
		);
	});
const withList = async (text: string): Promise<string> => {
	const file = join(folder, 'list.csv');
	await writeFile(file, text);
	return file;
};

test('the module in the repository is what the stored list compiles to', async () => {
	const result = await run('--from', LIST, '--date', APPLE_EGRESS_DATE, '--check');
	expect(result.stderr).toBe('');
	expect(result.code).toBe(0);
	expect(result.stdout).toContain('after merging');
});

test('a stale module is found', async () => {
	const list = await withList('192.0.2.0/24\n');
	const out = join(folder, 'ranges.ts');
	await run('--from', list, '--date', '2026-01-02', '--out', out);
	await withList('192.0.2.0/25\n');
	const result = await run('--from', list, '--date', '2026-01-02', '--out', out, '--check');
	expect(result.code).toBe(1);
	expect(result.stderr).toContain('Run this script without --check');
});

test("Apple's own form, with country and city, is fetched and dated by the server", async () => {
	const server = createServer((_request, response) => {
		response.setHeader('Last-Modified', 'Fri, 20 Nov 2026 08:00:00 GMT');
		response.end(
			'192.0.2.0/25,US,US-CA,Cupertino,\r\n192.0.2.128/25,US,,,\r\n2001:db8::/45,DE,,,\r\n',
		);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const out = join(folder, 'ranges.ts');
	const { port } = server.address() as AddressInfo;
	const result = await run('--from', `http://127.0.0.1:${port}/list.csv`, '--out', out);
	await new Promise((resolve) => server.close(resolve));
	expect(result.stderr).toBe('');
	expect(result.stdout).toBe('3 ranges of 2026-11-20: 1 IPv4 and 1 IPv6 after merging\n');
	expect(await readFile(out, 'utf8')).toContain("APPLE_EGRESS_DATE = '2026-11-20'");
});

test('an error page is not taken for a list', async () => {
	const server = createServer((_request, response) => {
		response.statusCode = 503;
		response.end('<html>later</html>');
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	const out = join(folder, 'ranges.ts');
	const result = await run('--from', `http://127.0.0.1:${port}/`, '--out', out);
	await new Promise((resolve) => server.close(resolve));
	expect(result.code).toBe(1);
	expect(result.stderr).toContain('answered 503');
	await expect(readFile(out)).rejects.toThrow('ENOENT');
});

test.each([
	['a line that is no range', '192.0.2.0/24\n<html>\n', 'Line 2 is no address range'],
	['an IPv6 range narrower than a /64', '2001:db8::/65\n', 'Line 1 is no address range'],
	['an empty list', '\n\n', 'The list is empty'],
])('%s is refused and nothing is written', async (_case, text, message) => {
	const out = join(folder, 'ranges.ts');
	const result = await run('--from', await withList(text), '--date', '2026-01-02', '--out', out);
	expect(result.code).toBe(1);
	expect(result.stderr).toContain(message);
	await expect(readFile(out)).rejects.toThrow('ENOENT');
});

test('a stored list needs its date', async () => {
	const result = await run('--from', await withList('192.0.2.0/24\n'));
	expect(result.code).toBe(1);
	expect(result.stderr).toContain('Pass --date YYYY-MM-DD');
});
