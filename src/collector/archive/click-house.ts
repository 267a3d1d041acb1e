import { CollectorError } from '../config/collector-error';

/** A ClickHouse server. Plain data; the password is a secret and stays in memory. */
export interface ClickHouseSettings {
	/** `https://host:port` */
	server: string;
	user: string;
	password: string;
	database: string;
}

/** Parameters of a request: settings of ClickHouse. */
type Parameters = Readonly<Record<string, string>>;

/** What the archive asks of ClickHouse. */
export interface ClickHouse {
	/** Runs a statement that answers little or nothing. */
	run(statement: string, parameters?: Parameters): Promise<void>;
	/** The rows of a query, read as they are consumed. */
	rows<Row>(query: string, parameters?: Parameters): AsyncGenerator<Row>;
	/** Inserts rows, all or none, and waits until the server has them. */
	insert(
		table: string,
		rows: readonly Readonly<Record<string, unknown>>[],
		parameters?: Parameters,
	): Promise<void>;
}

/**
 * A request that failed. The message says why by code and name: the text of the server quotes
 * statements and rows, so it is not passed on.
 */
export class ClickHouseError extends Error {
	override readonly name = 'ClickHouseError';

	constructor(
		message: string,
		/** Whether only the operator can change that */
		readonly isForOperator = false,
	) {
		super(message);
	}
}

/** Codes that somebody has to set something right for, and what. */
const FOR_OPERATOR: Readonly<Record<number, string>> = {
	81: 'There is no such database: make it, or correct the path of the address',
	192: 'Check the user in the address',
	193: 'Check the password in the address',
	194: 'The address needs a password',
	497: 'The user needs the rights to read and insert into the table, and to create and alter it',
	516: 'Check user and password in the address',
};
const REQUEST_MS = 120_000;

/**
 * Reads the address of a server: `https://user:password@host:8443/database`.
 *
 * @throws CollectorError that does not show the address, which may hold a password
 * @example
 * readClickHouseAddress('https://archive:secret@clickhouse.example.com:8443/analytics');
 */
export function readClickHouseAddress(address: string): ClickHouseSettings {
	const url = URL.canParse(address.trim()) ? new URL(address.trim()) : null;
	const [database, ...more] = url === null ? [] : url.pathname.slice(1).split('/');
	if (
		url === null ||
		!['http:', 'https:'].includes(url.protocol) ||
		more.length > 0 ||
		url.search !== ''
	) {
		throw new CollectorError(
			'The address of ClickHouse cannot be read. It is https://user:password@host:8443/database. In user and password, percent-encode all but letters, digits and -._~.',
		);
	}
	return {
		server: url.origin,
		user: decoded(url.username) || 'default',
		password: decoded(url.password),
		database: decoded(database) || 'default',
	};
}

/** The server in words, without who signs in there: for logs and the privacy report. */
export function clickHouseInWords({ server }: ClickHouseSettings): string {
	return `ClickHouse (${new URL(server).host})`;
}

/**
 * ClickHouse by its HTTP interface. Certificates are verified, and redirects are not followed.
 *
 * @param signal ends what is under way
 */
export function openClickHouse(settings: ClickHouseSettings, signal: AbortSignal): ClickHouse {
	const { server, user, password, database } = settings;
	// Headers of their own could not carry every character.
	const login = Buffer.from(`${user}:${password}`).toString('base64');
	const request = async (body: string, parameters: Parameters): Promise<Response> => {
		const url = `${server}/?${new URLSearchParams({ database, ...parameters }).toString()}`;
		const response = await reached(
			fetch(url, {
				method: 'POST',
				headers: {
					authorization: `Basic ${login}`,
					'content-type': 'text/plain; charset=utf-8',
					// Seconds lie between requests, in which servers end connections that were kept.
					connection: 'close',
				},
				body,
				redirect: 'error',
				signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]),
			}),
		);
		if (!response.ok) throw refusal(response.status, await reached(response.text()));
		return response;
	};
	return {
		run: async (statement, parameters) => {
			const response = await request(statement, { wait_end_of_query: '1', ...parameters });
			await reached(response.text());
		},
		rows: async function* <Row>(query: string, parameters: Parameters = {}) {
			const { body } = await request(`${query}\nFORMAT JSONEachRow`, parameters);
			for await (const lines of linesOf(body)) {
				for (const line of lines) yield rowOf(line) as Row;
			}
		},
		insert: async (table, rows, parameters) => {
			const query = `INSERT INTO ${table} FORMAT JSONEachRow`;
			const body = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
			const response = await request(body, { wait_end_of_query: '1', ...parameters, query });
			await reached(response.text());
		},
	};
}

/** A name in a statement. */
export function identifier(name: string): string {
	return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}

/** A text in a statement. */
export function literal(text: string): string {
	return `'${text.replace(/[\\']/g, '\\$&').replaceAll('\0', '\\0')}'`;
}

/** The one row of an answer. */
export async function only<Row>(rows: AsyncIterable<Row>): Promise<Row> {
	for await (const row of rows) return row;
	throw new ClickHouseError('ClickHouse gave no answer where it always gives one');
}

/** The lines of an answer, as many together as arrive together. */
async function* linesOf(body: Response['body']): AsyncGenerator<string[]> {
	const decoder = new TextDecoder();
	const reader = body?.getReader();
	for (let rest = ''; reader; ) {
		const { done, value } = await reached(reader.read());
		const lines = (rest + decoder.decode(value, { stream: !done })).split('\n');
		rest = done ? '' : (lines.pop() ?? '');
		yield lines.filter((line) => line !== '');
		if (done) return;
	}
}

/** An error that comes up in the middle of an answer stands in it, as text. */
function rowOf(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		throw refusal(500, line);
	}
}

async function reached<T>(answer: Promise<T>): Promise<T> {
	try {
		return await answer;
	} catch (error) {
		const { cause = error } = error as { cause?: unknown };
		const { code, name } = cause as { code?: unknown; name?: unknown };
		const why = typeof code === 'string' ? code : String(name);
		throw new ClickHouseError(`ClickHouse cannot be reached (${why})`);
	}
}

function refusal(status: number, text: string): ClickHouseError {
	const code = Number(/\bCode: (\d+)/.exec(text)?.[1] ?? NaN);
	if (Number.isNaN(code)) {
		return new ClickHouseError(
			`What answers is not ClickHouse, or something in front of it (HTTP ${status})`,
		);
	}
	const [, name] = /\(([A-Z][A-Z0-9_]+)\)/.exec(text) ?? [];
	const words = `ClickHouse answered with error ${code}${name === undefined ? '' : ` (${name})`}`;
	const advice = FOR_OPERATOR[code];
	return new ClickHouseError(advice === undefined ? words : `${words}. ${advice}.`, !!advice);
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		throw new CollectorError(
			'The address of ClickHouse has a % that encodes nothing. Write %25 for it.',
		);
	}
}
