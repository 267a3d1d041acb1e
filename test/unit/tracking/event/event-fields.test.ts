import { z } from 'zod4';

import { EVENT_FIELDS, EVENT_LEAVES } from '../../../../src/tracking/event/event-fields';
import {
	buildEvent,
	newOpenEvent,
	openEventSchema,
	valueOf,
} from '../../../../src/tracking/event/open-event';
import { fullEvent } from '../../../support/open-events';

const least = {
	eventId: 'e',
	occurredAt: '2026-11-21T13:45:10.123Z',
	trackingMode: 'full',
	actor: 'bot',
} as const;

describe('the table of event fields', () => {
	it('is the schema, leaf by leaf, each with its description', () => {
		const leaves: Array<[string, z.ZodType]> = [];
		for (const [name, given] of Object.entries<z.ZodType>(openEventSchema.shape)) {
			// An object that came later has a default around it.
			const isLater = given instanceof z.ZodDefault && given.unwrap() instanceof z.ZodObject;
			const schema = isLater ? (given.unwrap() as z.ZodObject) : given;
			if (!(schema instanceof z.ZodObject)) leaves.push([name, schema]);
			else {
				for (const [child, leaf] of Object.entries<z.ZodType>(schema.shape)) {
					leaves.push([`${name}.${child}`, leaf]);
				}
			}
		}
		expect(leaves.map(([path]) => path)).toEqual(EVENT_FIELDS);
		expect(leaves.map(([, schema]) => schema.description)).toEqual(
			EVENT_LEAVES.map(({ description }) => description),
		);
	});

	it('gives every column one name, and every column of an export one place', () => {
		const columns = EVENT_LEAVES.map(({ column }) => column);
		expect(new Set(columns).size).toBe(columns.length);
		expect(columns).toEqual(
			expect.arrayContaining(['event_id', 'consent_record_id', 'request_ip']),
		);
		const places = EVENT_LEAVES.flatMap(({ csv }) => csv ?? []).sort((a, b) => a - b);
		expect(places).toEqual(places.map((_, index) => index + 1));
	});

	it('takes an event apart and puts it together again', () => {
		expect(buildEvent((leaf) => valueOf(fullEvent(), leaf))).toEqual(fullEvent());
	});
});

it('an event from before clicks is an open, whose fields of a link are empty', () => {
	const { link, ...before } = fullEvent();
	expect(openEventSchema.parse(before).link).toEqual({ url: null, position: null, label: null });
	expect(Object.keys(link)).toEqual(['url', 'position', 'label']);
});

describe('a new event', () => {
	it('is valid, and null or empty where nothing is known', () => {
		const event = newOpenEvent(least);
		expect(openEventSchema.parse(event)).toEqual(event);
		for (const leaf of EVENT_LEAVES.filter(({ empty }) => empty !== undefined)) {
			expect(valueOf(event, leaf)).toEqual(leaf.empty);
		}
		expect(event).toMatchObject({ ...least, event: 'open' });
	});

	it('has what is known, also where only a part of an object is', () => {
		const features = ['a'];
		const event = newOpenEvent({ ...least, features, request: { ip: '192.0.2.1' } });
		expect(event.request).toEqual({ ...newOpenEvent(least).request, ip: '192.0.2.1' });
		event.features.push('b');
		expect(features).toEqual(['a']);
		expect(newOpenEvent(least).features).not.toBe(newOpenEvent(least).features);
	});
});
