import { v5 as uuidV5 } from 'uuid';

import { inOurWords } from '../classify/claimed-client';
import { classifyLoad } from '../classify/classify-load';
import { newOpenEvent, type OpenEvent } from '../event/open-event';
import type { Purpose } from '../event/purpose';
import type { LoadVerdict } from '../receive/receive-types';
import { whyNotAnId } from '../receive/received-link';
import { readBrevo } from './brevo';
import type { EspOpen, EspReader } from './esp-part';
import { readMailgun } from './mailgun';
import { readMailjet } from './mailjet';
import { readPostmark } from './postmark';
import { readResend } from './resend';
import { readSendGrid } from './sendgrid';
import { readSes } from './ses';
import { readSparkPost } from './sparkpost';

const READERS = {
	brevo: { displayName: 'Brevo', read: readBrevo },
	mailgun: { displayName: 'Mailgun', read: readMailgun },
	mailjet: { displayName: 'Mailjet', read: readMailjet },
	postmark: { displayName: 'Postmark', read: readPostmark },
	resend: { displayName: 'Resend', read: readResend },
	sendgrid: { displayName: 'SendGrid', read: readSendGrid },
	ses: { displayName: 'Amazon SES', read: readSes },
	sparkpost: { displayName: 'SparkPost', read: readSparkPost },
} as const satisfies Record<string, { displayName: string; read: EspReader }>;

export type EspProvider = keyof typeof READERS;

/** The email services whose open events can be imported, with their names for people. */
export const ESP_PROVIDERS = Object.entries(READERS).map(([value, { displayName }]) => ({
	value: value as EspProvider,
	displayName,
}));

/** Namespace of the event ids made here (RFC 9562 §5.5). Must never change. */
const NAMESPACE = '6f0f7c1e-3b52-4a1d-9f6b-0d6a5f2c8e41';

export interface EspImportSettings {
	/** What becomes the recipient id: the address, one of the sender's own values, or nothing */
	recipient: 'address' | 'metadata' | 'none';
	/** Name of the sender's own value, for `metadata` */
	recipientKey: string;
	purpose: Purpose | null;
	/** Whether address and agent of the requester stay, as far as the mode allows later */
	keepRequest: boolean;
}

export interface EspImport {
	/** Not reduced yet: `receiveReportedOpen` asks for consent and does that */
	opens: OpenEvent[];
	/** Parts that could not be read, by position in the payload */
	rejected: Array<{ index: number; reason: string }>;
	/** How many parts were events of another kind */
	ignored: number;
}

/**
 * Open events out of a webhook payload of an email service.
 *
 * The event id is a UUIDv5 of the service and its own id of the load, so a payload that comes
 * twice leads to the same events. Where the service has no id, message, recipient and time stand
 * for it; message ids are random, so the event id gives none of them away. The service's own bot
 * label becomes the actor, with an `actorReason` of `ESP_REASONS`; a load without label is judged
 * by its user agent, as far as the service reports one.
 *
 * @param payload the parsed body of the webhook: one event, or a list
 * @returns never throws because of the payload
 */
export function parseEspPayload(
	provider: EspProvider,
	payload: unknown,
	settings: EspImportSettings,
): EspImport {
	const result: EspImport = { opens: [], rejected: [], ignored: 0 };
	READERS[provider].read(payload).forEach((part, index) => {
		const problem = part.kind === 'open' ? problemOf(part.open) : null;
		if (part.kind === 'other') result.ignored += 1;
		else if (part.kind === 'rejected') result.rejected.push({ index, reason: part.reason });
		else if (problem !== null) result.rejected.push({ index, reason: problem });
		else result.opens.push(toEvent(provider, part.open, settings));
	});
	return result;
}

function problemOf(open: EspOpen): string | null {
	if (Number.isNaN(new Date(open.occurredAtMs).getTime())) {
		return 'The open has no time that can be read';
	}
	if (open.vendorId === null && (open.identity[0] ?? null) === null) {
		return 'The open names no message and has no id, so a repeat could not be told from a new one';
	}
	return null;
}

function toEvent(provider: EspProvider, open: EspOpen, settings: EspImportSettings): OpenEvent {
	const verdict = verdictOf(open);
	const named = Object.values(open.client).some((value) => value !== null);
	return newOpenEvent({
		eventId: uuidV5(JSON.stringify([provider, open.vendorId ?? open.identity]), NAMESPACE),
		occurredAt: new Date(open.occurredAtMs).toISOString(),
		...recipientOf(open, settings),
		campaignId: open.campaignId,
		messageId: open.messageId,
		trackingMode: 'full',
		purpose: settings.purpose,
		actor: verdict.actor,
		actorReason: verdict.actorReason,
		rulesVersion: verdict.rulesVersion,
		client: named ? inOurWords(open.client) : verdict.client,
		features: verdict.features,
		request: settings.keepRequest ? { ip: open.ip, userAgent: open.userAgent } : {},
	});
}

function verdictOf({ label, client, userAgent, ip }: EspOpen): LoadVerdict {
	const own = { rulesVersion: null, client, features: [] };
	if (label !== null) return { ...own, actor: label.actor, actorReason: label.code };
	if (userAgent === null) return { ...own, actor: 'unknown', actorReason: 'esp:no-label' };
	return classifyLoad({ method: 'GET', headers: {}, userAgent, ip, secondsSinceSend: null });
}

function recipientOf(
	open: EspOpen,
	settings: EspImportSettings,
): Pick<OpenEvent, 'recipientId' | 'recipientReason'> {
	if (settings.recipient === 'none') return { recipientId: null, recipientReason: 'mode' };
	const text = settings.recipient === 'address' ? open.address : ownValue(open, settings);
	const reason = whyNotAnId(text);
	return reason === null
		? { recipientId: text, recipientReason: null }
		: { recipientId: null, recipientReason: reason };
}

function ownValue({ metadata }: EspOpen, { recipientKey }: EspImportSettings): string | null {
	const value = Object.hasOwn(metadata, recipientKey) ? metadata[recipientKey] : null;
	if (typeof value === 'number') return String(value);
	return typeof value === 'string' ? value.trim() : null;
}
