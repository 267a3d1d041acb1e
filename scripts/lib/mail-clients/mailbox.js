const { once } = require('node:events');
const { chownSync, mkdirSync, readdirSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:net');
const { userInfo } = require('node:os');
const { join, resolve } = require('node:path');
const { Transform } = require('node:stream');

const { embedPixel } = require('../../../src/tracking/mail/embed');
const { start, stop } = require('../run');

const NOBODY = { uid: 65_534, gid: 65_534, username: 'nobody' };
/** Dovecot's program for one IMAP connection. */
const DOVECOT_IMAP = '/usr/lib/dovecot/imap';

const SUBJECT = 'Our spring launch';

const HTML = `<!DOCTYPE html>
<html lang="en">
	<head>
		<meta charset="utf-8">
		<title>${SUBJECT}</title>
	</head>
	<body>
		<p>Hello Ada,</p>
		<p>our spring launch is on Monday.</p>
	</body>
</html>
`;

/** The HTML of the email, with the pixel as the product puts it in. */
function htmlWithPixel(address) {
	return embedPixel(HTML, address).html;
}

/** An email with a text and an HTML part, as it arrives. */
function mailWithPixel(address) {
	return [
		'From: News <news@example.com>',
		'To: Ada <ada@example.com>',
		`Subject: ${SUBJECT}`,
		'Date: Sun, 29 Nov 2026 10:00:00 +0000',
		'Message-ID: <spring-launch@example.com>',
		'MIME-Version: 1.0',
		'Content-Type: multipart/alternative; boundary="part"',
		'',
		'--part',
		'Content-Type: text/plain; charset=utf-8',
		'',
		'Hello Ada,',
		'our spring launch is on Monday.',
		'--part',
		'Content-Type: text/html; charset=utf-8',
		'',
		...htmlWithPixel(address).split('\n'),
		'--part--',
		'',
	].join('\r\n');
}

/**
 * A mailbox that holds one email, behind IMAP on loopback. Each connection gets a process of
 * Dovecot's own, which needs neither a password nor rights of root.
 *
 * @param {string} folder an empty one, for this alone
 * @param {string} mail the email in it
 */
async function startMailbox(folder, mail) {
	const maildir = join(folder, 'Maildir');
	for (const part of ['cur', 'new', 'tmp']) mkdirSync(join(maildir, part), { recursive: true });
	writeFileSync(join(maildir, 'new', '1.spring-launch'), mail);
	const configuration = join(folder, 'dovecot.conf');
	// Dovecot reads no email as root, so it becomes Debian's "nobody" then.
	const { uid, gid, username } = userInfo().uid === 0 ? NOBODY : userInfo();
	writeFileSync(
		configuration,
		[
			`base_dir = ${join(folder, 'dovecot')}`,
			`mail_location = maildir:${maildir}`,
			`log_path = ${join(folder, 'dovecot.log')}`,
			'ssl = no',
			`mail_uid = ${uid}`,
			`mail_gid = ${gid}`,
			// Users of a system may have lower numbers than Dovecot takes for people.
			`first_valid_uid = ${uid}`,
			`first_valid_gid = ${gid}`,
			'',
		].join('\n'),
	);
	if (userInfo().uid === 0) {
		for (const path of [folder, ...readdirSync(folder, { recursive: true })]) {
			chownSync(resolve(folder, String(path)), uid, gid);
		}
	}
	const processes = new Set();
	const server = createServer((socket) => {
		// Dovecot refuses sockets, which Node's own pipes are; those of a shell are none.
		const imap = start('sh', ['-c', `cat | ${DOVECOT_IMAP} -c "$0" | cat`, configuration], {
			env: { USER: username, HOME: folder, PATH: process.env.PATH },
			stdio: ['pipe', 'pipe', 'ignore'],
		});
		processes.add(imap);
		imap.once('exit', () => {
			processes.delete(imap);
			socket.destroy();
		});
		// The program under test may close the connection at any time; both ends then end.
		socket.on('error', () => socket.destroy());
		socket.once('close', () => imap.stdin?.end());
		imap.stdin?.on('error', () => socket.destroy());
		socket
			.pipe(answerLogin(socket))
			.pipe(/** @type {import('node:stream').Writable} */ (imap.stdin));
		imap.stdout?.pipe(socket);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
	return {
		port,
		close: async () => {
			server.close();
			await Promise.all([...processes].map(stop));
		},
	};
}

/** Roundcube logs in even where it is told that it is in; it sends nothing else until the answer. */
function answerLogin(socket) {
	return new Transform({
		transform(chunk, _encoding, done) {
			const [, tag] = /^(\S+) AUTHENTICATE /.exec(String(chunk)) ?? [];
			if (tag === undefined) return done(null, chunk);
			socket.write(`${tag} OK Logged in\r\n`);
			done();
		},
	});
}

module.exports = { SUBJECT, htmlWithPixel, mailWithPixel, startMailbox };
