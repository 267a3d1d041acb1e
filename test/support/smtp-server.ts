import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A real SMTP server that keeps what it is sent. */
export interface TestSmtpServer {
	port: number;
	mails: ParsedMail[];
	/** Lets the emails in that it holds back, and all others from now on. */
	release: () => void;
	stop: () => Promise<void>;
}

/**
 * @param options.refused addresses the server refuses, as one that does not exist would be
 * @param options.takes how many emails it takes before it stops answering, as a server that is
 *   overloaded would; all of them unless set
 */
export async function startSmtpServer(
	options: { refused?: string[]; takes?: number } = {},
): Promise<TestSmtpServer> {
	const mails: ParsedMail[] = [];
	let release = (): void => undefined;
	const released = new Promise<void>((resolve) => (release = resolve));
	const server = new SMTPServer({
		authOptional: true,
		// Else it asks a name server about each connection.
		disableReverseLookup: true,
		disabledCommands: ['STARTTLS'],
		onRcptTo({ address }, _session, done) {
			done(options.refused?.includes(address) ? new Error('No such mailbox') : null);
		},
		onData(stream, _session, done) {
			simpleParser(stream).then(async (mail) => {
				if (mails.length >= (options.takes ?? Infinity)) await released;
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
		release,
		stop: async () => {
			release();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
}
