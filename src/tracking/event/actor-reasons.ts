/**
 * Why a load was given its actor: stable codes, each with a line for people. Stored events, the
 * documentation and the reports carry them. Append only.
 */
export const ACTOR_REASONS = {
	'own-open': 'The sender loaded it: a preview link or a "this is me" mark',
	'method-not-get': 'HEAD or another method; only GET shows an image',
	'prefetch-header': 'The request itself says that it is a prefetch, preview or prerender',
	'gmail-prefetch': 'The user agent of Gmail when it loads images before anybody opens the email',
	'apple-mpp-egress': "An email user agent through Apple's relays: Mail Privacy Protection",
	'apple-mpp-agent': 'The bare user agent of Apple Mail Privacy Protection, from another network',
	'google-image-proxy': "Gmail's image proxy, which loads when the email is opened",
	'yahoo-mail-proxy': "Yahoo's and AOL's image proxy, which loads when the email is opened",
	'fastmail-proxy': "Fastmail's image proxy, which loads when the email is opened",
	'rambler-mail-proxy': "Rambler's image proxy, which loads when the email is opened",
	'seznam-mail-proxy': "Seznam's image proxy, which loads when the email is opened",
	'hey-proxy': "HEY's image proxy, which loads when the email is opened",
	'superhuman-proxy': "Superhuman's image proxy, which loads when the email is opened",
	'mail-proxy': 'An agent that calls itself the image proxy of an email service',
	'security-agent': 'The user agent names an email security product',
	'service-agent': 'The user agent of a server or background service that touches email',
	'exchange-online-protection-network': "Microsoft's email filtering network; nobody reads there",
	'barracuda-network': "Barracuda's email filtering network; nobody reads there",
	'security-network-early':
		'An email security network that people also browse through, within a minute of sending',
	'early-bare-browser':
		'Claims to be a browser, sends none of its headers, and came within 10 seconds of sending',
	'network-burst': 'Three or more networks loaded the image of one recipient within two minutes',
	'address-many-domains':
		'One address loaded images of recipients at ten or more domains within ten minutes',
	'no-agent-for-images':
		'No user agent, but it asks for images, as a few email clients do; it counts',
	'no-agent': 'No user agent, and nothing says that it asks for an image',
	'http-library': 'The user agent of an HTTP library or command line tool',
	'headless-browser': 'The user agent of a browser without a screen',
	'mail-client': 'The user agent of a program that people read email in',
	'crawler-list': "The user agent is on isbot's list of crawlers",
	browser: 'The user agent of a browser, or of an app that shows pages like one',
	unrecognised: 'Nothing about the load says who made it; it counts',
	'link-burst': 'Three or more links of one email were followed within ten seconds',
	'link-head-first':
		'The same network asked for the link with HEAD, then followed it, within ten seconds',
	'link-order':
		'Five neighboring links of one email were followed in their order within 30 seconds',
	'clicks-elsewhere':
		'Another network than an open of the same email, with a second sign: another link at the same moment, or the same link from another system',
} as const;

export type ActorReason = keyof typeof ACTOR_REASONS;
