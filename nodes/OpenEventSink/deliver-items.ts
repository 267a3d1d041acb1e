import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { credentialValues } from '../../credentials/sink-credential';
import { pause, type Backoff } from '../../src/async/backoff';
import { deliver } from '../../src/sinks/delivery/deliver';
import type { Delivery, SinkItem } from '../../src/sinks/delivery/delivery';
import { findSink } from '../../src/sinks/registry';
import type { Sink } from '../../src/sinks/sink';
import type { SinkOptions } from '../../src/sinks/sink-parameters';
import { failedItem, toNodeError } from '../shared/each-item';
import { noteForReport } from './note-for-report';
import { optionsReader, readEvent, readOverrides } from './read-item';
import { requestSender } from './send-request';

const REQUEST_TIMEOUT_MS = 30_000;
const BACKOFF: Backoff = { firstMs: 1000, longestMs: 60_000 };

interface Options {
	batchSize?: number;
	concurrency?: number;
	country?: string;
	maxAttempts?: number;
	timeLimit?: number;
}

/** Items that go to the destination under the same settings, with their positions in the input. */
interface ItemGroup {
	options: SinkOptions;
	items: SinkItem[];
	positions: number[];
}

/**
 * Sends the open events of the input to the chosen destination.
 *
 * @returns two outputs, each in input order: what was delivered or was not for this destination,
 * and what was not taken. Each item is the input item with `delivery` beside its fields
 */
export async function deliverItems(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const items = context.getInputData();
	const results = new Array<INodeExecutionData>(items.length);
	const failed = new Set<number>();
	const fail = (position: number, error: unknown): void => {
		const nodeError = toNodeError(context, error, position);
		if (!context.continueOnFail()) throw nodeError;
		results[position] = failedItem(context, items[position], position, nodeError);
		failed.add(position);
	};

	const sink = findSink(context.getNodeParameter('operation', 0) as string);
	const hasLogin = context.getNode().credentials?.[sink.credential.name] !== undefined;
	// Said before anything is said of the items, which may be as they should.
	if (!hasLogin) items.forEach((_item, position) => fail(position, missingLogin(context, sink)));
	for (const group of hasLogin ? toGroups(context, sink, fail) : []) {
		try {
			const deliveries = await deliverGroup(context, sink, group);
			group.positions.forEach((position, index) => {
				results[position] = resultItem(items[position], position, sink, deliveries[index]);
				if (isFailed(deliveries[index])) failed.add(position);
			});
		} catch (error) {
			for (const position of group.positions) fail(position, error);
		}
	}
	return [
		results.filter((_, position) => !failed.has(position)),
		results.filter((_, position) => failed.has(position)),
	];
}

function missingLogin(context: IExecuteFunctions, sink: Sink): NodeOperationError {
	return new NodeOperationError(context.getNode(), `There is no login for ${sink.displayName}`, {
		description: 'Choose its credential at the top of this node, or create one there',
	});
}

function toGroups(
	context: IExecuteFunctions,
	sink: Sink,
	fail: (position: number, error: unknown) => void,
): ItemGroup[] {
	const optionsOf = optionsReader(context, sink);
	const groups = new Map<string, ItemGroup>();
	for (const [position, item] of context.getInputData().entries()) {
		try {
			const event = readEvent(context, item, position);
			const overrides = readOverrides(context, position);
			const options = optionsOf(position);
			const key = JSON.stringify(options);
			const group = groups.get(key) ?? { options, items: [], positions: [] };
			groups.set(key, group);
			group.items.push({ event, overrides });
			group.positions.push(position);
		} catch (error) {
			fail(position, error);
		}
	}
	return [...groups.values()];
}

async function deliverGroup(
	context: IExecuteFunctions,
	sink: Sink,
	group: ItemGroup,
): Promise<Delivery[]> {
	const {
		batchSize = 500,
		concurrency = 2,
		country = '',
		maxAttempts = 4,
		timeLimit = 300,
	} = context.getNodeParameter('options', 0, {}) as Options;
	const credential = credentialValues(
		sink.credential,
		await context.getCredentials(sink.credential.name),
	);
	const canceled = context.getExecutionCancelSignal();
	await noteForReport(context, sink, credential, country.trim());
	return await deliver(
		group.items,
		sink,
		{
			options: group.options,
			credential,
			batchSize,
			concurrency,
			maxAttempts,
			timeoutMs: REQUEST_TIMEOUT_MS,
			maxTotalMs: timeLimit * 1000,
			backoff: BACKOFF,
		},
		{
			send: requestSender(context, sink, REQUEST_TIMEOUT_MS),
			sleep: async (ms) => {
				await pause(ms, canceled);
				if (canceled?.aborted) throw new Error('The execution was canceled');
			},
			random: Math.random,
			now: () => new Date(),
		},
	);
}

function isFailed({ status }: Delivery): boolean {
	return status === 'rejected' || status === 'retryable';
}

function resultItem(
	item: INodeExecutionData,
	position: number,
	sink: Sink,
	delivery: Delivery,
): INodeExecutionData {
	return {
		...item,
		json: {
			...item.json,
			delivery: {
				destination: sink.name,
				status: delivery.status,
				reason: delivery.status === 'delivered' ? null : delivery.reason,
				retryable: delivery.status === 'retryable',
			},
		},
		pairedItem: { item: position },
	};
}
