import type { RequestContext, Sink, SinkRecord } from '../sink';
import type { Delivery, SinkItem } from './delivery';
import { applyOverrides } from './field-override';
import { whyNotAllowed } from './sink-permission';

/** One record to be sent, and the positions in the input that it stands for. */
export interface Unit {
	record: SinkRecord;
	positions: readonly number[];
}

/**
 * Turns input items into records: refuses what may not leave, maps, merges the user's values, and
 * brings together what is one record for the destination. An event that comes twice is sent once.
 *
 * @param settle called for each item that will not be sent
 */
export function toUnits(
	items: readonly SinkItem[],
	sink: Sink,
	context: RequestContext,
	settle: (position: number, delivery: Delivery) => void,
): Unit[] {
	const byEvent = new Map<string, { record: SinkRecord; positions: number[] }>();
	items.forEach((item, position) => {
		const forbidden = whyNotAllowed(item.event);
		if (forbidden !== null) {
			settle(position, { status: 'rejected', reason: forbidden });
			return;
		}
		const known = byEvent.get(item.event.eventId);
		if (known) {
			known.positions.push(position);
			return;
		}
		if (item.event.event === 'click' && sink.clickIs === null) {
			settle(position, { status: 'rejected', reason: noClicks(sink) });
			return;
		}
		const refusal = sink.refuses?.(item.event, context);
		if (refusal) {
			settle(position, refusal);
			return;
		}
		try {
			const mapped = sink.map(item.event, context.options);
			const record = applyOverrides(mapped, item.overrides ?? []);
			byEvent.set(item.event.eventId, { record, positions: [position] });
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			settle(position, { status: 'rejected', reason });
		}
	});
	return collapse([...byEvent.values()], sink);
}

function noClicks({ displayName }: Sink): string {
	return `The event is a click, and ${displayName} has no event for clicks; it is not sent as an open. Put an If node in front that lets items through whose event is "open"`;
}

function collapse(units: readonly Unit[], sink: Sink): Unit[] {
	const { collapse: rule } = sink;
	if (!rule) return [...units];
	const byKey = new Map<string, Unit[]>();
	units.forEach((unit, index) => {
		const key = rule.key(unit.record);
		const own = key === null ? `alone:${index}` : `key:${key}`;
		const same = byKey.get(own);
		if (same) same.push(unit);
		else byKey.set(own, [unit]);
	});
	return [...byKey.values()].map((same) =>
		same.length === 1
			? same[0]
			: {
					record: rule.merge(same.map((unit) => unit.record)),
					positions: same.flatMap((unit) => unit.positions),
				},
	);
}

/** Cuts units into batches that one request can carry, in order, each of one group. */
export function toBatches(units: readonly Unit[], sink: Sink, size: number): Unit[][] {
	const groups = new Map<string, Unit[]>();
	for (const unit of units) {
		const key = sink.group?.(unit.record) ?? '';
		const group = groups.get(key);
		if (group) group.push(unit);
		else groups.set(key, [unit]);
	}
	const batches: Unit[][] = [];
	for (const group of groups.values()) {
		for (let start = 0; start < group.length; start += size) {
			batches.push(group.slice(start, start + size));
		}
	}
	return batches;
}
