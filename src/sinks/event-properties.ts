import { isCounted, type OpenEvent } from '../tracking/event/open-event';
import type { EventField } from '../tracking/minimise/minimise-mode';
import type { SinkRecord } from './sink';

/** The fields that `openProperties` sends. */
export const PROPERTY_FIELDS = [
	'eventId',
	'pixelId',
	'campaignId',
	'messageId',
	'trackingMode',
	'purpose',
	'actor',
	'actorReason',
	'client.family',
	'client.os',
	'client.device',
] as const satisfies readonly EventField[];

/**
 * An open as the flat properties that product analytics tools want: snake_case names, unknown
 * values left out. `counted` says whether the load counts as an open. Nothing of the request.
 */
export function openProperties(event: OpenEvent): Record<string, string | boolean> {
	const properties: Record<string, string | null> = {
		event_id: event.eventId,
		pixel_id: event.pixelId,
		campaign_id: event.campaignId,
		message_id: event.messageId,
		tracking_mode: event.trackingMode,
		purpose: event.purpose,
		actor: event.actor,
		actor_reason: event.actorReason,
		client_family: event.client.family,
		client_os: event.client.os,
		client_device: event.client.device,
	};
	const known = Object.entries(properties).filter((entry) => entry[1] !== null);
	return {
		...(Object.fromEntries(known) as Record<string, string>),
		counted: isCounted(event.actor),
	};
}

/** An open as one table row: every field of the event, snake_case columns, unknown is `null`. */
export function openRow(event: OpenEvent): SinkRecord {
	return {
		event_id: event.eventId,
		event: event.event,
		occurred_at: event.occurredAt,
		recipient_id: event.recipientId,
		recipient_reason: event.recipientReason,
		pixel_id: event.pixelId,
		campaign_id: event.campaignId,
		message_id: event.messageId,
		tracking_mode: event.trackingMode,
		purpose: event.purpose,
		actor: event.actor,
		actor_reason: event.actorReason,
		rules_version: event.rulesVersion,
		client_family: event.client.family,
		client_os: event.client.os,
		client_device: event.client.device,
		features: event.features,
		consent_status: event.consent.status,
		consent_record_id: event.consent.recordId,
		consent_policy: event.consent.policy,
		request_ip: event.request.ip,
		request_user_agent: event.request.userAgent,
		request_referer: event.request.referer,
		request_accept_language: event.request.acceptLanguage,
		view_time_ms: event.viewTimeMs,
		view_time_measurable: event.viewTimeMeasurable,
	};
}
