const { parseArgs } = require('node:util');

const { PlainError, say } = require('./run');

/**
 * Reads the options of this command. `--help` prints the usage and ends; an option that the
 * command does not take is told in one line, with the usage behind it.
 * @param {string} usage
 * @param {import('node:util').ParseArgsConfig['options']} [options]
 * @param {string[]} [args]
 * @returns {Record<string, any>}
 */
function readOptions(usage, options = {}, args = process.argv.slice(2)) {
	let values;
	try {
		({ values } = parseArgs({ args, options: { ...options, help: { type: 'boolean' } } }));
	} catch (error) {
		// What follows the first sentence is advice for other kinds of commands.
		throw wrongUsage(error.message.split('. ')[0], usage);
	}
	if (values.help) {
		say(usage);
		process.exit(0);
	}
	return values;
}

/** The error for an option whose value cannot be used. */
function wrongUsage(message, usage) {
	return new PlainError(`${message}\n\n${usage}`, 2);
}

module.exports = { readOptions, wrongUsage };
