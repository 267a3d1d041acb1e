#!/usr/bin/env node
import { archive } from './collector/command/archive-command';
import { capacity } from './collector/command/capacity-command';
import { collect } from './collector/command/collect-command';
import { deadLetters } from './collector/command/dead-letters-command';
import { packageVersion } from './collector/command/package-version';
import { signingKey } from './collector/command/signing-key-command';

const HELP = `Usage: n8n-nodes-email-open-tracking <command>

  collect       Serve the tracking pixel on a port of its own, for high volume
  capacity      Work out how many collectors a number of emails needs
  archive       Copy opens into a table of ClickHouse, and keep it up to date
  dead-letters  List, replay or erase opens that the store did not take
  signing-key   Print the signing key that an n8n in queue mode derives

  --version     Print the version of this package
  --help        Show this text

Add --help to a command for its options and an example.
`;

async function main([command, ...args]: readonly string[]): Promise<number> {
	if (command === 'collect') return await collect(args);
	if (command === 'capacity') return capacity(args);
	if (command === 'archive') return await archive(args);
	if (command === 'dead-letters') return await deadLetters(args);
	if (command === 'signing-key') return signingKey(args);
	if (command === '--version') {
		process.stdout.write(`${packageVersion}\n`);
		return 0;
	}
	if (command === undefined || command === '--help') {
		process.stdout.write(HELP);
		return 0;
	}
	const kind = command.startsWith('-') ? 'option' : 'command';
	process.stderr.write(`There is no ${kind} "${command}".\n\n${HELP}`);
	return 2;
}

void main(process.argv.slice(2)).then((code) => (process.exitCode = code));
