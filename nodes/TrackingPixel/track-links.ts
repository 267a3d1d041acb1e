import { randomBytes } from 'node:crypto';

import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { ruleFor } from '../../src/tracking/consent/consent-policy';
import type { TrackingMode } from '../../src/tracking/event/tracking-mode';
import { TOKEN_IV_BYTES } from '../../src/tracking/links/sealed-token';
import { LINK_PATH, signTrackedLink } from '../../src/tracking/links/tracked-link';
import { trackLinks as trackLinksIn, type LeftLink } from '../../src/tracking/mail/track-links';
import { LEFT_REASONS } from '../../src/tracking/mail/untracked-links';
import { MOST_AT_ONCE } from '../shared/each-item';
import { readText, textOf } from '../shared/fields/check-fields';
import { consentRulesOf, type ConsentChoice } from '../shared/options/consent-policy-options';
import { instanceBaseUrl } from '../shared/installation/base-url';
import { signingOf } from '../shared/installation/signing';
import { openTrackingStore } from '../shared/installation/store';
import { assertAllowed, createLinkLookups, type LinkLookups, objectionTo } from './may-track';
import type { PixelOperation } from './pixel-operation';

interface TrackLinksOptions {
	listUnsubscribe?: string;
	messageId?: string;
	path?: string;
	preview?: boolean;
	trackingMode?: TrackingMode;
}

/** What became of the links of one email; `untracked` says why none was looked at. */
interface TrackedLinks {
	tracked: number;
	left: Array<LeftLink & { description: string }>;
	untracked: string | null;
}

/** Puts tracked links into the HTML of one email to one recipient, where that person allows it. */
export const trackLinks: PixelOperation = (context) => {
	const lookups = createLinkLookups(() => openTrackingStore(context));
	const run = async (item: INodeExecutionData, index: number): Promise<INodeExecutionData> => {
		const field = context.getNodeParameter('htmlField', index) as string;
		const { html, links } = await trackedHtml(context, lookups, index);
		return { ...item, json: { ...item.json, [field]: html, links } };
	};
	return { run, atOnce: MOST_AT_ONCE };
};

async function trackedHtml(
	context: IExecuteFunctions,
	lookups: LinkLookups,
	index: number,
): Promise<{ html: string; links: TrackedLinks }> {
	const html = context.getNodeParameter('html', index) as string;
	const options = context.getNodeParameter('linksOptions', index, {}) as TrackLinksOptions;
	const { trackingMode = null } = options;
	const untracked = (reason: string) => ({
		html,
		links: { tracked: 0, left: [], untracked: reason },
	});
	if (trackingMode === 'off') return untracked('The tracking mode is Off');
	const { keyRing, baseUrl } = await signingOf(context);
	const path = options.path || LINK_PATH;
	const pixelId = readText(context, 'linksPixelId', index) || null;
	// Aggregate links are the same for everybody: they must not tell recipients apart.
	const countsOnly = trackingMode === 'aggregate';
	const recipientId = countsOnly ? null : readText(context, 'recipientId', index);
	const choice = context.getNodeParameter('linksConsentPolicy', index) as ConsentChoice;
	const needsConsent =
		ruleFor({ ...consentRulesOf(choice), purpose: 'clicks' }) === 'consent-required';
	const asked = { recipientId, purpose: 'clicks', needsConsent, keyRing } as const;
	const objection = await objectionTo(lookups, asked);
	if (objection !== null) return untracked(objection);
	if (trackingMode) await assertAllowed(lookups, { requested: trackingMode, path, pixelId });
	const claims = {
		recipientId,
		pixelId: countsOnly ? null : pixelId,
		campaignId: readText(context, 'campaignId', index) || null,
		messageId: countsOnly ? null : textOf(options.messageId) || null,
		trackingMode,
		purpose: 'clicks',
		issuedAt: new Date(),
		preview: options.preview ?? false,
	} as const;
	const base = baseUrl || instanceBaseUrl(context);
	const { left, ...result } = trackLinksIn(
		html,
		(link) =>
			signTrackedLink({
				baseUrl: base,
				path,
				keyRing,
				iv: randomBytes(TOKEN_IV_BYTES),
				claims: { ...claims, link },
			}),
		{ listUnsubscribe: textOf(options.listUnsubscribe) },
	);
	const described = left.map((link) => ({ ...link, description: LEFT_REASONS[link.reason] }));
	return {
		html: result.html,
		links: { tracked: result.tracked, left: described, untracked: null },
	};
}
