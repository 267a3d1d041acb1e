import type { IHookFunctions, ITriggerFunctions } from 'n8n-workflow';

import { describeError } from '../../../src/collector/threads/thread';
import type { ReportedTracker } from '../../../src/reports/privacy-report/privacy-report-config';
import { openTrackingStore } from '../installation/store';

type PublishedContext = IHookFunctions | ITriggerFunctions;

/** What a trigger tells about itself. `path` is where n8n serves it, when n8n does. */
export type Announcement = Omit<ReportedTracker, 'name'> & { path?: string };

/**
 * Notes in the store how this trigger is set up, when its workflow is published: for the privacy
 * report, and for links, which must not ask for more than the trigger allows. A store that is away
 * does not keep a workflow from being published.
 */
export async function announce(
	context: PublishedContext,
	announcement: () => Announcement,
): Promise<void> {
	if (context.getMode() === 'manual') return;
	await inStore(context, async (id) => {
		const name = `${context.getWorkflow().name ?? 'Workflow'}: ${context.getNode().name}`;
		const settings = { ...announcement() };
		const store = await openTrackingStore(context);
		await store.savePart({ kind: 'tracker', id, name, settings });
	});
}

/** Takes the note back when the workflow is no longer published. */
export async function withdrawAnnouncement(context: PublishedContext): Promise<void> {
	if (context.getMode() === 'manual') return;
	await inStore(context, async (id) => {
		await (await openTrackingStore(context)).removePart('tracker', id);
	});
}

async function inStore(
	context: PublishedContext,
	change: (id: string) => Promise<void>,
): Promise<void> {
	try {
		await change(`${context.getWorkflow().id}/${context.getNode().id}`);
	} catch (error) {
		context.logger.warn(
			`The setup of the trigger could not be noted for the privacy report: ${describeError(error)}`,
		);
	}
}
