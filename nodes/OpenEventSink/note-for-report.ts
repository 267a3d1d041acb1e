import type { IExecuteFunctions } from 'n8n-workflow';

import type { CredentialValues, Sink } from '../../src/sinks/sink';
import { openTrackingStore } from '../shared/installation/store';

/** What each node noted last, so that the store is written to only when that changes. */
const noted = new Map<string, string>();

/**
 * Notes in the store where this node sends opens to, for the privacy report. Runs by hand are left
 * out, as they are for triggers. A store that is away holds no event back.
 *
 * @param country where the destination keeps the data, as the user says; empty when not said
 */
export async function noteForReport(
	context: IExecuteFunctions,
	sink: Sink,
	credential: CredentialValues,
	country: string,
): Promise<void> {
	if (context.getMode() === 'manual') return;
	const { id: workflowId, name: workflowName } = context.getWorkflow();
	const { id: nodeId, name: nodeName } = context.getNode();
	const destination = destinationOf(sink, credential);
	const part = {
		kind: 'sink' as const,
		// An earlier destination of this node still holds what it got.
		id: `${workflowId}/${nodeId}/${destination}`,
		name: `${workflowName ?? 'Workflow'}: ${nodeName}`,
		settings: { destination, country, fields: [...sink.fields] },
	};
	const text = JSON.stringify(part);
	if (noted.get(part.id) === text) return;
	noted.set(part.id, text);
	try {
		await (await openTrackingStore(context)).savePart(part);
	} catch (error) {
		context.logger.warn('The destination could not be noted for the privacy report', {
			reason: error instanceof Error ? error.message : String(error),
		});
	}
}

/** The vendor, and the host where the user chose one. */
function destinationOf(sink: Sink, credential: CredentialValues): string {
	const address = sink.credential.fields
		.filter(({ secret }) => !secret)
		.map(({ name }) => credential[name].trim())
		.find((value) => URL.canParse(value));
	return address ? `${sink.displayName} (${new URL(address).host})` : sink.displayName;
}
