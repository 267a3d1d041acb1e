/**
 * Required into a program by NODE_OPTIONS: notes each host whose address the program asks for, one
 * a line, in the file that NOTE_LOOKUPS names.
 */
const dns = require('node:dns');
const { appendFileSync } = require('node:fs');

for (const owner of [dns, dns.promises]) {
	const { lookup } = owner;
	owner.lookup = (host, ...rest) => {
		appendFileSync(process.env.NOTE_LOOKUPS, `${host}\n`);
		return lookup.call(owner, host, ...rest);
	};
}
