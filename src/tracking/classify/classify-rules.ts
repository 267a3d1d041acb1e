import type { ActorReason } from '../event/actor-reasons';
import type { Actor } from '../event/open-event';
import type { LoadFeature } from './feature';

/** Holds when a load has all of `all` and one of each group in `anyOf`. */
export interface LoadRule {
	readonly reason: ActorReason;
	readonly actor: Actor;
	readonly all?: readonly LoadFeature[];
	readonly anyOf?: ReadonlyArray<readonly LoadFeature[]>;
}

/** The first rule that holds names the actor; the last one holds for every load. */
export interface RuleSet {
	/** Written on every event it judged */
	readonly version: string;
	readonly rules: readonly LoadRule[];
}

const WITHIN_10_SECONDS: readonly LoadFeature[] = ['since-send:<2s', 'since-send:<10s'];
const WITHIN_A_MINUTE: readonly LoadFeature[] = [...WITHIN_10_SECONDS, 'since-send:<1m'];

/**
 * The rules in force. Each one, with its source and its known false calls, is in
 * `docs/machine-opens.md`. Change the version with any change here.
 *
 * The order carries meaning: what the request says of itself, then what is known about email,
 * then networks, and only then the general lists, which are wrong for email (they call Gmail's
 * image proxy a bot, and an email client now and then). Time since sending never decides alone.
 */
export const CURRENT_RULES: RuleSet = {
	version: '2026-11-29',
	rules: [
		// `bot` rather than `prefetch`: the prefetch share is read as mailboxes whose opens stay hidden.
		{ reason: 'own-open', actor: 'bot', all: ['own'] },
		{ reason: 'method-not-get', actor: 'bot', anyOf: [['method:head', 'method:other']] },
		{
			reason: 'prefetch-header',
			actor: 'prefetch',
			anyOf: [['header:purpose-prefetch', 'header:purpose-preview', 'header:purpose-prerender']],
		},

		{ reason: 'gmail-prefetch', actor: 'prefetch', all: ['ua:gmail-prefetch'] },
		// The same relays carry people who browse, so the address alone is no proof.
		{
			reason: 'apple-mpp-egress',
			actor: 'prefetch',
			all: ['net:apple-egress'],
			anyOf: [['ua:apple-mpp', 'ua:apple-mail']],
		},
		{ reason: 'apple-mpp-agent', actor: 'prefetch', all: ['ua:apple-mpp'] },
		{ reason: 'google-image-proxy', actor: 'human-via-proxy', all: ['ua:google-image-proxy'] },
		{ reason: 'yahoo-mail-proxy', actor: 'human-via-proxy', all: ['ua:yahoo-mail-proxy'] },
		{ reason: 'fastmail-proxy', actor: 'human-via-proxy', all: ['ua:fastmail-proxy'] },
		{ reason: 'rambler-mail-proxy', actor: 'human-via-proxy', all: ['ua:rambler-mail-proxy'] },
		{ reason: 'seznam-mail-proxy', actor: 'human-via-proxy', all: ['ua:seznam-mail-proxy'] },
		{ reason: 'hey-proxy', actor: 'human-via-proxy', all: ['ua:hey-proxy'] },
		{ reason: 'superhuman-proxy', actor: 'human-via-proxy', all: ['ua:superhuman-proxy'] },
		{ reason: 'mail-proxy', actor: 'human-via-proxy', all: ['ua:mail-proxy'] },
		{ reason: 'security-agent', actor: 'scanner', all: ['ua:security-agent'] },
		{ reason: 'service-agent', actor: 'bot', all: ['ua:service-agent'] },

		{
			reason: 'exchange-online-protection-network',
			actor: 'scanner',
			all: ['net:exchange-online-protection'],
		},
		{ reason: 'barracuda-network', actor: 'scanner', all: ['net:barracuda'] },
		{
			reason: 'security-network-early',
			actor: 'scanner',
			anyOf: [['net:proofpoint', 'net:mimecast'], WITHIN_A_MINUTE],
		},
		{ reason: 'network-burst', actor: 'scanner', all: ['burst:networks'] },
		{ reason: 'address-many-domains', actor: 'scanner', all: ['burst:domains'] },
		{ reason: 'link-head-first', actor: 'scanner', all: ['burst:head-first'] },
		{ reason: 'link-burst', actor: 'scanner', all: ['burst:links'] },
		{ reason: 'link-order', actor: 'scanner', all: ['burst:link-order'] },
		{ reason: 'clicks-elsewhere', actor: 'scanner', all: ['burst:clicks-elsewhere'] },
		{
			reason: 'early-bare-browser',
			actor: 'scanner',
			all: ['ua:browser', 'header:no-accept', 'header:no-accept-language'],
			anyOf: [WITHIN_10_SECONDS],
		},

		// Claws Mail's LiteHTML viewer names nothing; neither does a bare libcurl.
		{
			reason: 'no-agent-for-images',
			actor: 'unknown',
			all: ['ua:none', 'header:accepts-images'],
		},
		{ reason: 'no-agent', actor: 'bot', all: ['ua:none'] },
		{ reason: 'http-library', actor: 'bot', all: ['ua:http-library'] },
		{ reason: 'headless-browser', actor: 'bot', all: ['ua:headless'] },
		{ reason: 'mail-client', actor: 'human', all: ['ua:mail-client'] },
		{ reason: 'crawler-list', actor: 'bot', all: ['ua:isbot'] },
		{ reason: 'browser', actor: 'human', all: ['ua:browser'] },
		{ reason: 'unrecognised', actor: 'unknown' },
	],
};
