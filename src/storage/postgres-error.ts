import { StoreError } from './store-error';

/** SQLSTATE classes and codes with an advice of their own: postgresql.org/docs, appendix A. */
const BY_SQLSTATE: ReadonlyArray<readonly [prefix: string, advice: string]> = [
	['28', 'It refused the user or password. Check the Open Tracking PostgreSQL credential.'],
	['3D', 'The database does not exist. Create it, or correct the credential.'],
	['42501', 'The user lacks a right. Let it create and use the schema of the tracking store.'],
	['08', 'The connection broke. Try again.'],
	['57', 'It is starting or shutting down, or ended the statement. Try again.'],
	['53', 'It is out of connections, memory or disk space. Free some, and try again.'],
];

/**
 * What a failure of PostgreSQL or of the way to it means to the user. The server's own message
 * stays out: it may quote a value, and `detail` does.
 */
export function toPostgresError(error: unknown): Error {
	if (error instanceof StoreError) return error;
	if (!(error instanceof Error)) return new StoreError('failed', 'PostgreSQL failed. Try again.');
	const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
	if (code === '55P03') {
		return new StoreError(
			'busy',
			'The tracking store was locked by another writer for too long. Try again.',
		);
	}
	if (code !== null && /^[0-9A-Z]{5}$/.test(code)) return fromSqlState(code, error);
	if (code !== null) {
		return new StoreError(
			'unavailable',
			`PostgreSQL could not be reached (${code}). Check host, port and TLS setting of the credential, and that the server runs.`,
		);
	}
	return isFromDriver(error)
		? new StoreError('unavailable', `PostgreSQL could not be reached: ${error.message}.`)
		: error;
}

function fromSqlState(code: string, error: Error): StoreError {
	const known = BY_SQLSTATE.find(([prefix]) => code.startsWith(prefix));
	if (known) return new StoreError('unavailable', `PostgreSQL answered ${code}. ${known[1]}`);
	const constraint = 'constraint' in error ? ` on ${String(error.constraint)}` : '';
	return new StoreError(
		'failed',
		`PostgreSQL refused a statement (${code}${constraint}). Check that the schema is this package's own.`,
	);
}

/** Failures that `pg` reports by a fixed sentence and no code. */
function isFromDriver(error: Error): boolean {
	return /^(timeout exceeded|Connection terminated|The server does not support SSL|SASL|SCRAM|Client has encountered|Query read timeout)/.test(
		error.message,
	);
}
