import type { INodeExecutionData } from 'n8n-workflow';
import { DateTime } from 'luxon';

import type { PersonReport } from '../../../../src/storage/port/answers-store';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { bestHour, nextTimeAt } from '../../../../src/tracking/counters/best-hour';
import { readText } from '../../../shared/fields/check-fields';
import { locator } from '../../../shared/fields/locators';
import { manyItems } from '../../common/many-items';
import type { OperationOnMany } from '../../common/operation';
import { timeZoneOf, timeZoneProperty } from '../report/time-zone';

const DAY_MS = 86_400_000;
/** How far back the hours of the list go. */
const LIST_DAYS = 90;

interface Asked {
	recipientId: string;
	timeZone: string;
	needsConsent: boolean;
}

export const getReadingTimes: OperationOnMany = {
	value: 'getReadingTimes',
	name: 'Get Reading Times',
	action: 'Get reading times of recipient',
	description:
		'When somebody last opened any email, and at which hour of the day they best get one',
	properties: [
		locator('recipient', 'readingRecipientId', {
			required: true,
			description: 'The recipient, by the ID that their tracking links carry, or by their address',
		}),
		{
			displayName: 'Own Hours Only With Consent',
			name: 'hoursNeedConsent',
			type: 'boolean',
			default: true,
			description:
				'Whether to look at the hours of somebody only where they consented to the purpose Frequency. Of everybody else the hour of the whole list is given.',
		},
		timeZoneProperty,
	],
	async executeMany(context) {
		const { node, store } = context;
		const now = new Date();
		const lists = new Map<string, Promise<number[]>>();
		const listOf = async (timeZone: string) => {
			const known = lists.get(timeZone) ?? hoursOfList(store, timeZone, now);
			lists.set(timeZone, known);
			return await known;
		};
		return await manyItems(context, {
			fields: getReadingTimes.properties,
			read: (index): Asked => ({
				recipientId: readText(node, 'readingRecipientId', index),
				timeZone: timeZoneOf({ node, index }),
				needsConsent: node.getNodeParameter('hoursNeedConsent', index) as boolean,
			}),
			run: async (all) => {
				const done: INodeExecutionData[][] = [];
				for (const asked of all) {
					const { recipientId, timeZone } = asked;
					const report = await store.personReport({ recipientId, timeZone, now });
					done.push([readingTimes(asked, report, await listOf(timeZone), now)]);
				}
				return done;
			},
		});
	},
};

function readingTimes(
	{ recipientId, timeZone, needsConsent }: Asked,
	report: PersonReport | null,
	list: readonly number[],
	now: Date,
): INodeExecutionData {
	const lastOpenAt =
		report?.messages
			.flatMap((message) => message.lastOpenAt ?? [])
			.sort()
			.at(-1) ?? null;
	const consented = report?.consents.some(
		({ status, record }) =>
			record?.purpose === 'frequency' && (status === 'given' || status === 'renewed'),
	);
	const mayLook = !needsConsent || consented === true;
	const own = mayLook ? (report?.bestHours ?? null) : null;
	const { hour, ownShare } = bestHour(own, list);
	return {
		json: {
			recipientId,
			lastOpenAt,
			quietDays: lastOpenAt && Math.floor((now.getTime() - Date.parse(lastOpenAt)) / DAY_MS),
			bestHour: hour,
			timeZone,
			sendAt: nextTimeAt(hour, now, timeZone).toISOString(),
			ownShare: Math.round(ownShare * 100) / 100,
			because: because(mayLook, own),
		},
	};
}

function because(mayLook: boolean, own: readonly number[] | null): string {
	if (!mayLook) return 'No consent to the purpose Frequency: the hour of the whole list';
	if (own === null) return 'No opens of this person to look at: the hour of the whole list';
	return 'The hours of this person, drawn towards those of the whole list while they are few';
}

/** Counted opens of everybody by hour of the day. */
async function hoursOfList(store: TrackingStore, timeZone: string, now: Date): Promise<number[]> {
	const from = new Date(now.getTime() - LIST_DAYS * DAY_MS);
	const hours = Array.from({ length: 24 }, () => 0);
	for (const { hour, opens } of await store.listOpensPerHour({ from, to: now })) {
		hours[DateTime.fromISO(hour, { zone: timeZone }).hour] += opens;
	}
	return hours;
}
