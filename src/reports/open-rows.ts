import type { OpenEvent } from '../tracking/event/open-event';

/** The columns of an export of opens. */
export const OPEN_COLUMNS = [
	'occurredAt',
	'recipientId',
	'pixelId',
	'campaignId',
	'messageId',
	'actor',
	'actorReason',
	'clientFamily',
	'clientOs',
	'clientDevice',
	'trackingMode',
	'purpose',
	'consentStatus',
	'eventId',
	'viewTimeMs',
	'viewTimeMeasurable',
] as const;

/** One open as the values of {@link OPEN_COLUMNS}. */
export function openRow(open: OpenEvent): Array<string | number | null> {
	return [
		open.occurredAt,
		open.recipientId,
		open.pixelId,
		open.campaignId,
		open.messageId,
		open.actor,
		open.actorReason,
		open.client.family,
		open.client.os,
		open.client.device,
		open.trackingMode,
		open.purpose,
		open.consent.status,
		open.eventId,
		open.viewTimeMs,
		open.viewTimeMeasurable === null ? null : String(open.viewTimeMeasurable),
	];
}
