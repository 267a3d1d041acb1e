import type { ClientFeature } from './feature';

/** What a user agent claims to be. Unknown is `null`. */
export interface ClaimedClient {
	readonly kind: 'mail-client' | 'browser' | null;
	readonly family: string | null;
	readonly os: string | null;
	readonly device: 'desktop' | 'phone' | 'tablet' | 'tv' | null;
}

/** Family by the words that name it, lower case; the first match wins. */
type Families = ReadonlyArray<readonly [family: string, ...words: string[]]>;

/** Programs people read mail in. Words are as long as they need to be to mean nothing else. */
const MAIL_CLIENTS: Families = [
	['Outlook Express', 'outlook-express/'],
	['Outlook', 'microsoft outlook', 'ms-office', 'msoffice', 'macoutlook/', 'outlook/16'],
	['Outlook', 'outlook-ios/', 'outlook-android/'],
	['Microsoft Office', 'microsoft office/'],
	['Windows Mail', 'windowsmail/'],
	['Thunderbird', 'thunderbird/', 'icedove/', 'betterbird/'],
	['Postbox', 'postbox/', 'postbox '],
	['Airmail', 'airmail ', 'airmail/'],
	['Notes', 'lotus-notes/', 'hcl-notes/'],
	['The Bat!', 'the bat!'],
	['eM Client', 'em client/', 'emclient/'],
	['Mailbird', 'mailbird/'],
	['Mailspring', 'mailspring/'],
	['BlueMail', 'bluemail/'],
	['Foxmail', 'foxmail/'],
	['Mail Master', 'mailmasterpc/', 'mailmaster/'],
	['Naver Mail', 'navermailapp/'],
	['Yahoo Mail', 'yahoo%20mail/', 'yahoomobilemail/', '.yahoo.ymail/'],
	['MailBar', 'mailbar/'],
	['Barca', 'barca/', 'barcapro/'],
	['Gmail', 'android-gmail/'],
	['Franz', 'franz/'],
	['Rambox', 'ramboxpro/', 'rambox/'],
	['Basecamp', 'basecamp3/', 'basecamp/'],
];

/** Browsers and apps with a browser view inside, the more particular before the ones they build on. */
const BROWSERS: Families = [
	['Facebook', 'fban/', 'fb_iab/', 'fbav/'],
	['Instagram', 'instagram '],
	['Edge', 'edg/', 'edge/', 'edga/', 'edgios/'],
	['Opera', 'opr/', 'opera/', 'opera ', 'opios/', ' opt/'],
	['Samsung Internet', 'samsungbrowser/'],
	['Yandex Browser', 'yabrowser/'],
	['Vivaldi', 'vivaldi/'],
	['Brave', 'brave/', ' brave '],
	['DuckDuckGo', 'duckduckgo/', 'ddg/'],
	['UC Browser', 'ucbrowser', 'ucweb/'],
	['Huawei Browser', 'huaweibrowser/'],
	['MIUI Browser', 'miuibrowser/'],
	['Silk', 'silk/'],
	['SeaMonkey', 'seamonkey/', 'iceape/'],
	['Firefox', 'firefox/', 'fxios/', 'focus/', 'klar/'],
	['Electron', 'electron/'],
	['Chrome', 'chrome/', 'crios/', 'chromium/'],
	['Internet Explorer', 'msie ', 'trident/'],
	['Safari', 'safari/'],
];

/** Engines that only people's programs carry, when no family above is named. */
const ENGINES: Families = [
	['WebKit', 'applewebkit/'],
	['Gecko', ' gecko/'],
	['KHTML', 'konqueror/', ' khtml/'],
	['Presto', ' presto/'],
];

/** Windows Phone also says Android, and Android also says Linux. */
const SYSTEMS: Families = [
	['Windows Phone', 'windows phone'],
	['iOS', 'iphone', 'ipad', 'ipod', 'outlook-ios/', ' ios/', '(ios '],
	['Android', 'android'],
	['Windows', 'windows', 'win64', 'win32', 'win98', 'win95'],
	['macOS', 'macintosh', 'mac os x', 'mac_powerpc', 'macoutlook/'],
	['ChromeOS', 'cros '],
	['Linux', 'linux', 'x11', 'ubuntu', 'freebsd', 'openbsd'],
];

const DESKTOPS: readonly string[] = ['Windows', 'macOS', 'ChromeOS', 'Linux'];
const TELEVISIONS = anyOf(['smart-tv', 'smarttv', 'appletv', 'hbbtv', 'crkey']);
/** One pass that says whether any mail client is named; browsers, the usual case, name none. */
const ANY_MAIL_CLIENT = anyOf(MAIL_CLIENTS.flatMap(([, ...words]) => words));
/** A crawler may name any program as a disguise; these it does not leave out. */
const CRAWLER_WORDS = anyOf(['http:', 'https:', 'crawl', 'spider', 'bot/', 'bot;']);

/** An Apple Mail agent ends after WebKit, or after the build of the phone. */
const APPLE_MAIL_END = /(?:\(khtml, like gecko\)|mobile\/[a-z0-9]{1,10})$/;

/**
 * Reads family, system and device class out of a user agent.
 *
 * @param agent in lower case, already cut to a bounded length
 */
export function claimedClient(agent: string): ClaimedClient {
	const os = named(SYSTEMS, agent);
	const device = deviceOf(agent, os);
	const mailClient = mailClientOf(agent);
	if (mailClient !== null && !CRAWLER_WORDS.test(agent)) {
		return { kind: 'mail-client', family: mailClient, os, device };
	}
	const browser = named(BROWSERS, agent) ?? named(ENGINES, agent);
	return { kind: browser === null ? null : 'browser', family: browser, os, device };
}

/**
 * Whether this is how Apple Mail shows itself: WebKit on an Apple system, and no browser named.
 *
 * @param agent in lower case
 */
export function isAppleMail(agent: string): boolean {
	return (
		/^mozilla\/5\.0 \((?:macintosh|iphone|ipad|ipod)/.test(agent) &&
		agent.includes('applewebkit/') &&
		!agent.includes('version/') &&
		APPLE_MAIL_END.test(agent)
	);
}

/** The client as feature words, for `extract-features.ts`. */
export function clientFeatures(client: Omit<ClaimedClient, 'kind'>): ClientFeature[] {
	const features: ClientFeature[] = [];
	if (client.family !== null) features.push(`client:${client.family}`);
	if (client.os !== null) features.push(`os:${client.os}`);
	if (client.device !== null) features.push(`device:${client.device}`);
	return features;
}

/**
 * A pattern that finds any of the words. An alternation of plain words has nothing to backtrack
 * into, and is several times faster than looking for one word after the other.
 */
export function anyOf(words: readonly string[]): RegExp {
	return new RegExp(words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'));
}

function mailClientOf(agent: string): string | null {
	if (isAppleMail(agent)) return 'Apple Mail';
	return ANY_MAIL_CLIENT.test(agent) ? named(MAIL_CLIENTS, agent) : null;
}

function deviceOf(agent: string, os: string | null): ClaimedClient['device'] {
	if (TELEVISIONS.test(agent)) return 'tv';
	if (agent.includes('ipad')) return 'tablet';
	if (os === 'iOS' || os === 'Windows Phone') return 'phone';
	if (os === 'Android') {
		if (agent.includes('mobile')) return 'phone';
		// A browser on Android that does not say Mobile runs on a tablet; other programs never say.
		return agent.includes('safari/') || agent.includes('tablet') ? 'tablet' : null;
	}
	return os !== null && DESKTOPS.includes(os) ? 'desktop' : null;
}

function named(families: Families, agent: string): string | null {
	for (const [family, ...words] of families) {
		if (words.some((word) => agent.includes(word))) return family;
	}
	return null;
}
