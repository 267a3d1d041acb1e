import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { recordTogether } from '../../../../src/intake/record-together';
import { chunks } from '../../../../src/storage/database/chunks';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { type EspImport, parseInParts } from '../../../../src/tracking/esp/parse-esp-payload';
import { receiveReportedOpen } from '../../../../src/tracking/esp/receive-reported-open';
import {
	type HandedOnDelivery,
	receiveReported,
} from '../../../../src/tracking/esp/reported-event';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import type { KeyRing } from '../../../../src/tracking/links/key-ring';
import { MODE_STORES } from '../../../../src/tracking/minimise/minimise-mode';
import { failedItem, MOST_AT_ONCE, toNodeError } from '../../../shared/each-item';
import { signingOf } from '../../../shared/installation/signing';
import { reportSetupInUse } from '../../../shared/receive/report-setup';
import { receiveDeps, tellOfLookups } from '../../../shared/receive/receive';
import { toItems } from '../../common/items';
import { payloadOfService } from './check-sender';
import { setupOf, type ImportSettings, readPayload, readSettings } from './import-settings';

/** A payload may hold thousands of events; others have their turn after this many. */
const READ_AT_ONCE = 250;

/** One item: what its payload holds, and what became of it. */
export interface ImportedItem extends EspImport {
	index: number;
	settings: ImportSettings;
	/** The opens and clicks that are new */
	stored: OpenEvent[];
	/** How many were in the store already */
	known: number;
	/** How many may not be stored: by consent, by the mode, or because the person was erased */
	left: number;
	/** Why the store will never take some */
	refusals: string[];
	/** Not stored, and part of the output */
	handedOn: HandedOnDelivery[];
	/** Why the store took none of the rest; it may take them later */
	failure: unknown;
}

/** Checks who sent what an item holds, reads it, and stores nothing. */
export async function readItem(node: IExecuteFunctions, index: number): Promise<ImportedItem> {
	const settings = readSettings(node, index);
	const { provider } = settings;
	const read = () => readPayload(node, index);
	const payload = settings.acceptUnsigned
		? read()
		: await payloadOfService(node, index, provider, read);
	const parsed: EspImport = { opens: [], clicks: [], reported: [], rejected: [], ignored: 0 };
	for (const part of parseInParts(provider, payload, settings, READ_AT_ONCE)) {
		parsed.opens.push(...part.opens);
		parsed.clicks.push(...part.clicks);
		parsed.reported.push(...part.reported);
		parsed.rejected.push(...part.rejected);
		parsed.ignored += part.ignored;
		await nextTurn();
	}
	return {
		...parsed,
		handedOn: [],
		index,
		settings,
		stored: [],
		known: 0,
		left: 0,
		refusals: [],
		failure: undefined,
	};
}

/**
 * Stores the opens and clicks of some items together. Where the user did not choose to continue on failure,
 * nothing of the items behind the first one that could not be read whole is stored.
 */
export async function importItems(
	node: IExecuteFunctions,
	store: TrackingStore,
	given: readonly ImportedItem[],
): Promise<Array<INodeExecutionData[] | Error>> {
	const firstBad = given.findIndex(({ rejected }) => rejected.length > 0);
	const goesOn = node.continueOnFail() || firstBad === -1;
	const items = goesOn ? given : given.slice(0, firstBad + 1);
	for (const { settings } of items) reportSetupInUse(node, setupOf(settings));
	const { keyRing } = await signingOf(node);
	const all = items.flatMap((item) =>
		[...item.opens, ...item.clicks].map((event) => ({ event, item })),
	);
	for (const part of chunks(all, MOST_AT_ONCE)) {
		try {
			await importPart(node, store, keyRing, part);
		} catch (error) {
			const first = items.indexOf(part[0].item);
			for (const item of items.slice(first)) item.failure = error;
			break;
		}
	}
	const done = items.filter(({ failure }) => failure === undefined);
	for (const item of done) await handOn(node, item);
	if (done.length > 0) node.addExecutionHints({ message: summaryOf(done) });
	return items.map((item) => resultOf(node, item));
}

function summaryOf(items: readonly ImportedItem[]): string {
	const count = (of: (item: ImportedItem) => number) =>
		items.reduce((sum, item) => sum + of(item), 0);
	const fresh = (name: OpenEvent['event']) =>
		count(({ stored }) => stored.filter(({ event }) => event === name).length);
	const summary = `${fresh('open')} opens and ${fresh('click')} clicks are new, ${count(({ known }) => known)} were known, ${count(({ left }) => left)} may not be stored. Other events: ${count(({ ignored, reported }) => ignored + reported.length)}`;
	const handed = items.flatMap(({ handedOn }) => handedOn.map(({ event }) => event));
	if (handed.length === 0) return summary;
	const times = (name: string) => handed.filter((event) => event === name).length;
	return `${summary}, of which ${times('bounce')} bounces and ${times('complaint')} complaints are handed on`;
}

/** Finds what else of an item may leave the node. */
async function handOn(node: IExecuteFunctions, item: ImportedItem): Promise<void> {
	const deps = receiveDeps(node);
	const reported = item.reported.filter(({ event }) => item.settings.handOn.includes(event));
	for (const part of chunks(reported, MOST_AT_ONCE)) {
		const received = await Promise.all(part.map(async (one) => await receiveReported(one, deps)));
		item.handedOn.push(...received.filter((event) => event !== null));
	}
}

/** Looks some events up and writes them, and notes in their items what became of each. */
async function importPart(
	node: IExecuteFunctions,
	store: TrackingStore,
	keyRing: KeyRing,
	part: ReadonlyArray<{ event: OpenEvent; item: ImportedItem }>,
): Promise<void> {
	const deps = receiveDeps(node);
	const received = await Promise.all(
		part.map(async ({ event, item }) => ({
			item,
			...(await receiveReportedOpen(event, item.settings.receive, deps)),
		})),
	);
	const events: Array<{ event: OpenEvent; item: ImportedItem }> = [];
	for (const { item, ...one } of received) {
		tellOfLookups(node, one);
		if (one.event === null || isLost(one.event)) item.left += 1;
		else events.push({ event: one.event, item });
	}
	const outcomes = await Promise.all(
		events.map(async ({ event }) => await recordTogether(store, keyRing, { event })),
	);
	events.forEach(({ item }, position) => {
		const outcome = outcomes[position];
		if (outcome === 'erased') item.left += 1;
		else if ('refused' in outcome) item.refusals.push(outcome.refused.message);
		else if (outcome.isNew) item.stored.push(outcome.stored);
		else item.known += 1;
	});
}

/** The mode for list hygiene keeps the day of the last open, and of a click nothing. */
function isLost({ event, trackingMode }: OpenEvent): boolean {
	return event === 'click' && MODE_STORES[trackingMode].keeps === 'last-open';
}

function resultOf(node: IExecuteFunctions, item: ImportedItem): INodeExecutionData[] | Error {
	const { index, stored, handedOn, rejected, refusals, failure } = item;
	const results = toItems([...stored, ...handedOn]);
	if (failure !== undefined) return toNodeError(node, failure, index);
	const faults = faultsOf(rejected, refusals);
	if (faults.length === 0) return results;
	const fault = new NodeOperationError(node.getNode(), faults.join('. '), {
		itemIndex: index,
		description:
			'Check Email Service and Payload Field. All other events are stored; the same payload can be imported again.',
	});
	if (!node.continueOnFail()) return fault;
	return [...results, failedItem(node, node.getInputData()[index], index, fault)];
}

/** One sentence, without its full stop, for each kind of trouble. */
function faultsOf(rejected: EspImport['rejected'], refusals: readonly string[]): string[] {
	const faults: string[] = [];
	if (rejected.length > 0) {
		const [{ index, reason }] = rejected;
		faults.push(
			`${rejected.length} events of the payload could not be read. Event ${index + 1}: ${reason}`,
		);
	}
	if (refusals.length > 0) {
		faults.push(`${refusals.length} events could not be stored. The first: ${refusals[0]}`);
	}
	return faults;
}
