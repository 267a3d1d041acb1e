import type { EventField } from '../tracking/event/event-fields';
import type { OpenEvent } from '../tracking/event/open-event';
import type { OptionsOf, SinkOptions, SinkParameter } from './sink-parameters';

/** One record as the destination wants it, before several of them become one request. */
export type SinkRecord = Record<string, unknown>;

/** Credential values by field name, as the user entered them. */
export type CredentialValues = Readonly<Record<string, string>>;

export interface CredentialField {
	name: string;
	displayName: string;
	/** Hidden in forms and cut out of every reason that leaves the engine */
	secret: boolean;
	default: string;
	required: boolean;
	/** A closed list of values, for example data regions */
	options?: ReadonlyArray<{ name: string; value: string }>;
	placeholder?: string;
	description?: string;
}

/** What a credential adds to a request. */
export interface RequestAuth {
	headers?: Readonly<Record<string, string>>;
	query?: Readonly<Record<string, string>>;
}

/** Settings of a credential that logs in by OAuth 2; `{field}` stands for a value of a field. */
export interface OAuth2Settings {
	grantType: 'clientCredentials' | 'authorizationCode';
	tokenUrl: string;
	authUrl?: string;
	authQuery?: string;
	scope: string;
}

export interface SinkCredential {
	/** Type name in n8n */
	name: string;
	displayName: string;
	/** Page that says where to find the values */
	docsUrl: string;
	fields: readonly CredentialField[];
	oauth2?: OAuth2Settings;
	/**
	 * Login for one request. Left out where the host logs in by OAuth 2, and where the destination
	 * wants its key in the body or as a signature, which `Sink.request` makes.
	 */
	authenticate?(values: CredentialValues): RequestAuth;
	/**
	 * A request that shows whether the values work, and changes nothing at the destination. Left out
	 * where the user signs in by OAuth 2, which shows it already.
	 */
	test?(values: CredentialValues): SinkRequest & {
		/** Statuses that mean "works" */
		ok: readonly number[];
		/** What a good answer proves, for the message to the user */
		proves: string;
	};
}

export interface SinkRequest {
	method: 'GET' | 'POST' | 'PUT' | 'PATCH';
	/** Absolute, without query */
	url: string;
	headers?: Readonly<Record<string, string>>;
	query?: Readonly<Record<string, string>>;
	/** The exact bytes to send; `null` for none. Must not be parsed or formatted again. */
	body: string | null;
}

export interface SinkResponse {
	status: number;
	/** Names in lower case */
	headers: Readonly<Record<string, string | undefined>>;
	/** The body as text, or already parsed where the HTTP client did that */
	body: unknown;
}

export interface BatchLimits {
	/** Most records in one request */
	records: number;
	/** Most bytes in one request body */
	bytes: number;
}

/** What `refuses` and `request` know besides the records. */
export interface SinkContext<Options = SinkOptions> {
	options: Options;
	now: Date;
}
export interface RequestContext<Options = SinkOptions> extends SinkContext<Options> {
	/** Only for what cannot be done by `SinkCredential.authenticate`: base URL, body keys, signatures */
	credential: CredentialValues;
}

/** Why an event is not sent: `rejected` is a failure, `skipped` is as it should be. */
export interface Refusal {
	status: 'rejected' | 'skipped';
	reason: string;
}

/** What became of one record. */
export type RecordOutcome<Rec extends SinkRecord = SinkRecord> =
	| { status: 'delivered' }
	| { status: 'rejected'; reason: string }
	| {
			status: 'retryable';
			reason: string;
			/** Milliseconds the destination asks to wait; `null` leaves it to the backoff */
			afterMs: number | null;
			/** Trying again within this call is of no use: a login, an address or a quota must change first */
			later?: boolean;
	  }
	/** Destinations that need several requests per record: this record goes into the next one */
	| { status: 'continue'; record: Rec };

/**
 * The destination took nothing of this batch, because of a record it did not name or because of
 * its size. The engine sends it again in halves until the bad record is alone.
 */
export interface SplitBatch {
	split: string;
}

export type BatchAnswer<Rec extends SinkRecord = SinkRecord> =
	| readonly RecordOutcome<Rec>[]
	| SplitBatch;

export type SinkKind = 'analytics' | 'warehouse' | 'webhook' | 'crm';

/**
 * One destination. Everything the node, the credential list, the documentation and the privacy
 * report say about it comes from here; everything it does is in one file.
 */
export interface Sink<Rec extends SinkRecord = SinkRecord, Options = SinkOptions> {
	/** Stable value in saved workflows, camelCase */
	name: string;
	displayName: string;
	kind: SinkKind;
	/** One sentence for people, without a final period */
	description: string;
	/** The page of the destination's own documentation that this file follows */
	docsUrl: string;
	credential: SinkCredential;
	parameters: readonly SinkParameter[];
	/** The only event fields that can leave through this sink */
	fields: readonly EventField[];
	/**
	 * What a click becomes there, for people; `null` where the destination has no such thing. Clicks are
	 * refused then, because a click that arrives as an open would be an open that nobody made.
	 */
	clickIs: string | null;
	/** How the destination knows an event it already has; `null` when it cannot */
	deduplication: string | null;
	/** A path a user may override in the mapped record, for the form */
	overrideExample: string;
	limits(options: Options): BatchLimits;
	/** Events this destination does not take, with the reason; left out when it takes all */
	refuses?(event: OpenEvent, context: SinkContext<Options>): Refusal | null;
	map(event: OpenEvent, options: Options): Rec;
	/** Records of one request share this key; left out when any may travel together */
	group?(record: Rec): string;
	/** Makes one record out of several, for example all opens and clicks of one contact */
	collapse?: {
		/** Records of one key become one; `null` leaves a record alone */
		key(record: Rec): string | null;
		/** @param records two or more of one key, in input order */
		merge(records: readonly Rec[]): Rec;
	};
	request(records: readonly Rec[], context: RequestContext<Options>): SinkRequest;
	/** @throws on an answer it cannot read; the engine then treats the records as not delivered */
	outcome(
		response: SinkResponse,
		records: readonly Rec[],
		context: RequestContext<Options>,
	): BatchAnswer<Rec>;
}

/** Types a sink by what its `map` gives and its `parameters` declare, and erases that again. */
export function defineSink<Rec extends SinkRecord, const P extends readonly SinkParameter[]>(
	sink: Omit<Sink<Rec, OptionsOf<P>>, 'parameters'> & { parameters: P },
): Sink {
	return sink;
}

export const delivered = { status: 'delivered' } as const;

export function rejected(reason: string) {
	return { status: 'rejected', reason } as const;
}

export function retryable(reason: string, afterMs: number | null = null) {
	return { status: 'retryable', reason, afterMs } as const;
}

/** See `later` of `RecordOutcome`. */
export function retryLater(reason: string) {
	return { status: 'retryable', reason, afterMs: null, later: true } as const;
}
