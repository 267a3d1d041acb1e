/** A place for hosts of a test: a network of its own, which ends with all its processes. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { missingHostPrograms } from '../../../scripts/lib/test-tools';
import { sharedNodesFolder } from '../n8n-instance';
import type { SeveralHostsReport } from './hosts-report';
import type { SeveralHostsOrder } from './several-hosts';

/** What the first process inside is told, and what it tells. */
export type ToInside = SeveralHostsOrder & { folder: string };
export type FromInside = { said: string } | { report: SeveralHostsReport } | { failed: string };

const INSIDE = join(__dirname, 'inside-world.ts');

/** How a process gets into namespaces of its own: who is not root is root in them. */
function unshare(): string[] {
	const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
	return ['unshare', ...asRoot, '--net', '--mount', '--pid', '--fork', '--kill-child', '--'];
}

/** Why this machine can have no hosts of a test; `null` where it can. */
export function whyNoHosts(): string | null {
	if (process.platform !== 'linux') return 'There are network namespaces on Linux only.';
	const missing = missingHostPrograms();
	if (missing.length > 0) return `Not installed: ${missing.join(', ')}.`;
	const [command, ...args] = unshare();
	const trial = 'mount -t tmpfs none /run && ip link add trial type veth peer name other';
	const { status, stderr } = spawnSync(command, [...args, 'sh', '-c', trial], { encoding: 'utf8' });
	return status === 0 ? null : `Namespaces cannot be made: ${stderr.trim()}`;
}

/** Runs the test with several hosts, in a world of its own. */
export async function runSeveralHosts(
	order: SeveralHostsOrder,
	say: (line: string) => void,
): Promise<SeveralHostsReport> {
	// Inside there is no registry.
	await sharedNodesFolder(process.env);
	const folder = mkdtempSync(join(tmpdir(), 'several-hosts-'));
	const [command, ...args] = [...unshare(), process.execPath, '--import', 'tsx', INSIDE];
	const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
	const ended = new Promise<string>((resolve) => {
		child.once('error', ({ message }) => resolve(message));
		child.once('exit', (code, signal) => resolve(`it ended with ${code ?? signal}`));
	});
	try {
		return await new Promise<SeveralHostsReport>((resolve, reject) => {
			child.on('message', (message: FromInside) => {
				if ('said' in message) say(message.said);
				else if ('report' in message) resolve(message.report);
				else reject(new Error(message.failed));
			});
			void ended.then((how) => reject(new Error(how)));
			child.send({ ...order, folder } satisfies ToInside);
		});
	} finally {
		child.kill('SIGKILL');
		await ended;
		rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
	}
}
