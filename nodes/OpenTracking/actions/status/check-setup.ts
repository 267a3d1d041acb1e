import type { IExecuteFunctions } from 'n8n-workflow';

import {
	brokenParts,
	checkSetup as checkSetupBy,
} from '../../../../src/reports/setup-check/check-setup';
import type { SetupFacts } from '../../../../src/reports/setup-check/setup-facts';
import { instanceBaseUrl } from '../../../shared/installation/base-url';
import { setupFacts } from '../../../shared/setup/setup-facts';
import { toItems } from '../../common/items';
import type { OperationWithOwnStore } from '../../common/operation';

export const checkSetup: OperationWithOwnStore = {
	value: 'checkSetup',
	name: 'Check Setup',
	action: 'Check setup of open tracking',
	description:
		'Say in words what is wrong with this installation and what to do: address of links, certificate, filter lists, proxies, store, keys, clock, published workflows, probe email',
	properties: [],
	async executeAlone({ node, index }) {
		const facts = await setupFacts(node, {
			ownAddress: instanceBaseUrl(node),
			requestHeaders: headersOf(node, index),
		});
		const found = checkSetupBy(facts);
		return toItems([{ ...found, changed: isNews(node, brokenParts(found)) }]);
	},
};

/**
 * Whether other things are broken than in the run before. n8n keeps what a node notes between the runs
 * of a published workflow, and not those that a person starts in the editor.
 */
function isNews(node: IExecuteFunctions, broken: string): boolean {
	const noted = node.getWorkflowStaticData('node') as { broken?: string };
	const before = noted.broken ?? brokenParts({ checks: [] });
	noted.broken = broken;
	return broken !== before;
}

/** The headers that a Webhook node in front received. */
function headersOf(node: IExecuteFunctions, index: number): SetupFacts['requestHeaders'] {
	const { headers } = node.getInputData()[index].json;
	return typeof headers === 'object' && headers !== null
		? (headers as Record<string, unknown>)
		: null;
}
