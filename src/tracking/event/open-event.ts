import { z } from 'zod4';

import { EVENT_LEAVES, EVENT_TABLE, isLine, type FieldLine, type Leaf } from './event-fields';

type ShapeOf<Lines> = {
	[Name in keyof Lines]: Lines[Name] extends FieldLine
		? Lines[Name]['schema']
		: z.ZodObject<InnerShape<Lines[Name]>>;
};
type InnerShape<Lines> = {
	[Name in keyof Lines]: Lines[Name] extends FieldLine ? Lines[Name]['schema'] : never;
};

/** The zod shape of the table: the type of each field, with its description. */
function shapeOf<Lines extends object>(lines: Lines): ShapeOf<Lines> {
	const entries = Object.entries(lines).map(([name, line]: [string, object]) => [
		name,
		isLine(line) ? line.schema.describe(line.description) : objectOf(line),
	]);
	return Object.fromEntries(entries) as ShapeOf<Lines>;
}

/** An object of fields. Older events lack one that came later, whose fields all have a default. */
function objectOf(lines: object): z.ZodType {
	const object = z.object(shapeOf(lines));
	const none = object.safeParse({});
	return none.success ? object.default(none.data) : object;
}

/**
 * One recorded image load, or one tracked link that was followed: the item that flows through every
 * node. Its fields are the lines of `EVENT_TABLE`. Unknown is `null`.
 */
export const openEventSchema = z.object(shapeOf(EVENT_TABLE));

export type OpenEvent = z.infer<typeof openEventSchema>;
export type Client = OpenEvent['client'];
export type Actor = OpenEvent['actor'];
export type EventKind = OpenEvent['event'];
export type RecipientReason = NonNullable<OpenEvent['recipientReason']>;
export type ConsentStatus = NonNullable<OpenEvent['consent']['status']>;

/** The actors whose loads count; the others are kept, labeled and reported apart. */
export const COUNTED_ACTORS: readonly Actor[] = ['human', 'human-via-proxy', 'unknown'];

/** Whether a load by this actor counts as an open, and a click as a click. */
export function isCounted(actor: Actor): boolean {
	return COUNTED_ACTORS.includes(actor);
}

/** An object of the shape of an event, of which parts may be missing. */
type PartOfEvent = Partial<Record<string, unknown>>;

/** What a field of an event holds; `undefined` where that part of the event is missing. */
export function valueOf(event: PartOfEvent, { outer, inner }: Leaf): unknown {
	const value = event[outer];
	return inner === null ? value : (value as PartOfEvent | undefined)?.[inner];
}

/** Makes an event field by field. `value` says what each field of the table holds. */
export function buildEvent(value: (leaf: Leaf) => unknown): OpenEvent {
	const event: Record<string, unknown> = {};
	for (const leaf of EVENT_LEAVES) {
		if (leaf.inner === null) event[leaf.outer] = value(leaf);
		else ((event[leaf.outer] ??= {}) as PartOfEvent)[leaf.inner] = value(leaf);
	}
	return event as OpenEvent;
}

/** What an event cannot do without, and of the rest what is known. */
type KnownOfEvent = Pick<OpenEvent, 'eventId' | 'occurredAt' | 'trackingMode' | 'actor'> & {
	[Name in keyof OpenEvent]?: OpenEvent[Name] extends readonly unknown[]
		? Readonly<OpenEvent[Name]>
		: OpenEvent[Name] extends object
			? Partial<OpenEvent[Name]>
			: OpenEvent[Name];
};

/** An event of what is known; every other field is `null` or empty. */
export function newOpenEvent(known: KnownOfEvent): OpenEvent {
	const parts = { event: 'open', ...known };
	return buildEvent((leaf) => copyOf(valueOf(parts, leaf) ?? leaf.empty));
}

/** A list is copied, so that no two events share one. */
export function copyOf(value: unknown): unknown {
	return Array.isArray(value) ? [...(value as unknown[])] : value;
}
