import { findSink, SINKS } from '../../../src/sinks/registry';
import { readOptions } from '../../../src/sinks/sink-parameters';
import { EVENT_FIELDS } from '../../../src/tracking/event/event-fields';
import type { OpenEvent } from '../../../src/tracking/event/open-event';
import { CONTRACTS } from './contracts';
import { aClick, anOpen, answer, run, type Script } from './harness';

it('every destination of the registry has a contract', () => {
	expect(CONTRACTS.map((one) => one.sink).sort()).toEqual(SINKS.map((one) => one.name).sort());
});

describe.each(CONTRACTS)('$sink, as $page says', (contract) => {
	const sink = findSink(contract.sink);
	const { success, options = {}, malformed } = contract;
	const send = (count: number, script: Script) =>
		run(sink, contract.events(count), script, { options });
	const delivered = (count: number) => Array(count).fill('delivered');

	it('delivers', async () => {
		const { statuses } = await send(3, [success]);
		expect(statuses).toEqual(delivered(3));
	});

	it('waits as Retry-After asks on 429, then delivers', async () => {
		const { statuses, elapsedMs } = await send(1, [
			answer(429, '', { 'retry-after': '60' }),
			success,
		]);
		expect(statuses).toEqual(delivered(1));
		expect(elapsedMs).toBe(60_000);
	});

	it.each([500, 502, 503])('recovers from %s', async (status) => {
		const { statuses } = await send(3, [answer(status, 'upstream error'), answer(status), success]);
		expect(statuses).toEqual(delivered(3));
	});

	it('sends again what was not answered', async () => {
		const fault = Object.assign(new Error('socket hang up'), { code: 'ETIMEDOUT' });
		const { statuses } = await send(3, [fault, success]);
		expect(statuses).toEqual(delivered(3));
	});

	it('keeps events for later when the login fails', async () => {
		const { statuses, requests } = await send(1, [answer(401, { message: 'Unauthorized' })]);
		expect(statuses).toEqual(['retryable']);
		expect(requests).toHaveLength(1);
	});

	if (malformed !== null) {
		it('does not take a web page for a yes', async () => {
			const { statuses } = await send(1, [malformed]);
			expect(statuses).toEqual(['retryable']);
			const recovered = await send(1, [malformed, success]);
			expect(recovered.statuses).toEqual(delivered(1));
		});
	}

	it('makes the same request again for the same events', async () => {
		const first = await send(2, [success]);
		const second = await send(2, [success]);
		expect(second.requests).toEqual(first.requests);
	});

	it('sends no field that it does not list, and each one that it lists', async () => {
		const seen = new Set<string>();
		const named = anOpen(1, { recipientId: sampleId(sink.name) });
		const nameless = anOpen(1, { recipientId: null, campaignId: null });
		const click = aClick(1, { recipientId: sampleId(sink.name) });
		for (const write of writesOf(sink.name)) {
			for (const event of [named, nameless, click]) {
				const before = await requestsFor(sink.name, event, write);
				for (const field of EVENT_FIELDS) {
					const after = await requestsFor(sink.name, withMarker(event, field), write);
					if (JSON.stringify(before) !== JSON.stringify(after)) seen.add(field);
				}
			}
		}
		// event chooses what is sent; a value that is neither open nor click is none.
		const listed = sink.fields.filter((field) => field !== 'event');
		seen.delete('event');
		expect([...seen].sort()).toEqual([...listed].sort());
	});
});

const sampleId = (name: string) => (name === 'googleAnalytics' ? 'r1' : 'ada@example.com');

function writesOf(name: string): Array<Record<string, string | boolean>> {
	return findSink(name).parameters.some((one) => one.name === 'write')
		? [
				{ write: 'contact', machineOpens: true, lastClickedField: '8' },
				{ write: 'timeline', machineOpens: true, clickEventName: 'clicked' },
			]
		: [{}];
}

/** The requests an event would lead to, without those for looking up its contact. */
async function requestsFor(
	name: string,
	event: OpenEvent,
	write: Record<string, string | boolean>,
) {
	const contract = CONTRACTS.find((one) => one.sink === name);
	const sink = findSink(name);
	const timeline = write.write === 'timeline';
	const success: Script = [
		(request) => {
			if (timeline && name === 'activeCampaign' && request.method === 'GET') {
				return answer(200, { contacts: [{ id: '5' }] });
			}
			if (timeline && name === 'brevo') return answer(202, { message: 'queued', count: 1 });
			return contract?.success(request) ?? answer(500);
		},
	];
	const { requests } = await run(sink, [event], success, {
		options: { ...contract?.options, ...write },
	});
	return requests;
}

/** The same event with another value in one field. */
function withMarker(event: OpenEvent, field: (typeof EVENT_FIELDS)[number]): OpenEvent {
	const markers: Partial<Record<string, unknown>> = {
		eventId: '0193495c-7a00-7000-8000-00000000ffff',
		occurredAt: '2026-11-21T09:00:00.000Z',
		recipientId: event.recipientId?.replace(/^./, 'x') ?? 'x',
		recipientReason: 'missing',
		trackingMode: 'full',
		purpose: 'profiling',
		actor: 'scanner',
		features: ['marker'],
		'consent.status': 'renewed',
	};
	const value = markers[field] ?? 'marker';
	const [outer, inner] = field.split('.') as [keyof OpenEvent, string | undefined];
	if (inner === undefined) return { ...event, [outer]: value };
	return { ...event, [outer]: { ...(event[outer] as object), [inner]: value } };
}

describe('the registry', () => {
	it('has unique names and credential types, and sorted display names', () => {
		const names = SINKS.map((one) => one.name);
		expect(new Set(names).size).toBe(names.length);
		const shown = SINKS.map((one) => one.displayName);
		expect(shown).toEqual([...shown].sort((a, b) => a.localeCompare(b, 'en')));
		const credentials = SINKS.map((one) => one.credential.name);
		expect(new Set(credentials).size).toBe(credentials.length);
	});

	it.each(SINKS.map((one) => [one.name, one] as const))('%s is fit for a form', (_, sink) => {
		expect(sink.docsUrl).toMatch(/^https:\/\//);
		expect(sink.credential.docsUrl).toMatch(/^https:\/\//);
		expect(sink.description).not.toMatch(/\.$/);
		for (const parameter of sink.parameters) {
			expect(parameter.description).not.toMatch(/\.$/);
			if (parameter.type === 'options') {
				const names = parameter.options.map((one) => one.name);
				expect(names).toEqual([...names].sort((a, b) => a.localeCompare(b, 'en')));
				expect(parameter.options.map((one) => one.value)).toContain(parameter.default);
			}
			if (parameter.type === 'boolean') expect(parameter.description).toMatch(/^Whether /);
		}
	});

	it('says what is wrong with a setting', () => {
		const { parameters } = findSink('hubSpot');
		expect(() => readOptions(parameters, { write: 'everything' })).toThrow(
			'Record As is not valid. Use one of contact, timeline.',
		);
		expect(() => readOptions(parameters, { write: 'timeline' })).toThrow('Custom Event is empty.');
		expect(readOptions(parameters, {})).toMatchObject({ write: 'contact', machineOpens: false });
		expect(() => findSink('carrierPigeon')).toThrow('There is no destination "carrierPigeon"');
	});
});
