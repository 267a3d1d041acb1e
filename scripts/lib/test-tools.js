const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { connect } = require('node:net');
const { setTimeout: sleep } = require('node:timers/promises');

const { aptInstall } = require('./apt');
const { installClickHouseEngine } = require('./install');
const { run, say } = require('./run');

/** Where the tests look for RabbitMQ, unless TEST_RABBITMQ_URL names another place. */
const RABBITMQ = { host: '127.0.0.1', port: 5672 };
const RABBITMQ_STARTS_WITHIN_S = 60;

const KNOWN_PLACES = ['/usr/bin/strace', '/usr/local/bin/strace', '/bin/strace'];

/** @returns {string | null} the path of strace, which records what programs write */
function findStrace() {
	if (process.platform !== 'linux') return null;
	return KNOWN_PLACES.find((place) => existsSync(place)) ?? null;
}

/** @returns {string[] | undefined} the command that runs Compose, which reads files without Docker too */
function findCompose() {
	return [['docker', 'compose'], ['docker-compose']].find(
		([command, ...args]) => spawnSync(command, [...args, 'version']).status === 0,
	);
}

/** Installs a program that some tests need, where this user may. Without it those are left out. */
async function installForTests(name, what) {
	for (const { command, args } of aptInstall([name])) {
		try {
			await run(command, args, {
				quiet: true,
				label: `Installing ${name} for ${what} (${command})`,
			});
		} catch (error) {
			// The tests run without it, and name those that are left out.
			say(error.message.split('\n')[0]);
		}
	}
}

/** Sees to it that strace is there for the test of power cuts. */
async function ensureStrace() {
	if (process.platform !== 'linux' || findStrace()) return;
	await installForTests('strace', 'the test of power cuts');
}

/** Sees to it that Compose is there for the test of `compose.yaml`. */
async function ensureCompose() {
	if (!findCompose()) await installForTests('docker-compose', 'the test of the Docker files');
}

/** @returns {Promise<boolean>} whether a RabbitMQ server takes connections */
async function isRabbitmqThere() {
	return await new Promise((resolve) => {
		const socket = connect(RABBITMQ);
		socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
		socket.once('connect', () => socket.end());
	});
}

/** Sees to it that RabbitMQ runs for the tests of brokers, where this user may install and start it. */
async function ensureRabbitmq() {
	if (process.env.TEST_RABBITMQ_URL || (await isRabbitmqThere())) return;
	await installForTests('rabbitmq-server', 'the tests of brokers');
	// Where the system runs services, it has started it.
	if (spawnSync('rabbitmq-server', ['-detached']).error) return;
	for (let second = 0; second < RABBITMQ_STARTS_WITHIN_S; second += 1) {
		if (await isRabbitmqThere()) return;
		await sleep(1000);
	}
	say(`RabbitMQ did not start within ${RABBITMQ_STARTS_WITHIN_S} s`);
}

/** Sees to it that kcat is there, which can also be the Kafka cluster of the tests. */
async function ensureKcat() {
	if (spawnSync('kcat', ['-V']).status !== 0) await installForTests('kcat', 'the test of Kafka');
}

/**
 * Sees to it that ClickHouse is there for the tests of the archive: the old server that Debian has,
 * and the engine of a current one.
 */
async function ensureClickHouse() {
	if (spawnSync('clickhouse-server', ['--version']).error) {
		await installForTests('clickhouse-server', 'the test of the archive');
	}
	try {
		await installClickHouseEngine();
	} catch (error) {
		say(error.message.split('\n')[0]);
	}
}

module.exports = {
	ensureClickHouse,
	ensureCompose,
	ensureKcat,
	ensureRabbitmq,
	ensureStrace,
	findCompose,
	findStrace,
};
