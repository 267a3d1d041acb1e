import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A real SMTP server that keeps what it is sent. */
export interface TestSmtpServer {
	port: number;
	mails: ParsedMail[];
	stop: () => Promise<void>;
}

/** @param refused addresses the server refuses, as one that does not exist would be */
export async function startSmtpServer(refused: string[] = []): Promise<TestSmtpServer> {
	const mails: ParsedMail[] = [];
	const server = new SMTPServer({
		authOptional: true,
		disabledCommands: ['STARTTLS'],
		onRcptTo({ address }, _session, done) {
			done(refused.includes(address) ? new Error('No such mailbox') : null);
		},
		onData(stream, _session, done) {
			simpleParser(stream).then((mail) => {
				mails.push(mail);
				done();
			}, done);
		},
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.server.address() as { port: number };
	return {
		port,
		mails,
		stop: async () => await new Promise((resolve) => server.close(resolve)),
	};
}
