import ipaddr from 'ipaddr.js';
import { v5 as uuidV5 } from 'uuid';

import { inOurWords } from '../classify/claimed-client';
import { classifyFeatures } from '../classify/classify-load';
import { extractFeatures } from '../classify/extract-features';
import { newOpenEvent, type OpenEvent } from '../event/open-event';
import type { Purpose } from '../event/purpose';
import { normalId } from '../people/normal-id';
import type { LoadVerdict } from '../receive/receive-types';
import { whyNotAnId } from '../receive/received-link';
import type { ReportedEvent } from './reported-event';
import { readBrevo } from './services/brevo';
import { type EspEvent, type EspReader, listOf } from './services/esp-part';
import { readMailgun } from './services/mailgun';
import { readMailjet } from './services/mailjet';
import { readPostmark } from './services/postmark';
import { readResend } from './services/resend';
import { readSendGrid } from './services/sendgrid';
import { readSes } from './services/ses';
import { readSparkPost } from './services/sparkpost';

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

/** The email services whose events can be imported, with their names for people. */
export const ESP_PROVIDERS = Object.entries(READERS).map(([value, { displayName }]) => ({
	value: value as EspProvider,
	displayName,
}));

/** Namespace of the event ids made here (RFC 9562 §5.5). Must never change. */
const NAMESPACE = '6f0f7c1e-3b52-4a1d-9f6b-0d6a5f2c8e41';

/** As much of an agent as of one that we see ourselves. */
const LONGEST_AGENT = 512;

export interface EspImportSettings {
	/** What becomes the recipient id: the address, one of the sender's own values, or nothing */
	recipient: 'address' | 'metadata' | 'none';
	/** Name of the sender's own value, for `metadata` */
	recipientKey: string;
	/** What opens may be used for; a click has the purpose `clicks` */
	purpose: Purpose | null;
	/** Whether address and agent of the requester stay, as far as the mode allows later */
	keepRequest: boolean;
	/** Whether SparkPost's pixel at the top of an email counts as well as the one at its end */
	initialOpens: boolean;
	/** Whether clicks are taken; they are left out like any other event where not */
	clicks: boolean;
}

export interface EspImport {
	/** Not reduced yet: `receiveReportedOpen` asks for consent and does that */
	opens: OpenEvent[];
	/** The same of clicks */
	clicks: OpenEvent[];
	/** Bounces and complaints; `receiveReported` says which may be handed on */
	reported: ReportedEvent[];
	/** Parts that could not be read, by position in the payload */
	rejected: Array<{ index: number; reason: string }>;
	/** How many parts were anything else */
	ignored: number;
}

/**
 * Opens, clicks and what else concerns an email, out of a webhook payload of an email service.
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
	const result: EspImport = { opens: [], clicks: [], reported: [], rejected: [], ignored: 0 };
	const { initialOpens } = settings;
	listOf(payload).forEach((entry, index) => {
		for (const part of READERS[provider].read(entry, { initialOpens })) {
			if (part.kind === 'other') result.ignored += 1;
			else if (part.kind === 'rejected') result.rejected.push({ index, reason: part.reason });
			else if (part.event.event === 'click' && !settings.clicks) result.ignored += 1;
			else addEvent(result, provider, index, part.event, settings);
		}
	});
	return result;
}

function addEvent(
	result: EspImport,
	provider: EspProvider,
	index: number,
	reported: EspEvent,
	settings: EspImportSettings,
): void {
	const problem = problemOf(reported);
	if (problem !== null) {
		result.rejected.push({ index, reason: problem });
		return;
	}
	const { event, bounce } = reported;
	const as = toEvent(provider, reported, settings);
	if (event === 'open') result.opens.push(as);
	else if (event === 'click') result.clicks.push(as);
	else result.reported.push({ event, as, bounce });
}

/**
 * The same for a payload of any length, some entries at a time, so that its reader can let others
 * have their turn in between.
 */
export function* parseInParts(
	provider: EspProvider,
	payload: unknown,
	settings: EspImportSettings,
	atOnce: number,
): Generator<EspImport> {
	const entries = listOf(payload);
	for (let start = 0; start < entries.length; start += atOnce) {
		const part = parseEspPayload(provider, entries.slice(start, start + atOnce), settings);
		const rejected = part.rejected.map(({ index, reason }) => ({ index: start + index, reason }));
		yield { ...part, rejected };
	}
}

function problemOf(event: EspEvent): string | null {
	const what = event.event === 'open' || event.event === 'click' ? event.event : 'event';
	if (Number.isNaN(new Date(event.occurredAtMs).getTime())) {
		return `The ${what} has no time that can be read`;
	}
	if (event.vendorId === null && (event.identity[0] ?? null) === null) {
		return `The ${what} names no message and has no id, so a repeat could not be told from a new one`;
	}
	return null;
}

/** What any event of a service says, in the fields of an open event. */
function toEvent(provider: EspProvider, event: EspEvent, settings: EspImportSettings): OpenEvent {
	const verdict = verdictOf(event);
	const named = Object.values(event.client).some((value) => value !== null);
	const isClick = event.event === 'click';
	return newOpenEvent({
		event: isClick ? 'click' : 'open',
		eventId: uuidV5(JSON.stringify([provider, ...identityOf(event)]), NAMESPACE),
		occurredAt: new Date(event.occurredAtMs).toISOString(),
		...recipientOf(event, settings),
		campaignId: event.campaignId,
		messageId: event.messageId,
		trackingMode: 'full',
		purpose: isClick ? 'clicks' : settings.purpose,
		actor: verdict.actor,
		actorReason: verdict.actorReason,
		rulesVersion: verdict.rulesVersion,
		client: named ? inOurWords(event.client) : verdict.client,
		features: verdict.features,
		link: { url: isClick ? event.url : null },
		request: settings.keepRequest
			? { ip: addressOf(event.ip), userAgent: event.userAgent?.slice(0, LONGEST_AGENT) ?? null }
			: {},
	});
}

function identityOf({ event, vendorId, identity, url }: EspEvent): unknown[] {
	if (event === 'open') return [vendorId ?? identity];
	return [event, vendorId ?? [...identity, url]];
}

function addressOf(text: string | null): string | null {
	return text !== null && ipaddr.isValid(text) ? text : null;
}

/** A service reports an agent and an address, and nothing else of the request. */
const NOT_SEEN = /^(?:method|header|since-send):/;

function verdictOf({ label, client, userAgent, ip }: EspEvent): LoadVerdict {
	const own = { rulesVersion: null, client, features: [] };
	if (label !== null) return { ...own, actor: label.actor, actorReason: label.code };
	if (userAgent === null) return { ...own, actor: 'unknown', actorReason: 'esp:no-label' };
	const load = { method: 'GET', headers: {}, userAgent, ip, secondsSinceSend: null };
	const features = extractFeatures(load).filter((feature) => !NOT_SEEN.test(feature));
	return { ...classifyFeatures(features), features };
}

function recipientOf(
	event: EspEvent,
	settings: EspImportSettings,
): Pick<OpenEvent, 'recipientId' | 'recipientReason'> {
	if (settings.recipient === 'none') return { recipientId: null, recipientReason: 'mode' };
	const given = settings.recipient === 'address' ? event.address : ownValue(event, settings);
	const text = given === null ? null : normalId(given);
	const reason = whyNotAnId(text);
	return reason === null
		? { recipientId: text, recipientReason: null }
		: { recipientId: null, recipientReason: reason };
}

function ownValue({ metadata }: EspEvent, { recipientKey }: EspImportSettings): string | null {
	const value = Object.hasOwn(metadata, recipientKey) ? metadata[recipientKey] : null;
	if (typeof value === 'number') return String(value);
	return typeof value === 'string' ? value.trim() : null;
}
