import type { ITriggerFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import {
	DEFAULT_LIMITS,
	defaultHost,
	type CollectorSettings,
	type ListenerSettings,
} from '../../src/collector/config/settings';
import { IMAGE_HOLD_LIMITS } from '../../src/collector/listen/image-holds';
import { readKeys, type KeySettings, type StoreSettings } from '../../src/intake/intake-settings';
import { isQueueMode } from '../../src/intake/instance-environment';
import { keySettings } from '../shared/installation/signing';
import { storeSettings } from '../shared/installation/store';
import { collectorFolder, WORKFLOW_CONSUMER } from '../shared/receive/collector-log';
import { receiveSettings } from '../shared/receive/receive-settings';

const GB = 1024 ** 3;

interface Options {
	host?: string;
	floodPerSecond?: number;
	maxLogGb?: number;
	proxyHops?: number;
	imageHold?: boolean;
	imageHoldLimit?: number;
	trackClicks?: boolean;
}

/** What the fields and credentials of the trigger ask of the collector. */
export async function collectorSettings(context: ITriggerFunctions): Promise<CollectorSettings> {
	const options = context.getNodeParameter('options', {}) as Options;
	const { maxBytes, maxConnections, flood } = DEFAULT_LIMITS;
	const proxyHops = options.proxyHops ?? 0;
	const listens = context.getNodeParameter('source') === 'port';
	if (!listens && isQueueMode()) {
		throw new NodeOperationError(
			context.getNode(),
			'Webhooks cannot collect in queue mode. Set Collect From to Store, or to Own Port.',
			{
				description:
					'The store has what the workflows of webhooks record, and what the command collect does, on any machine.',
			},
		);
	}
	return {
		folder: collectorFolder(),
		maxBytes: options.maxLogGb ? options.maxLogGb * GB : maxBytes,
		consumers: [WORKFLOW_CONSUMER],
		listener: listens
			? {
					host: options.host || defaultHost(proxyHops),
					port: context.getNodeParameter('port') as number,
					proxyHops,
					maxConnections,
					flood: { ...flood, perSecond: options.floodPerSecond ?? flood.perSecond },
					receive: receiveSettings(context),
					clicks: options.trackClicks ?? false,
					imageHold: imageHoldSettings(context),
				}
			: null,
		keys: await usableKeys(context),
		store: await usableStore(context),
		broker: null,
		reportedSetup: [],
	};
}

/** How long an answer may be held open to measure for how long, as the options say; `null` for none. */
export function imageHoldSettings(
	context: Pick<ITriggerFunctions, 'getNodeParameter'>,
): ListenerSettings['imageHold'] {
	const { imageHold, imageHoldLimit } = context.getNodeParameter('options', {}) as Options;
	if (!imageHold) return null;
	const { leastMs, mostMs, defaultMs } = IMAGE_HOLD_LIMITS;
	// The editor checks the bounds, but an expression or an imported workflow can be outside them.
	const wanted = (imageHoldLimit ?? defaultMs / 1000) * 1000;
	return { limitMs: Math.min(mostMs, Math.max(leastMs, wanted)) };
}

/** Reading them here gives a wrong key its error before anything is started. */
async function usableKeys(context: ITriggerFunctions): Promise<KeySettings> {
	const settings = await keySettings(context);
	await readKeys(settings);
	return settings;
}

/**
 * The store that the fields name.
 *
 * @throws NodeOperationError where every process of n8n would have another one
 */
export async function usableStore(context: ITriggerFunctions): Promise<StoreSettings> {
	const settings = await storeSettings(context);
	if (settings.engine === 'embedded' && settings.queueMode) {
		throw new NodeOperationError(context.getNode(), 'There is no store for queue mode', {
			description:
				'In queue mode every process would keep a store of its own. Run n8n on PostgreSQL (DB_TYPE=postgresdb), where the store is kept too, or name a PostgreSQL server in the credential Email Open Tracking.',
		});
	}
	return settings;
}
