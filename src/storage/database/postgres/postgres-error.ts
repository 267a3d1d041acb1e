import { StoreError } from '../../port/store-error';

/** SQLSTATE classes and codes with an advice of their own: postgresql.org/docs, appendix A. */
const BY_SQLSTATE: ReadonlyArray<readonly [prefix: string, advice: string]> = [
	['28', 'It refused the user or password. Check them in the settings of the store.'],
	['3D', 'The database does not exist. Create it, or correct the settings of the store.'],
	[
		'42501',
		'The user lacks a right. Let it use the schema of the tracking store, and own the tables in it.',
	],
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
	const code = textOf(error, 'code');
	if (code === '55P03') {
		return new StoreError(
			'busy',
			'The tracking store was locked by another writer for too long. Try again.',
		);
	}
	if (code !== null && /^[0-9A-Z]{5}$/.test(code)) return fromSqlState(code, error);
	const reason = code ?? fixedSentence(textOf(error, 'message') ?? '');
	if (reason !== null) {
		return new StoreError(
			'unavailable',
			`PostgreSQL could not be reached (${reason}). Check host, port and TLS in the settings of the store, and that the server runs.`,
		);
	}
	return error instanceof Error ? error : new StoreError('failed', 'PostgreSQL failed. Try again.');
}

function fromSqlState(code: string, error: unknown): StoreError {
	const known = BY_SQLSTATE.find(([prefix]) => code.startsWith(prefix));
	if (known) return new StoreError('unavailable', `PostgreSQL answered ${code}. ${known[1]}`);
	// Data exceptions: the same value fails each time, so trying again is of no use.
	if (code.startsWith('22')) {
		return new StoreError('invalid', `PostgreSQL cannot take a value (${code}). Correct it.`);
	}
	const constraint = textOf(error, 'constraint');
	const where = constraint === null ? '' : ` on ${constraint}`;
	return new StoreError(
		'failed',
		`PostgreSQL refused a statement (${code}${where}). Check that the schema is this package's own.`,
	);
}

/** Failures that `pg` reports by a sentence of its own and no code. */
function fixedSentence(message: string): string | null {
	const known =
		/^(timeout exceeded when trying to connect|Connection terminated|The server does not support SSL|SASL|SCRAM|Client has encountered a connection error)/;
	return known.exec(message)?.[0] ?? null;
}

/** A text property of an error, `null` where it has none. */
export function textOf(
	error: unknown,
	name: 'code' | 'constraint' | 'detail' | 'message',
): string | null {
	if (typeof error !== 'object' || error === null || !(name in error)) return null;
	const value: unknown = Reflect.get(error, name);
	return typeof value === 'string' ? value : null;
}
