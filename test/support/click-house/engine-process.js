/**
 * The engine of a current ClickHouse behind as much of its HTTP interface as the archive uses: a
 * program of its own, because the engine is 550 MB of machine code. Everything about SQL, types,
 * merges and deletions is the engine's; sign-in, status codes and the body of an insert are this
 * file's, and are tested against the server that Debian has.
 */
const { createServer } = require('node:http');
const { join } = require('node:path');

const { Session } = require(
	join(__dirname, '..', '..', '..', 'runtime', 'clickhouse', 'node_modules', 'chdb'),
);

const [folder, user, password] = process.argv.slice(2);
const OWN_PARAMETERS = ['query', 'database', 'wait_end_of_query'];
/** How the server answers where it does not answer 500. */
const STATUS = { 47: 404, 60: 404, 62: 400, 81: 404, 516: 403 };
const session = new Session(folder);

function answer(request, body) {
	const login = Buffer.from(`${user}:${password}`).toString('base64');
	if (request.headers.authorization !== `Basic ${login}`) {
		throw new Error(
			'Code: 516. DB::Exception: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)',
		);
	}
	const parameters = new URL(request.url, 'http://engine').searchParams;
	const settings = [...parameters].filter(([name]) => !OWN_PARAMETERS.includes(name));
	session.query(`USE \`${parameters.get('database') ?? 'default'}\``);
	for (const [name, value] of settings) session.query(`SET ${name} = '${value}'`);
	try {
		return session.query([parameters.get('query'), body].filter(Boolean).join('\n'));
	} finally {
		for (const [name] of settings) session.query(`SET ${name} = DEFAULT`);
	}
}

const server = createServer((request, response) => {
	const parts = [];
	request.on('data', (part) => parts.push(part));
	request.on('end', () => {
		try {
			response.end(answer(request, Buffer.concat(parts).toString('utf8')));
		} catch (error) {
			const text = error.message.replace(/^Query failed: /, '');
			const code = /^Code: (\d+)/.exec(text)?.[1] ?? '0';
			response.writeHead(STATUS[code] ?? 500, { 'x-clickhouse-exception-code': code }).end(text);
		}
	});
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
process.on('disconnect', () => process.exit());
