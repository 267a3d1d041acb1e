/**
 * Non-personal facts about one image load. They are stored with the event, so that newer rules
 * can judge again when address and user agent are long gone. Append only: stored events carry
 * these words.
 */

export type MethodFeature = 'method:get' | 'method:head' | 'method:other';

export type HeaderFeature =
	/** `Sec-Purpose`, `Purpose`, `X-Purpose` or `X-Moz` says so */
	| 'header:purpose-prefetch'
	| 'header:purpose-preview'
	| 'header:purpose-prerender'
	| 'header:no-accept'
	| 'header:no-accept-language'
	/** `Accept` asks for images, or for anything */
	| 'header:accepts-images'
	| 'header:range'
	/** `Sec-Fetch-Dest: image`, or something else there */
	| 'header:fetch-image'
	| 'header:fetch-other';

export type AgentFeature =
	| 'ua:none'
	/** Longer than what is looked at */
	| 'ua:cut'
	/** `Mozilla/5.0` and nothing more */
	| 'ua:apple-mpp'
	/** Apple Mail by name, or a bare WebKit view of Apple's, which is how it shows itself */
	| 'ua:apple-mail'
	| 'ua:gmail-prefetch'
	| 'ua:google-image-proxy'
	| 'ua:yahoo-mail-proxy'
	| 'ua:fastmail-proxy'
	| 'ua:rambler-mail-proxy'
	| 'ua:seznam-mail-proxy'
	| 'ua:hey-proxy'
	| 'ua:superhuman-proxy'
	/** The image proxy of an email provider that has no word of its own here */
	| 'ua:mail-proxy'
	| 'ua:security-agent'
	| 'ua:service-agent'
	| 'ua:http-library'
	| 'ua:headless'
	| 'ua:mail-client'
	| 'ua:browser'
	/** A word of ours or isbot's list calls it a crawler, and nothing says that it is an app */
	| 'ua:isbot';

export type NetworkFeature =
	| 'net:exchange-online-protection'
	| 'net:barracuda'
	| 'net:proofpoint'
	| 'net:mimecast'
	| 'net:exchange-online'
	| 'net:google'
	| 'net:apple-egress';

/** Time since the email was sent; the widest bucket that does not blur the rules. */
export type SinceSendFeature =
	| 'since-send:negative'
	| 'since-send:<2s'
	| 'since-send:<10s'
	| 'since-send:<1m'
	| 'since-send:<10m'
	| 'since-send:>=10m';

/** Added later, by the rules that look at several loads (`burst-rules.ts`). */
export type BurstFeature =
	| 'burst:networks'
	| 'burst:domains'
	| 'burst:head-first'
	| 'burst:links'
	| 'burst:link-order'
	| 'burst:clicks-elsewhere';

/** What the user agent says it is: words from the fixed lists of `known-programs.ts`. */
export type ClientFeature = `client:${string}` | `os:${string}` | `device:${string}`;

export type LoadFeature =
	/** The sender's own load */
	| 'own'
	| MethodFeature
	| HeaderFeature
	| AgentFeature
	| NetworkFeature
	| SinceSendFeature
	| BurstFeature
	| ClientFeature;
