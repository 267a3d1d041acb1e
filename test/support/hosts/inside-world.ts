/** The first process of a world of hosts: all others, and the network, end with it. */
import { mkdirSync } from 'node:fs';

import { makeNetwork, run } from './network';
import { severalHosts } from './several-hosts';
import type { FromInside, ToInside } from './world';

const tell = (message: FromInside) => process.send?.(message);

async function main({ folder, ...order }: ToInside): Promise<void> {
	try {
		// The names of its namespaces are nobody else's.
		run('mount', ['-t', 'tmpfs', 'tmpfs', '/run']);
		mkdirSync('/run/netns');
		makeNetwork();
		tell({ report: await severalHosts(order, folder, (said) => tell({ said })) });
	} catch (error) {
		tell({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
	}
}

// It is ended from outside.
process.once('disconnect', () => process.exit(1));
process.once('message', (order: ToInside) => void main(order));
