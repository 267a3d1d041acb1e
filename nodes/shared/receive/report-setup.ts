import type { IExecuteFunctions, IHookFunctions, ITriggerFunctions } from 'n8n-workflow';

import { describeError } from '../../../src/collector/threads/thread';
import type { ReportedTracker } from '../../../src/tracking/receive/reported-tracker';
import { dataFolder } from '../installation/data-folder';
import { openTrackingStore, storeKey } from '../installation/store';

type PublishedContext = IHookFunctions | ITriggerFunctions;
type ReportingContext = PublishedContext | IExecuteFunctions;

/** How a door is set up. */
export type ReportedSetup = Omit<ReportedTracker, 'name'>;

/**
 * Notes in the store how this trigger is set up, when its workflow is published: for the privacy
 * report, and for links, which must not ask for more than the trigger allows. A store that is away
 * does not keep a workflow from being published.
 */
export async function reportSetup(
	context: PublishedContext,
	setup: () => ReportedSetup,
): Promise<void> {
	if (context.getMode() === 'manual') return;
	await note(context, setup);
}

/** A note that could not be made is tried again with an open after this time. */
const AGAIN_AFTER_MS = 60_000;

/** What each node noted in its store, in module scope because n8n makes node instances anew. */
const noted = new Map<string, { text: string; failedAt: number | null }>();

/**
 * The same for a node that receives opens without being told by n8n when its workflow is
 * published: once per process and change of its settings. Returns at once, for no open may wait.
 */
export function reportSetupInUse(context: IExecuteFunctions, setup: ReportedSetup): void {
	if (context.getMode() === 'manual') return;
	const key = `${storeKey(context) || dataFolder()} ${partId(context)}`;
	const text = JSON.stringify(setup);
	const known = noted.get(key);
	if (known?.text === text) {
		const { failedAt } = known;
		if (failedAt === null || performance.now() - failedAt < AGAIN_AFTER_MS) return;
	}
	const state = { text, failedAt: null as number | null };
	noted.set(key, state);
	void note(context, () => setup).then((done) => {
		if (!done) state.failedAt = performance.now();
	});
}

/** Takes the note back when the workflow is no longer published. */
export async function withdrawSetup(context: PublishedContext): Promise<void> {
	if (context.getMode() === 'manual') return;
	await inStore(context, async () => {
		await (await openTrackingStore(context)).removePart('tracker', partId(context));
	});
}

async function note(context: ReportingContext, setup: () => ReportedSetup): Promise<boolean> {
	return await inStore(context, async () => {
		const name = `${context.getWorkflow().name ?? 'Workflow'}: ${context.getNode().name}`;
		const store = await openTrackingStore(context);
		const settings = { ...setup() };
		await store.savePart({ kind: 'tracker', id: partId(context), name, settings });
	});
}

function partId(context: ReportingContext): string {
	return `${context.getWorkflow().id}/${context.getNode().id}`;
}

/** Returns whether it could be done; what went wrong is in n8n's log. */
async function inStore(context: ReportingContext, change: () => Promise<void>): Promise<boolean> {
	try {
		await change();
		return true;
	} catch (error) {
		context.logger.warn(
			`The setup of "${context.getNode().name}" could not be noted for the privacy report: ${describeError(error)}`,
		);
		return false;
	}
}
