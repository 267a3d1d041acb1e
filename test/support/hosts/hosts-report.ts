/** What became of loads: what was answered, compared with the store and with what the workflow got. */
import { identityOf, type LoadReport } from '../../../bench/soak/identity';
import type { PassedOn } from './servers';

/** What became of the loads of one way in. */
export interface WayReport {
	/** Loads whose answer, the image, arrived */
	answered: number;
	/** Loads without an answer */
	unanswered: number;
	slowestMs: number;
	/** Answered, and not in the store */
	missing: number;
	/** In the store twice, because nginx sent it to one collector after the other */
	twiceByProxy: number;
	/** In the store more than once for no such reason */
	repeated: number;
	/** In the store with a time before that of an earlier load of the same recipient */
	outOfTime: number;
	/** In the store, and never handed to the workflow */
	notHandedOver: number;
}

export interface SeveralHostsReport {
	collectors: WayReport;
	webhooks: WayReport;
	/** How often nginx asked a second collector */
	triedAgain: number;
	/** Opens behind a later load of the same recipient at the same collector */
	outOfOrder: { stored: number; handedOver: number };
	handedOver: {
		/** Opens that came with a second batch */
		repeated: number;
		/** Opens that are not in the store */
		unknown: number;
	};
}

/** An open, as far as it is compared. */
export interface FoundOpen {
	eventId: string;
	occurredAt: number;
	recipientId: string;
	messageId: number;
}

/** What is compared. */
export interface Found {
	loads: { collectors: LoadReport; webhooks: LoadReport };
	/** In the order in which the store took them */
	stored: FoundOpen[];
	/** In the order in which they came, with those that came again */
	handedOver: FoundOpen[];
	passedOn: PassedOn[];
}

/** Compares all that was found. */
export function reportOf({ loads, stored, handedOver, passedOn }: Found) {
	const byProxy = new Map(passedOn.map((one) => [`${one.id} ${one.messageId}`, one] as const));
	const seen = new Set<string>();
	const firsts = handedOver.filter(({ eventId }) => !seen.has(eventId) && seen.add(eventId));
	const known = new Set(stored.map(({ eventId }) => eventId));
	const ofCollectors = ({ recipientId }: FoundOpen) =>
		recipientId.startsWith(loads.collectors.order.prefix!);
	const found = { stored, handedOver: seen, passedOn: byProxy };
	const report: SeveralHostsReport = {
		collectors: reportOfWay(loads.collectors, found),
		webhooks: reportOfWay(loads.webhooks, found),
		triedAgain: passedOn.filter(({ tried }) => tried.length > 1).length,
		outOfOrder: {
			stored: countOutOfOrder(stored.filter(ofCollectors), byProxy),
			handedOver: countOutOfOrder(firsts.filter(ofCollectors), byProxy),
		},
		handedOver: {
			repeated: handedOver.length - firsts.length,
			unknown: firsts.filter(({ eventId }) => !known.has(eventId)).length,
		},
	};
	return report;
}

type ByProxy = ReadonlyMap<string, PassedOn>;

const loadOf = ({ recipientId, messageId }: FoundOpen) => `${recipientId} ${messageId}`;

function countOutOfOrder(opens: FoundOpen[], passedOn: ByProxy): number {
	const latest = new Map<string, number>();
	return opens.filter((open) => {
		const tried = passedOn.get(loadOf(open))?.tried ?? [];
		// What was sent to both has no place of its own.
		if (tried.length !== 1) return false;
		const key = `${open.recipientId} ${tried[0]}`;
		const before = latest.get(key) ?? -1;
		latest.set(key, Math.max(before, open.messageId));
		return open.messageId < before;
	}).length;
}

function reportOfWay(
	{ order, clients, latencyMs }: LoadReport,
	found: Pick<Found, 'stored'> & { handedOver: Set<string>; passedOn: ByProxy },
): WayReport {
	const stored = found.stored.filter(({ recipientId }) => recipientId.startsWith(order.prefix!));
	const rows = new Map<string, FoundOpen[]>();
	for (const open of stored) rows.set(loadOf(open), [...(rows.get(loadOf(open)) ?? []), open]);
	const report: WayReport = {
		answered: 0,
		unanswered: 0,
		slowestMs: latencyMs.max,
		missing: 0,
		twiceByProxy: 0,
		repeated: 0,
		outOfTime: 0,
		notHandedOver: stored.filter(({ eventId }) => !found.handedOver.has(eventId)).length,
	};
	const latest = new Map<string, number>();
	for (const [client, { sent, unanswered }] of clients.entries()) {
		const lost = new Set(unanswered);
		for (let load = 0; load < sent; load += 1) {
			const { recipientId, messageId } = identityOf(client, load, order);
			const its = rows.get(`${recipientId} ${messageId}`) ?? [];
			const { tried = [''] } = found.passedOn.get(`${recipientId} ${messageId}`) ?? {};
			if (lost.has(load)) report.unanswered += 1;
			else report.answered += 1;
			if (!lost.has(load) && its.length === 0) report.missing += 1;
			if (its.length > tried.length) report.repeated += 1;
			else if (its.length > 1) report.twiceByProxy += 1;
			if (its.length !== 1 || tried.length > 1) continue;
			if (its[0].occurredAt < (latest.get(recipientId) ?? 0)) report.outOfTime += 1;
			latest.set(recipientId, its[0].occurredAt);
		}
	}
	return report;
}
