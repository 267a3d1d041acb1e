import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ACTORS } from '../../../../src/tracking/event/event-fields';
import { isCounted, openEventSchema } from '../../../../src/tracking/event/open-event';
import { openEvent } from '../../../support/open-events';

describe('an open event', () => {
	it('has every field that docs/open-event.md shows', () => {
		const page = readFileSync(join(__dirname, '../../../../docs/open-event.md'), 'utf8');
		const example = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '') as object;
		expect(openEventSchema.parse(example)).toMatchObject(example);
		expect(Object.keys(example).sort()).toEqual(Object.keys(openEventSchema.shape).sort());
	});

	it.each([
		['a time that is none', { occurredAt: 'yesterday' }],
		['an actor that does not exist', { actor: 'ghost' }],
		['a mode that does not exist', { trackingMode: 'everything' }],
		['no id', { eventId: '' }],
	])('is refused with %s', (_case, change) => {
		expect(openEventSchema.safeParse({ ...openEvent(), ...change }).success).toBe(false);
	});

	it('counts for people, for email proxies of people and for unknown, and for nobody else', () => {
		expect(ACTORS.filter(isCounted)).toEqual(['human', 'human-via-proxy', 'unknown']);
	});
});
