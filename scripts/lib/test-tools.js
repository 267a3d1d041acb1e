const { spawnSync } = require('node:child_process');
const { existsSync, readdirSync } = require('node:fs');
const { connect } = require('node:net');
const { delimiter, join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

const { aptInstall } = require('./apt');
const { installClickHouseEngine } = require('./install');
const { run, say } = require('./run');

/** Where the tests look for RabbitMQ, unless TEST_RABBITMQ_URL names another place. */
const RABBITMQ = { host: '127.0.0.1', port: 5672 };
const RABBITMQ_STARTS_WITHIN_S = 60;

const KNOWN_PLACES = ['/usr/bin/strace', '/usr/local/bin/strace', '/bin/strace'];

/** The programs that hosts of a test are made of, with the packages of Debian they come in. */
const HOST_PROGRAMS = {
	ip: 'iproute2',
	nsenter: 'util-linux',
	unshare: 'util-linux',
	initdb: 'postgresql',
	'redis-server': 'redis-server',
	nginx: 'nginx-light',
};

/** @returns {string | null} the path of strace, which records what programs write */
function findStrace() {
	if (process.platform !== 'linux') return null;
	return KNOWN_PLACES.find((place) => existsSync(place)) ?? null;
}

/**
 * Looks for a program also where only root's PATH leads, and where Debian puts PostgreSQL.
 * @returns {string | null}
 */
function findProgram(name) {
	const postgres = '/usr/lib/postgresql';
	const folders = [
		...(process.env.PATH ?? '').split(delimiter),
		...['/usr/local/sbin', '/usr/sbin', '/sbin'],
		...(existsSync(postgres) ? readdirSync(postgres).map((v) => join(postgres, v, 'bin')) : []),
	];
	return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** @returns {string[]} the programs for hosts of a test that are not installed */
function missingHostPrograms() {
	return Object.keys(HOST_PROGRAMS).filter((name) => findProgram(name) === null);
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

/** Sees to it that all is there for the test with several hosts. */
async function ensureHostPrograms() {
	if (process.platform !== 'linux') return;
	const packages = new Set(missingHostPrograms().map((name) => HOST_PROGRAMS[name]));
	for (const name of packages) await installForTests(name, 'the test with several hosts');
}

module.exports = {
	ensureClickHouse,
	ensureCompose,
	ensureHostPrograms,
	ensureKcat,
	ensureRabbitmq,
	ensureStrace,
	findCompose,
	findProgram,
	findStrace,
	missingHostPrograms,
};
