/** A network of hosts on this machine, each a network namespace, all within one that has no other way out. */
import { spawnSync } from 'node:child_process';

import type { Host } from '../n8n-instance';

/** The first three numbers of all addresses. */
const NETWORK = '10.77.0';
const BRIDGE = 'hosts';

/** Where this process itself is: beside the hosts, and reached by them. */
export const OWN_ADDRESS = `${NETWORK}.1`;

/** A host whose cable can be pulled. */
export interface NetworkHost extends Host {
	/** Takes its connection away: what is sent to it, or by it, is gone, and nobody is told. */
	cutOff(): void;
	connect(): void;
}

/** Makes the network, in the namespace that this process is in. */
export function makeNetwork(): void {
	ip('link', 'set', 'lo', 'up');
	ip('link', 'add', BRIDGE, 'type', 'bridge');
	ip('address', 'add', `${OWN_ADDRESS}/24`, 'dev', BRIDGE);
	ip('link', 'set', BRIDGE, 'up');
}

/**
 * Adds a host to the network.
 *
 * @param number the last one of its address
 */
export function addHost(name: string, number: number): NetworkHost {
	const address = `${NETWORK}.${number}`;
	ip('netns', 'add', name);
	ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
	ip('link', 'set', name, 'master', BRIDGE, 'up');
	ip('-netns', name, 'address', 'add', `${address}/24`, 'dev', 'eth0');
	for (const device of ['lo', 'eth0']) ip('-netns', name, 'link', 'set', device, 'up');
	return {
		address,
		enter: ['nsenter', `--net=/run/netns/${name}`, '--'],
		cutOff: () => ip('link', 'set', name, 'down'),
		connect: () => ip('link', 'set', name, 'up'),
	};
}

function ip(...args: string[]): void {
	run('ip', args);
}

/** Runs a command to its end; throws where that fails. */
export function run(command: string, args: readonly string[]): void {
	const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
	if (status !== 0) {
		throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.slice(-2000)}`);
	}
}
