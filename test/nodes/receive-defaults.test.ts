import type { INodeType } from 'n8n-workflow';

import { OpenTrackingTrigger } from '../../nodes/OpenTrackingTrigger/OpenTrackingTrigger.node';
import { OpenCollectorTrigger } from '../../nodes/OpenCollectorTrigger/OpenCollectorTrigger.node';
import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { TrackingApiTrigger } from '../../nodes/TrackingApiTrigger/TrackingApiTrigger.node';
import { receiveSettings } from '../../nodes/shared/receive/receive-settings';
import { readCollectOptions } from '../../src/collector/command/collect-options';
import { RECEIVE_DEFAULTS } from '../../src/intake/receive-defaults';
import { executeContext } from '../support/node-context';

const { mode, purpose, plainIds, consent, keep, time, manyDomains } = RECEIVE_DEFAULTS;

/** What a door does whose fields nobody touched. */
const doors: Record<string, () => unknown> = {
	'the Email Open Trigger': () => untouched(new OpenTrackingTrigger()),
	'the Open Collector Trigger': () => untouched(new OpenCollectorTrigger()),
	'the tracking API': () => untouched(new TrackingApiTrigger()),
	'the command collect': () => collectOptions().settings.listener?.receive,
};

function untouched(node: INodeType) {
	const { context } = executeContext(node, [{ json: {} }]);
	return receiveSettings({
		getNodeParameter: (name, fallback) => context.getNodeParameter(name, 0, fallback),
	});
}

function collectOptions() {
	const options = readCollectOptions(['--data', 'log'], {});
	if (options === null) throw new Error('The command line asks for help only');
	return options;
}

describe('what is done with an open where nobody set anything', () => {
	it.each(Object.entries(doors))('is the same for %s', (name, settings) => {
		// Clients of the tracking API name the recipient by `user`.
		const recipientParameter = name === 'the tracking API' ? 'user' : plainIds.recipientParameter;
		const ids = { ...plainIds, recipientParameter };
		expect(settings()).toMatchObject({
			mode,
			purpose,
			plainIds: ids,
			consent,
			keep,
			time,
			manyDomains,
		});
	});

	it.each([
		['importTrackingMode', mode],
		['importConsentPolicy', consent.policy],
	])('is the same for an import: %s', (name, value) => {
		const { context } = executeContext(new OpenTracking(), [{ json: {} }], {
			parameters: { resource: 'open', operation: 'import' },
		});
		expect(context.getNodeParameter(name, 0)).toBe(value);
	});

	it.each([
		['trackingMode', 'purpose', 'keepAsAggregate', 'ip', 'time', 'manyDomains'],
		['importTrackingMode', 'purpose', 'keepAsAggregate'],
	])('shows in the panel as what it is: options beside %s', (...names) => {
		const shown: Record<string, unknown> = {
			purpose,
			keepAsAggregate: consent.keepAsAggregate,
			ip: keep.ip,
			time,
			manyDomains,
		};
		const node = names[0] === 'trackingMode' ? new OpenTrackingTrigger() : new OpenTracking();
		const collections = node.description.properties.filter(({ name }) =>
			['options', 'importOptions'].includes(name),
		);
		const options = collections.flatMap((property) => property.options ?? []);
		for (const name of names.slice(1)) {
			const found = options.filter((option) => option.name === name && 'default' in option);
			expect(found.length).toBeGreaterThan(0);
			for (const option of found) expect(option).toMatchObject({ default: shown[name] });
		}
	});

	it('can be changed for the command as for the nodes', () => {
		const args = [
			'--purpose',
			'deliverability',
			'--keep-refused-as-count',
			'--time',
			'day',
			'--many-domains',
		];
		const options = readCollectOptions(['--data', 'log', ...args], {});
		expect(options?.settings.listener?.receive).toMatchObject({
			purpose: 'deliverability',
			consent: { keepAsAggregate: true },
			time: 'day',
			manyDomains: true,
		});
	});
});
