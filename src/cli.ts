#!/usr/bin/env node
import { capacity } from './collector/command/capacity-command';
import { collect } from './collector/command/collect-command';
import { deadLetters } from './collector/command/dead-letters-command';

const HELP = `Usage: n8n-nodes-email-open-tracking <command>

  collect       Serve the tracking pixel on a port of its own, for high volume
  capacity      Work out how many collectors a number of mails needs
  dead-letters  List, replay or erase opens that the store did not take

Add --help to a command for its options.
`;

async function main([command, ...args]: readonly string[]): Promise<number> {
	if (command === 'collect') return await collect(args);
	if (command === 'capacity') return capacity(args);
	if (command === 'dead-letters') return await deadLetters(args);
	const wanted = command === undefined || command === '--help';
	(wanted ? process.stdout : process.stderr).write(HELP);
	return wanted ? 0 : 2;
}

void main(process.argv.slice(2)).then((code) => (process.exitCode = code));
