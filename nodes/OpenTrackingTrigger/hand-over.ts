import type { ITriggerFunctions, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import type { OpenInHand, UnfinishedOpens } from '../../src/collector/waiting/unfinished-opens';
import type { OpenEvent } from '../../src/tracking/event/open-event';
import { openItem } from '../shared/receive/open-item';
import { execute } from '../shared/receive/start-execution';
import { waitingFolders } from '../shared/receive/waiting-opens';
import type { GuardedResponse } from './guarded-response';

/** n8n never tells the end of an execution where its database or a worker went away at that moment. */
const END_WITHIN_MS = 300_000;

type Context = Pick<IWebhookFunctions | ITriggerFunctions, 'getNode' | 'getWorkflow' | 'logger'>;

/** Opens that wait for the next execution of their trigger. */
interface Passengers {
	opens: OpenEvent[];
	/** Tells how that execution ended */
	end(succeeded: boolean): void;
}

/** What starts the workflow of a trigger, in module scope because n8n makes node instances anew. */
const starters = new Map<string, (opens: OpenEvent[]) => Promise<void>>();
/** The same for processes where n8n lets nothing but a request start it */
const passengers = new Map<string, Passengers>();

/** The opens of this trigger that are answered before the workflow is done with them. */
export function unfinishedOpens(context: Context): UnfinishedOpens {
	const trigger = nameOf(context);
	const { logger } = context;
	return waitingFolders().unfinished(trigger, {
		handOver: async (opens) => await (starters.get(trigger) ?? waitForRequest(trigger))(opens),
		onFailure: (_error, failures) =>
			logger.warn(
				'Email Open Trigger: the workflow failed with opens that were answered before, and gets them again',
				{ failures },
			),
		onRefused: (reasons) =>
			logger.error(
				`Email Open Trigger: the workflow fails with ${reasons.length} opens that were answered before. They are kept for 30 days beside the opens that wait.`,
			),
		onLogTrouble: (reason) =>
			logger.error(
				`Email Open Trigger: opens cannot be kept on disk until they are done: ${reason}`,
			),
	});
}

/**
 * Starts the workflow again for opens that were answered before it was done with them, also for those
 * of an earlier run of n8n.
 *
 * @returns ends that
 */
export function handOverUnfinished(context: ITriggerFunctions): () => void {
	const trigger = nameOf(context);
	const start = async (opens: OpenEvent[]) =>
		await execute(context, [opens.map(openItem)], END_WITHIN_MS);
	starters.set(trigger, start);
	const waiting = passengers.get(trigger);
	passengers.delete(trigger);
	if (waiting)
		void start(waiting.opens).then(
			() => waiting.end(true),
			() => waiting.end(false),
		);
	unfinishedOpens(context).carryOn();
	return () => {
		if (starters.get(trigger) === start) starters.delete(trigger);
	};
}

/**
 * Starts the workflow with opens by the request of one of them, and lets others go along that wait
 * for a request.
 *
 * @param onEnd called when the workflow answers, or ends
 * @returns for n8n, which tells the response how the execution ended
 */
export function startWith(
	context: Context,
	response: GuardedResponse,
	inHand: OpenInHand[],
	onEnd?: () => void,
): IWebhookResponseData {
	const along = passengers.get(nameOf(context));
	passengers.delete(nameOf(context));
	response.onEnd((succeeded) => {
		onEnd?.();
		for (const open of inHand) open.end(succeeded);
		along?.end(succeeded);
	});
	if (along) setTimeout(() => along.end(false), END_WITHIN_MS).unref();
	const opens = [...inHand.map(({ open }) => open), ...(along?.opens ?? [])];
	return { workflowData: [opens.map(openItem)] };
}

function waitForRequest(trigger: string) {
	return async (opens: OpenEvent[]): Promise<void> =>
		await new Promise((resolve, reject) => {
			passengers.set(trigger, {
				opens,
				end: (succeeded) => (succeeded ? resolve() : reject(new Error('The execution failed.'))),
			});
		});
}

function nameOf(context: Context): string {
	return `${context.getWorkflow().id ?? ''}.${context.getNode().id}`;
}
