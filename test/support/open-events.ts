import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod4';

import { EVENT_LEAVES, type Leaf } from '../../src/tracking/event/event-fields';
import { buildEvent, newOpenEvent, type OpenEvent } from '../../src/tracking/event/open-event';

/** An open event as the trigger gives it out, with `changes` applied. */
export function openEvent(changes: Partial<OpenEvent> = {}): OpenEvent {
	const event = newOpenEvent({
		eventId: uuidv7(),
		occurredAt: '2026-11-20T10:00:00.000Z',
		recipientId: '42',
		campaignId: 'spring',
		trackingMode: 'identified',
		actor: 'human',
		consent: { status: 'unknown', policy: 'objection-honoured' },
	});
	return { ...event, ...changes };
}

/** An event of mode `full` in which every field has a value. Free texts say `M-` and their field. */
export function fullEvent(): OpenEvent {
	return buildEvent(({ path, schema }) => {
		if (path === 'eventId') return '019aa6b5-7c8b-7def-8123-456789abcdef';
		if (path === 'trackingMode') return 'full';
		// Only an event without a recipient has a reason for that.
		if (path === 'recipientReason') return null;
		if (path === 'link.url') return 'https://shop.example/M-link.url';
		const values = ['open', '2026-11-21T13:45:10.123Z', `M-${path}`, [`M-${path}`], 1500, true];
		const fitting = [...choicesOf(schema), ...values.reverse()].find(
			(value) => schema.safeParse(value).success,
		);
		if (fitting === undefined) throw new Error(`fullEvent has no value for ${path}`);
		return fitting;
	});
}

/** Any valid event, also such as no door of this package would make. */
export const anyEvent: fc.Arbitrary<OpenEvent> = fc
	.tuple(...EVENT_LEAVES.map(anyValue))
	.map((values) => buildEvent((leaf) => values[EVENT_LEAVES.indexOf(leaf)]));

function anyValue({ path, schema, stored, empty }: Leaf): fc.Arbitrary<unknown> {
	const time = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
	const choices = choicesOf(schema);
	const kinds: Record<Leaf['stored'], fc.Arbitrary<unknown>> = {
		id: fc.oneof(fc.uuid({ version: 7 }), fc.string({ minLength: 1, maxLength: 256 })),
		text: choices.length > 0 ? fc.constantFrom(...choices) : fc.string(),
		time: time.map((date) => date.toISOString()),
		number: fc.nat(),
		flag: fc.boolean(),
		json: fc.array(fc.string()),
	};
	if (!(stored in kinds)) throw new Error(`anyEvent cannot make a ${stored} for ${path}`);
	return empty === null ? fc.option(kinds[stored], { nil: null }) : kinds[stored];
}

/** The words that a field may hold; none where its text is free. */
function choicesOf(schema: z.ZodType): unknown[] {
	const inner = schema instanceof z.ZodNullable ? schema.unwrap() : schema;
	return inner instanceof z.ZodEnum ? inner.options : [];
}
