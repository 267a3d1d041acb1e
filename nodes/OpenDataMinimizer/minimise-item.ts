import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { dailyIpKey } from '../../src/intake/daily-ip-key';
import { classifyLoad } from '../../src/tracking/classify/classify-load';
import type { Client } from '../../src/tracking/event/open-event';
import { deriveKey } from '../../src/tracking/links/key-ring';
import {
	minimise,
	OPEN_EVENT_ROLES,
	type MinimiseOptions,
} from '../../src/tracking/minimise/minimise';
import type { IpReduction } from '../../src/tracking/minimise/minimise-ip';
import { signingOf } from '../shared/installation/signing';
import { openTrackingStore } from '../shared/installation/store';

const DEFAULT_REPORT = 'minimized';

interface Options {
	campaign?: string;
	ip?: string;
	moreFields?: string;
	recipient?: string;
	reportField?: string;
	time?: string;
	userAgent?: string;
}

/** One item with only what is asked for; binary data, which nobody can look into, goes. */
export async function minimiseItem(
	context: IExecuteFunctions,
	item: INodeExecutionData,
	index: number,
): Promise<INodeExecutionData> {
	const parameter = <T>(name: string) => context.getNodeParameter(name, index) as T;
	const options = context.getNodeParameter('options', index, {}) as Options;
	const ip = parameter<IpReduction>('ip');
	const recipient = parameter<MinimiseOptions['recipient']>('recipient');
	const { event, removed, reduced } = minimise(item.json, {
		allow: [...parameter<string[]>('fields'), ...paths(options.moreFields)],
		roles: {
			ip: [...OPEN_EVENT_ROLES.ip, ...paths(options.ip)],
			userAgent: [...OPEN_EVENT_ROLES.userAgent, ...paths(options.userAgent)],
			time: [...OPEN_EVENT_ROLES.time, ...paths(options.time)],
			eventId: OPEN_EVENT_ROLES.eventId,
			recipient: [...OPEN_EVENT_ROLES.recipient, ...paths(options.recipient)],
			campaign: [...OPEN_EVENT_ROLES.campaign, ...paths(options.campaign)],
		},
		ip,
		ipKey: ip === 'hash' ? await dailyIpKey(await openTrackingStore(context), new Date()) : null,
		userAgent: parameter('userAgent'),
		clientOf,
		time: parameter('time'),
		recipient,
		pseudonymKey: recipient === 'pseudonym' ? await pseudonymKey(context) : null,
	});
	const report = { removed, reduced };
	return {
		json: { ...(event as IDataObject), [options.reportField || DEFAULT_REPORT]: report },
	};
}

function paths(text: string | undefined): string[] {
	return (text ?? '')
		.split(',')
		.map((path) => path.trim())
		.filter((path) => path !== '');
}

/** The families that the trigger would give out for this user agent. */
function clientOf(userAgent: string): Client {
	const { client } = classifyLoad({
		method: 'GET',
		headers: {},
		userAgent,
		ip: null,
		secondsSinceSend: null,
		own: false,
	});
	return client;
}

async function pseudonymKey(context: IExecuteFunctions): Promise<Buffer> {
	const { keyRing } = await signingOf(context);
	return deriveKey(keyRing.active, 'recipient-pseudonym').export();
}
