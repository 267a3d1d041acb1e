import { classifyLoad } from '../../../../src/tracking/classify/classify-load';
import type { Client } from '../../../../src/tracking/event/open-event';
import { isCounted } from '../../../../src/tracking/event/open-event';

const loadOf = (userAgent: string | null, headers: Record<string, string> = {}) =>
	classifyLoad({ method: 'GET', headers, userAgent, ip: null, secondsSinceSend: 7200 });
const clientOf = (userAgent: string): Client => loadOf(userAgent).client;

describe('programs that were run, with the headers they sent', () => {
	const WEBKIT_ACCEPT =
		'image/webp,image/avif,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5';
	const CHROMIUM_ACCEPT = 'image/avif,image/webp,image/apng,image/*,*/*;q=0.8';

	test.each<[string, string | null, Record<string, string>, string, string, string | null]>([
		[
			'Thunderbird',
			'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.7.0',
			{ accept: CHROMIUM_ACCEPT, 'accept-language': 'en-US,en;q=0.9', 'sec-fetch-dest': 'image' },
			'human',
			'mail-client',
			'Thunderbird',
		],
		['Evolution', 'Evolution/3.46.4', {}, 'human', 'mail-client', 'Evolution'],
		[
			'Claws Mail, Fancy',
			'Fancy Viewer',
			{ accept: WEBKIT_ACCEPT, 'sec-fetch-dest': 'image' },
			'human',
			'mail-client',
			'Claws Mail',
		],
		[
			'Claws Mail, Dillo',
			'Dillo/3.0.5',
			{ accept: 'image/png,image/*;q=0.8,*/*;q=0.5', dnt: '1' },
			'human',
			'mail-client',
			'Claws Mail',
		],
		['Claws Mail, LiteHTML', null, { accept: '*/*' }, 'unknown', 'no-agent-for-images', null],
		[
			'Geary and Balsa',
			'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/60.5 Safari/605.1.15',
			{ accept: WEBKIT_ACCEPT, 'sec-fetch-dest': 'image' },
			'human',
			'browser',
			'WebKitGTK (Geary, Balsa)',
		],
		[
			'KMail',
			'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) QtWebEngine/5.15.13 Chrome/87.0.4280.144 Safari/537.36',
			{ accept: CHROMIUM_ACCEPT, 'sec-fetch-dest': 'image' },
			'human',
			'browser',
			'QtWebEngine (KMail)',
		],
		[
			'mutt with w3m',
			'w3m/0.5.3+git20230121',
			{ accept: 'text/html, text/*;q=0.5, image/*, application/*' },
			'human',
			'browser',
			'w3m',
		],
	])('%s counts', (_name, userAgent, headers, actor, reason, family) => {
		const verdict = loadOf(userAgent, headers);
		expect([verdict.actor, verdict.actorReason, verdict.client.family]).toEqual([
			actor,
			reason,
			family,
		]);
	});

	test.each([
		['nothing at all', {}],
		['an accept header for pages', { accept: 'text/html' }],
		['an empty accept header', { accept: '' }],
	])('no agent and %s is a bot', (_name, headers: Record<string, string>) => {
		expect(loadOf(null, headers)).toMatchObject({ actor: 'bot', actorReason: 'no-agent' });
	});
});

describe('email clients by name', () => {
	const ELECTRON = (product: string): string =>
		`Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) ${product} Chrome/138.0.7204.97 Electron/37.2.1 Safari/537.36`;

	test.each([
		['Outlook', ELECTRON('OneOutlook/1.2026.1104.100')],
		// The web view of new Outlook, when it does not say its name.
		['Outlook', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)'],
		['Outlook', 'Outlook-iOS-Android/1.0'],
		['Outlook', 'Outlook-Android/4.2541.0'],
		['Outlook', 'MacOutlook/16.101.25101020 (Arm64 Mac OS X 26.1 (Build 25B78))'],
		['Outlook', 'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.18730; Pro)'],
		['Windows Live Mail', 'Outlook-Express/7.0 (MSIE 7.0; Windows NT 6.1; WOW64; Trident/7.0)'],
		['Windows Live Mail', 'Windows Live Mail 16.4.3528'],
		['Outlook Express', 'Outlook-Express/6.0 (MSIE 6.0; Windows NT 5.1)'],
		['Apple Mail', 'Mail/3864.200.81 CFNetwork/3826.600.41 Darwin/24.6.0'],
		[
			'Apple Mail',
			'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Mail/16.0',
		],
		['Apple Mail', 'MobileMail/3731.700.6 CFNetwork/1490.0.4 Darwin/23.2.0'],
		['Mail.ru', 'Mail.Ru/14.105.0 (Android 14; SM-A546B)'],
		['Mail.ru', 'ru.mail.mailapp/15.2.0 CFNetwork/1490.0.4 Darwin/23.2.0'],
		['myMail', 'myMail/14.20.1 CFNetwork/1490.0.4 Darwin/23.2.0'],
		['Yahoo Mail', 'YahooMobileMail/6.1.0 (Android Mail; 1.0.5) (beyond1;samsung;SM-G973F;9)'],
		['Yahoo Mail', 'Yahoo%20Mail/56789 CFNetwork/1490.0.4 Darwin/23.2.0'],
		[
			'Yahoo Mail',
			'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile/9B176 jp.co.yahoo.ymail/9.1',
		],
		['Daum Mail', 'DaumMail/3.9.1 (Android 13; SM-S911N)'],
		['K-9 Mail', 'K-9 Mail/8.2 (Android 14)'],
		['K-9 Mail', 'com.fsck.k9/39026'],
		['Samsung Email', 'Samsung Email/6.1.94.0 (Android 14; SM-S918B)'],
		['Samsung Email', 'com.samsung.android.email.provider/6.1.94 (Linux; U; Android 14)'],
		['Spark', 'Spark/3.2.1 CFNetwork/1490.0.4 Darwin/23.2.0'],
		['Spark', ELECTRON('SparkDesktop/3.14.2')],
		['Proton Mail', ELECTRON('ProtonMail/1.9.1')],
		['Proton Mail', 'ProtonMail-Android/4.0.20 (Android 14; Pixel 7)'],
		['Tuta', ELECTRON('tutanota-desktop/250.1')],
		['Zoho Mail', 'ZohoMail/2.8.9 CFNetwork/1490.0.4 Darwin/23.2.0'],
		['BlueMail', ELECTRON('BlueMail/1.140.8')],
		['Sparrow', 'Sparrow/1178 CFNetwork/520.5.1 Darwin/11.4.2 (x86_64)'],
		['Postbox', 'Postbox 7.0.60 (Macintosh/2023)'],
		['Sylpheed', 'Sylpheed/3.8.0beta1'],
		['MailMate', 'MailMate (5673)'],
		['Mimestream', 'Mimestream/1.2.6'],
		['Superhuman', ELECTRON('Superhuman/1034.0.11')],
		['Seznam Email', 'Seznam Email/4.40 (Android 14)'],
	])('%s: %s', (family, userAgent) => {
		expect(loadOf(userAgent)).toMatchObject({ actor: 'human', client: { family } });
	});

	test('a mail program that nobody listed is still one', () => {
		expect(loadOf('Kuriermail/2.4.1 (Haiku)')).toMatchObject({
			actor: 'human',
			actorReason: 'mail-client',
			client: { family: null },
		});
	});

	test.each([
		'MailHarvester/1.0',
		'Example Mail Bot/2.1',
		'examplemail (+https://mail.example/robots)',
		'sales@mail.example',
	])('a machine with mail in its name is no reader: %s', (userAgent) => {
		expect(loadOf(userAgent).actor).toBe('bot');
	});

	test.each([
		[
			'hey-proxy',
			'HEY',
			'hey.com/imageproxy Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/134.0.0.0 Safari/537.36',
		],
		['superhuman-proxy', 'Superhuman', 'SuperhumanProxy/1.0'],
		['superhuman-proxy', 'Superhuman', 'Mozilla/5.0 (compatible; Superhuman Image Proxy)'],
		['mail-proxy', 'Shortwave', 'Shortwave Image Fetcher'],
		['mail-proxy', null, 'ExampleMail-ImageProxy/3.1'],
		['google-image-proxy', 'Gmail', 'GmailImageProxy'],
		['google-image-proxy', 'Gmail', 'Mozilla/5.0 (via ggpht.com GoogleImageProxy)'],
	])('%s: %s behind a proxy', (reason, family, userAgent) => {
		expect(loadOf(userAgent)).toMatchObject({
			actor: 'human-via-proxy',
			actorReason: reason,
			client: { family, os: null, device: null },
		});
	});

	test.each([
		'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/51.0.2704.79 Safari/537.36 Edge/14.14393 Mozilla/5.0',
		'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0 Mozilla/5.0',
		'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy; sampling)',
		'Mozilla/5.0 (via ggpht.com GoogleImageProxy-Prefetch)',
	])('Gmail ahead of its reader, in whatever version: %s', (userAgent) => {
		expect(loadOf(userAgent)).toMatchObject({ actor: 'prefetch', actorReason: 'gmail-prefetch' });
	});
});

describe('a short or unusual agent is not a bot', () => {
	const ANDROID = (device: string, rest = 'Chrome/138.0.0.0 Mobile Safari/537.36'): string =>
		`Mozilla/5.0 (Linux; Android 13; ${device}) AppleWebKit/537.36 (KHTML, like Gecko) ${rest}`;

	test.each([
		['CUBOT_X19', ANDROID('CUBOT_X19')],
		['Discovery', ANDROID('Discovery Pro Build/TP1A')],
		['Radar', ANDROID('Radar C110e')],
		['Google TV', ANDROID('Google TV Streamer', 'Chrome/138.0.0.0 Safari/537.36')],
		['Library', ANDROID('Library Tab (2022)')],
	])('the name of a device, %s, says nothing', (_device, userAgent) => {
		expect(loadOf(userAgent)).toMatchObject({ actor: 'human', client: { os: 'Android' } });
	});

	test.each([
		'Dalvik/2.1.0 (Linux; U; Android 9; CUBOT_NOTE_S Build/PPR1)',
		'CUBOT_NOTE/V1.0 Linux/3.18 Android/9',
		'com.example.newsreader/4.1 (Linux; U; Android 14; de_DE; Pixel 8)',
		'ExampleNews/7.2 (iPhone; iOS 18.1; Scale/3.00)',
		'FeedRadar/212 CFNetwork/1490.0.4 Darwin/23.2.0',
		'Kaffeefahrt/3.1.4',
		'Kaffee Fahrt/3.1 (Amiga)',
		'Nordlicht-App/12',
	])('an app that nobody listed counts: %s', (userAgent) => {
		expect(loadOf(userAgent)).toMatchObject({ actor: 'unknown', actorReason: 'unrecognised' });
	});

	test.each([
		'curl/8.5.0',
		'okhttp/4.12.0',
		'Apache-HttpClient/4.5.14 (Java/17.0.12)',
		'python-requests/2.32.3',
		'Example-Http-Client/2.1',
		'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36',
		'Mozilla/5.0 (Linux; Android 13; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36 (compatible; ExampleBot/2.1; +http://bot.example)',
		'Mozilla/5.0 (Linux; Android 8.0; Pixel 2; Examplebot-News/1.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/81.0 Mobile Safari/537.36',
		'ExampleSpider/1.1',
		'Example Link Fetcher/2.0',
		'uptime-example/1.23',
		'status.example.io/1.0',
		'Mozilla/5.0 (compatible; Example; crawl@example.org)',
	])('a machine that says so stays one: %s', (userAgent) => {
		expect(isCounted(loadOf(userAgent).actor)).toBe(false);
	});
});

describe('system and device', () => {
	test.each<[string, Client['os'], Client['device']]>([
		['Example/1 CFNetwork/1490.0.4 Darwin/23.2.0', 'iOS', 'phone'],
		['Example/1 CFNetwork/758.5.3 Darwin/15.6.0', 'iOS', 'phone'],
		['Example/1 CFNetwork/760.9 Darwin/15.6.0 (x86_64)', 'macOS', 'desktop'],
		['Example/1 CFNetwork/760.9 Darwin/15.6.0', 'macOS', 'desktop'],
		['Example/1 CFNetwork/520.5.1 Darwin/11.4.2', 'macOS', 'desktop'],
		['Example/1 CFNetwork/1128.0.1 Darwin/19.6.0 (x86_64)', 'macOS', 'desktop'],
		['Example/1 CFNetwork/978.0.7 Darwin/18.7.0 (MacBookPro15%2C1)', 'macOS', 'desktop'],
		['Example-iPad/1 CFNetwork/978.0.7 Darwin/18.7.0', 'iOS', 'tablet'],
		['Mozilla/5.0 (Mobile; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5', null, 'phone'],
		[
			'Mozilla/5.0 (Linux; Android 11; iPad 12 Clone) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0 Mobile Safari/537.36',
			'Android',
			'phone',
		],
		[
			'Mozilla/5.0 (Linux; Android 12; iPhone 14 Pro Max Build/SP1A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0 Mobile Safari/537.36',
			'Android',
			'phone',
		],
		[
			'Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0 Mobile Safari/537.36 Edge/15.15063',
			'Windows Phone',
			'phone',
		],
	])('%s', (userAgent, os, device) => {
		const client = clientOf(userAgent);
		expect([client.os, client.device]).toEqual([os, device]);
	});
});
