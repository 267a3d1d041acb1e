import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';

import { credentialValues } from '../../credentials/sink-credential';
import { safeReason } from '../../src/sinks/delivery/safe-reason';
import { vendorMessage } from '../../src/sinks/http-answer';
import { SINKS } from '../../src/sinks/registry';

const TIMEOUT_MS = 15_000;

/** Sends the request by which a destination shows whether the values of a credential work. */
export async function sinkCredentialTest(
	this: ICredentialTestFunctions,
	{ type, data }: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	const sink = SINKS.find(({ credential }) => credential.name === type);
	if (!sink?.credential.test) {
		return { status: 'Error', message: `No destination uses the credential type "${type}"` };
	}
	const values = credentialValues(sink.credential, data ?? {});
	const failed = (reason: string): INodeCredentialTestResult => ({
		status: 'Error',
		message: safeReason(reason, sink, values),
	});
	try {
		const { ok, proves, ...request } = sink.credential.test(values);
		const login = sink.credential.authenticate?.(values);
		const url = new URL(request.url);
		for (const [name, value] of Object.entries({ ...request.query, ...login?.query })) {
			url.searchParams.set(name, value);
		}
		const response = await fetch(url, {
			method: request.method,
			headers: { ...request.headers, ...login?.headers },
			body: request.body,
			redirect: 'manual',
			signal: AbortSignal.timeout(TIMEOUT_MS),
		});
		const body = await response.text();
		if (ok.includes(response.status)) return { status: 'OK', message: proves };
		const message = vendorMessage(body);
		return failed(`HTTP ${response.status}${message === null ? '' : `: ${message}`}`);
	} catch (error) {
		const { message, cause } = error as Error;
		return failed(
			cause instanceof Error && cause.message ? `${message}: ${cause.message}` : message,
		);
	}
}
