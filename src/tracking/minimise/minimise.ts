import { EVENT_LEAVES } from '../event/event-fields';
import {
	buildEvent,
	copyOf,
	openEventSchema,
	valueOf,
	type Client,
	type OpenEvent,
} from '../event/open-event';
import { recipientPseudonym } from '../people/pseudonym';
import { reduceIp, type IpReduction } from './minimise-ip';
import { roundEventId, roundTime, type TimePrecision } from './minimise-time';

/** Which dotted paths of an item hold what. A path looks through arrays. */
export interface FieldRoles {
	ip: readonly string[];
	userAgent: readonly string[];
	time: readonly string[];
	/** Ids that may hold a time of their own (UUIDv7) */
	eventId: readonly string[];
	recipient: readonly string[];
	/** The scope of a pseudonym; the first one with a value counts */
	campaign: readonly string[];
}

/** Where an OpenEvent holds what. */
export const OPEN_EVENT_ROLES: FieldRoles = {
	ip: ['request.ip'],
	userAgent: ['request.userAgent'],
	time: ['occurredAt'],
	eventId: ['eventId'],
	recipient: ['recipientId'],
	campaign: ['campaignId', 'pixelId'],
};

export interface MinimiseOptions {
	/**
	 * Dotted paths that stay, everything else goes. A path keeps a plain value or a list of plain
	 * values; an object inside needs paths of its own.
	 */
	allow: readonly string[];
	roles: FieldRoles;
	ip: IpReduction;
	/** The key of the day; needed for `ip: 'hash'` */
	ipKey: Buffer | null;
	userAgent: 'drop' | 'families' | 'keep';
	/** Reads the families from a user agent; needed for `userAgent: 'families'` */
	clientOf: ((userAgent: string) => Client) | null;
	time: TimePrecision;
	recipient: 'drop' | 'pseudonym' | 'keep';
	/** At least 16 bytes; needed for `recipient: 'pseudonym'` */
	pseudonymKey: Buffer | null;
}

export interface Minimized {
	/** A new object; the input is left as it was */
	event: Record<string, unknown>;
	/** Names of the fields that had a value and are gone; never a value */
	removed: string[];
	/** Names of the fields that now hold less than they did */
	reduced: string[];
}

/** An OpenEvent is no event without these, and they say nothing about a person. */
const ALWAYS_IN_AN_EVENT = EVENT_LEAVES.filter(({ empty }) => empty === undefined).map(
	({ path }) => path,
);

/** What may be shown of a name: names can be data too, say an object with addresses as keys. */
const PLAIN_NAME = /^[A-Za-z_$][A-Za-z0-9_$-]{0,63}$/;
const UNNAMED = '(unnamed)';

/** Lists in lists beyond this depth go: no program writes them, and following them costs stack. */
const MAX_LIST_DEPTH = 20;
/** The last moment that `Date` knows, in milliseconds. */
const LATEST_TIME = 8.64e15;

/**
 * Keeps of an item only what is asked for, and that only as exactly as is asked for. Works on an
 * OpenEvent and on the JSON of any item. Unknown and nested fields go unless their path is named.
 * An OpenEvent stays a valid OpenEvent: what it loses becomes `null`.
 *
 * @throws when a reduction needs a key or a function that was not given
 */
export function minimise(item: Record<string, unknown>, options: MinimiseOptions): Minimized {
	checkOptions(options);
	const isEvent = openEventSchema.safeParse(item).success;
	const walk = new Walk(options, scopeOf(item, options.roles.campaign), isEvent);
	const event = walk.object(item, '');
	for (const client of walk.clients) {
		event.client = keepAllowed({ ...client }, options.allow);
	}
	return {
		event: isEvent ? withEventShape(event) : event,
		removed: [...walk.removed].sort(),
		reduced: [...walk.reduced].sort(),
	};
}

class Walk {
	readonly removed = new Set<string>();
	readonly reduced = new Set<string>();
	/** Families read from a user agent, to be put in its place */
	readonly clients: Client[] = [];
	private readonly allow: Set<string>;
	private readonly parents = new Set<string>();

	constructor(
		private readonly options: MinimiseOptions,
		private readonly scope: string,
		isEvent: boolean,
	) {
		this.allow = new Set(isEvent ? [...options.allow, ...ALWAYS_IN_AN_EVENT] : options.allow);
		// What families are read from is looked for also where nothing else is kept.
		const read = options.userAgent === 'families' ? options.roles.userAgent : [];
		for (const path of [...this.allow, ...read]) {
			const names = path.split('.');
			for (let depth = 1; depth < names.length; depth++) {
				this.parents.add(names.slice(0, depth).join('.'));
			}
		}
	}

	object(source: Record<string, unknown>, parent: string): Record<string, unknown> {
		const kept: Record<string, unknown> = {};
		for (const [name, value] of Object.entries(source)) {
			const path = join(parent, name);
			const asked = !name.includes('.') && (this.allow.has(path) || this.parents.has(path));
			const safe = name !== '__proto__' && (asked || PLAIN_NAME.test(name));
			const result = safe ? this.value(value, path) : this.drop(value, join(parent, UNNAMED));
			if (result !== undefined) kept[name] = result;
		}
		return kept;
	}

	/** `undefined` stands for "gone". */
	private value(value: unknown, path: string, listDepth = 0): unknown {
		if (Array.isArray(value)) {
			if (listDepth >= MAX_LIST_DEPTH) return this.drop(value, path);
			const kept = value
				.map((element: unknown) => this.value(element, path, listDepth + 1))
				.filter((element) => element !== undefined);
			return kept.length > 0 || this.allow.has(path) ? kept : undefined;
		}
		if (isObject(value)) {
			if (!this.parents.has(path)) return this.drop(value, path);
			return this.object(value, path);
		}
		if (this.options.roles.userAgent.includes(path)) return this.userAgent(value, path);
		if (!this.allow.has(path)) return this.drop(value, path);
		return this.role(value, path);
	}

	private role(value: unknown, path: string): unknown {
		const { roles, ip, ipKey, time, recipient, pseudonymKey } = this.options;
		if (value === null) return null;
		if (roles.ip.includes(path)) {
			return this.outcome(
				value,
				path,
				typeof value === 'string' ? reduceIp(value, ip, ipKey) : null,
			);
		}
		if (roles.time.includes(path)) {
			return this.outcome(value, path, time === 'exact' ? value : rounded(value, time));
		}
		if (roles.eventId.includes(path)) {
			return this.outcome(
				value,
				path,
				typeof value === 'string' ? roundEventId(value, time) : value,
			);
		}
		if (roles.recipient.includes(path)) {
			if (recipient === 'drop') return this.drop(value, path);
			if (recipient === 'keep') return value;
			const pseudonym = pseudonymKey
				? recipientPseudonym(String(value), this.scope, pseudonymKey)
				: null;
			return this.outcome(value, path, pseudonym);
		}
		return value;
	}

	private userAgent(value: unknown, path: string): unknown {
		const { userAgent, clientOf } = this.options;
		if (typeof value === 'string' && userAgent === 'families' && clientOf) {
			this.clients.push(clientOf(value));
			this.reduced.add(path);
			return undefined;
		}
		return userAgent === 'keep' && this.allow.has(path) ? value : this.drop(value, path);
	}

	private outcome(before: unknown, path: string, after: unknown): unknown {
		if (after === null) return this.drop(before, path);
		if (after !== before) this.reduced.add(path);
		return after;
	}

	private drop(value: unknown, path: string): undefined {
		if (hasValue(value)) this.removed.add(path);
		return undefined;
	}
}

function rounded(value: unknown, precision: TimePrecision): string | null {
	if (typeof value === 'string') return roundTime(value, precision);
	// Written so that NaN fails, too.
	if (typeof value !== 'number' || !(Math.abs(value) <= LATEST_TIME)) return null;
	return roundTime(new Date(value).toISOString(), precision);
}

function checkOptions(options: MinimiseOptions): void {
	if (options.ip === 'hash' && !options.ipKey) {
		throw new Error('No address key for today. Pass one, or drop or truncate the address.');
	}
	if (options.recipient === 'pseudonym' && !options.pseudonymKey) {
		throw new Error('No pseudonym key. Pass one, or drop the recipient.');
	}
	if (options.userAgent === 'families' && !options.clientOf) {
		throw new Error('Nothing to read families from a user agent with. Pass clientOf, or drop it.');
	}
}

function scopeOf(item: Record<string, unknown>, paths: readonly string[]): string {
	for (const path of paths) {
		let value: unknown = item;
		for (const name of path.split('.')) value = isObject(value) ? value[name] : undefined;
		if (typeof value === 'string' || typeof value === 'number') return String(value);
	}
	return '';
}

function keepAllowed(client: Client, allow: readonly string[]): Partial<Client> {
	return Object.fromEntries(
		Object.entries(client).filter(([name]) => allow.includes(`client.${name}`)),
	);
}

/** Gives an event back the fields its shape needs, empty. */
function withEventShape(event: Record<string, unknown>): OpenEvent {
	const whole = buildEvent((leaf) => valueOf(event, leaf) ?? copyOf(leaf.empty));
	if (whole.recipientId === null && whole.recipientReason === null) whole.recipientReason = 'mode';
	return whole;
}

function join(parent: string, name: string): string {
	return parent === '' ? name : `${parent}.${name}`;
}

/** Whether there is anything in a value that could be lost. */
function hasValue(value: unknown): boolean {
	if (isObject(value)) return Object.values(value).some(hasValue);
	return value !== null && value !== undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
