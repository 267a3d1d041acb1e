import { checkSetup as checkSetupBy } from '../../../../src/reports/setup-check/check-setup';
import { setupFacts } from '../../../shared/setup-facts';
import { toItems } from '../../common/items';
import type { OperationWithOwnStore } from '../../common/operation';

export const checkSetup: OperationWithOwnStore = {
	value: 'checkSetup',
	name: 'Check Setup',
	action: 'Check setup of open tracking',
	description:
		'Say in words what is wrong with this installation and what to do: address of links, certificate, filter lists, proxies, store, keys, clock, published workflows',
	properties: [],
	async executeAlone({ node, index }) {
		return toItems([checkSetupBy(await setupFacts(node, index))]);
	},
};
