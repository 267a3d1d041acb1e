import { openEventSchema } from '../../tracking/event/open-event';
import type { OpenEvent } from '../../tracking/event/open-event';
import { requiredId, storable, storableId } from '../database/checked-input';
import type { OpenRow } from '../database/store-schema';
import { StoreError } from '../port/store-error';

/** The row that keeps an event. Throws a {@link StoreError} when it is not an event. */
export function toOpenRow(event: OpenEvent): OpenRow {
	const checked = openEventSchema.safeParse(event);
	if (!checked.success) {
		const fields = [...new Set(checked.error.issues.map((issue) => issue.path.join('.')))];
		throw new StoreError(
			'invalid',
			`The open was not recorded: it is no valid open event (${fields.join(', ')}). Pass on what the Email Open Trigger gave out.`,
		);
	}
	const { client, consent, request, ...open } = checked.data;
	return {
		event_id: requiredId(open.eventId, 'event id'),
		occurred_at: Date.parse(open.occurredAt),
		recipient_id: storableId(open.recipientId, 'recipient id'),
		recipient_reason: open.recipientReason,
		pixel_id: storableId(open.pixelId, 'pixel id'),
		campaign_id: storableId(open.campaignId, 'campaign id'),
		message_id: storable(open.messageId),
		tracking_mode: open.trackingMode,
		purpose: open.purpose,
		actor: open.actor,
		actor_reason: storable(open.actorReason),
		rules_version: storable(open.rulesVersion),
		client_family: storable(client.family),
		client_os: storable(client.os),
		client_device: storable(client.device),
		features: JSON.stringify(open.features),
		consent_status: consent.status,
		consent_record_id: storable(consent.recordId),
		consent_policy: storable(consent.policy),
		request_ip: storable(request.ip),
		request_user_agent: storable(request.userAgent),
		request_referer: storable(request.referer),
		request_accept_language: storable(request.acceptLanguage),
		view_time_ms: open.viewTimeMs,
		view_time_measurable: open.viewTimeMeasurable === null ? null : Number(open.viewTimeMeasurable),
	};
}

/** The event that a row keeps. */
export function toOpenEvent(row: OpenRow): OpenEvent {
	return {
		eventId: row.event_id,
		event: 'open',
		occurredAt: new Date(row.occurred_at).toISOString(),
		recipientId: row.recipient_id,
		recipientReason: row.recipient_reason as OpenEvent['recipientReason'],
		pixelId: row.pixel_id,
		campaignId: row.campaign_id,
		messageId: row.message_id,
		trackingMode: row.tracking_mode as OpenEvent['trackingMode'],
		purpose: row.purpose as OpenEvent['purpose'],
		actor: row.actor as OpenEvent['actor'],
		actorReason: row.actor_reason,
		rulesVersion: row.rules_version,
		client: { family: row.client_family, os: row.client_os, device: row.client_device },
		features: JSON.parse(row.features) as string[],
		consent: {
			status: row.consent_status as OpenEvent['consent']['status'],
			recordId: row.consent_record_id,
			policy: row.consent_policy,
		},
		request: {
			ip: row.request_ip,
			userAgent: row.request_user_agent,
			referer: row.request_referer,
			acceptLanguage: row.request_accept_language,
		},
		viewTimeMs: row.view_time_ms,
		viewTimeMeasurable: row.view_time_measurable === null ? null : row.view_time_measurable === 1,
	};
}
