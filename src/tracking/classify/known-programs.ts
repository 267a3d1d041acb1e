/** A program or system, with the words by which agents name it, in lower case. */
export interface Named {
	readonly name: string;
	/** Words that mean it wherever they stand, separated by spaces */
	readonly words?: string;
	/** Ordinary words, which mean it only as the first word of an agent or before a slash */
	readonly titles?: string;
	/** Two words in a row */
	readonly phrases?: readonly string[];
}

/**
 * Programs people read mail in; of several, the one that stands first here counts. A word is a
 * run of letters, digits and `.-_!@%&`, so `Outlook-iOS/4.2` has the word `outlook-ios`.
 */
export const MAIL_PROGRAMS: readonly Named[] = [
	{ name: 'Windows Live Mail', words: 'windowslivemail', phrases: ['live mail'] },
	{ name: 'Outlook Express', words: 'outlook-express', phrases: ['outlook express'] },
	{
		name: 'Outlook',
		words:
			'outlook oneoutlook macoutlook ms-office msoffice outlook-ios outlook-android ' +
			'outlook-ios-android outlookmobile microsoft-macoutlook microsoft.office.outlook acompli ' +
			'com.microsoft.office.outlook com.microsoft.outlook hxmail hxoutlook hxcalendar',
		phrases: ['office outlook', 'outlook mobile'],
	},
	{ name: 'Microsoft Office', phrases: ['microsoft office'] },
	{ name: 'Entourage', words: 'entourage microsoft-entourage' },
	{ name: 'Windows Mail', words: 'windowsmail', phrases: ['windows mail'] },
	{
		name: 'Thunderbird',
		words: 'thunderbird icedove betterbird shredder thunderbird-android epyrus',
	},
	{ name: 'K-9 Mail', words: 'k-9 k9mail k-9mail com.fsck.k9', phrases: ['k9 mail'] },
	{ name: 'SeaMonkey', words: 'seamonkey iceape' },
	{ name: 'Postbox', words: 'postboxapp', titles: 'postbox' },
	{ name: 'Evolution', words: 'evolution-mail', titles: 'evolution' },
	{ name: 'Claws Mail', words: 'claws-mail sylpheed-claws claws', phrases: ['fancy viewer'] },
	// A browser too, but what loads images of mails under this name is the viewer of Claws Mail.
	{ name: 'Claws Mail', titles: 'dillo' },
	{ name: 'Sylpheed', words: 'sylpheed' },
	{ name: 'Geary', titles: 'geary org.gnome.geary' },
	{ name: 'Balsa', titles: 'balsa' },
	{ name: 'KMail', words: 'kmail kmail2 kontact akregator-kontact kmailcomposer' },
	{ name: 'Trojitá', words: 'trojita trojitá' },
	{ name: 'Mutt', words: 'mutt neomutt' },
	{ name: 'Alpine', titles: 'alpine pine' },
	{ name: 'Emacs', words: 'gnus', phrases: ['url/emacs emacs'], titles: 'emacs' },
	{ name: 'Airmail', words: 'airmail airmail-ios' },
	{ name: 'Spark', words: 'readdlespark sparkdesktop', titles: 'spark', phrases: ['spark mail'] },
	{
		name: 'Spark',
		words: 'com.readdle.smartemail readdle com.readdle.spark',
		phrases: ['spark desktop'],
	},
	{
		name: 'Proton Mail',
		words:
			'protonmail protonmail-desktop ch.protonmail.android proton-mail ch.protonmail.protonmail',
		phrases: ['proton mail'],
	},
	{ name: 'Tuta', words: 'tutanota tutanota-desktop tuta-mail tuta de.tutao.tutanota' },
	{
		name: 'Zoho Mail',
		words: 'zohomail zoho-mail zmail com.zoho.mail',
		phrases: ['zoho mail'],
		titles: 'zoho',
	},
	{ name: 'BlueMail', words: 'bluemail me.bluemail.mail typeapp', phrases: ['blue mail'] },
	{ name: 'Sparrow', titles: 'sparrow' },
	{ name: 'Superhuman', words: 'superhuman' },
	{ name: 'HEY', words: 'heymail hey-desktop', phrases: ['hey mail'] },
	{
		name: 'Canary Mail',
		words: 'canarymail io.canarymail.android',
		titles: 'canary',
		phrases: ['canary mail'],
	},
	{
		name: 'Edison Mail',
		words: 'edisonmail easilydo',
		titles: 'edison',
		phrases: ['edison mail', 'email edison'],
	},
	{
		name: 'Newton Mail',
		words: 'cloudmagic newtonmail',
		titles: 'newton',
		phrases: ['newton mail'],
	},
	{ name: 'Mimestream', words: 'mimestream' },
	{ name: 'MailMate', words: 'mailmate' },
	{ name: 'Mailplane', words: 'mailplane' },
	{ name: 'Shortwave', titles: 'shortwave' },
	{ name: 'Missive', titles: 'missive' },
	{ name: 'Spike', titles: 'spike' },
	{ name: 'Polymail', words: 'polymail' },
	{ name: 'AquaMail', words: 'aquamail org.kman.aquamail', phrases: ['aqua mail'] },
	{ name: 'FairEmail', words: 'fairemail eu.faircode.email' },
	{ name: 'Nine', titles: 'nine', words: 'com.ninefolders.hd3', phrases: ['nine mail'] },
	{ name: 'Boxer', words: 'vmwareboxer', titles: 'boxer', phrases: ['vmware boxer'] },
	{
		name: 'Samsung Email',
		words:
			'samsungemail samsung-email secemail com.samsung.android.email.provider com.samsung.android.email',
		phrases: ['samsung email', 'samsung mail'],
	},
	{ name: 'Delta Chat', words: 'deltachat', phrases: ['delta chat'] },
	{
		name: 'Notes',
		words: 'lotus-notes hcl-notes ibm-notes',
		phrases: ['lotus notes', 'hcl notes'],
	},
	{ name: 'Traveler', phrases: ['lotus traveler', 'ibm verse', 'hcl verse'] },
	{ name: 'GroupWise', words: 'groupwise' },
	{ name: 'Zimbra', words: 'zimbra zimbradesktop zdesktop' },
	{ name: 'The Bat!', words: 'bat! thebat thebat!' },
	{ name: 'Becky!', words: 'becky!' },
	{ name: 'Eudora', words: 'eudora penelope' },
	{ name: 'Pegasus Mail', phrases: ['pegasus mail'] },
	{ name: 'IncrediMail', words: 'incredimail' },
	{ name: 'Opera Mail', phrases: ['opera mail'] },
	{ name: 'eM Client', words: 'emclient', phrases: ['em client'] },
	{ name: 'Mailbird', words: 'mailbird' },
	{ name: 'Notion Mail', phrases: ['notion mail'] },
	{ name: 'Roundcube', words: 'roundcube' },
	{ name: 'SquirrelMail', words: 'squirrelmail' },
	{ name: 'Mailspring', words: 'mailspring' },
	{ name: 'Spicebird', words: 'spicebird' },
	{ name: 'Foxmail', words: 'foxmail' },
	{ name: 'QQ Mail', words: 'qqmail com.tencent.androidqqmail', phrases: ['qq mail'] },
	{
		name: 'Mail Master',
		words: 'mailmaster mailmasterpc com.netease.mail com.netease.mobimail',
		phrases: ['mail master'],
	},
	{
		name: 'Naver Mail',
		words: 'navermailapp navermail naver-mail com.nhn.android.mail',
		phrases: ['naver mail'],
	},
	{
		name: 'Daum Mail',
		words: 'daummail daummailapp net.daum.android.mail',
		phrases: ['daum mail'],
	},
	{
		name: 'Yahoo Mail',
		words:
			'yahoomail yahoomobilemail yahoomobilemessenger ymail yahoo.ymail com.yahoo.ymail ' +
			'com.yahoo.mobile.client.android.mail com.yahoo.aerogram yahoomailapp',
		phrases: ['yahoo mail', 'yahoo! mail', 'yahoomobile mail'],
	},
	{ name: 'AOL Mail', words: 'aolmail com.aol.mobile.aolapp', phrases: ['aol mail'] },
	{
		name: 'Mail.ru',
		words: 'mail.ru mailru ru.mail.mailapp mail.ru-mail',
		phrases: ['mail.ru mail'],
	},
	{ name: 'myMail', words: 'mymail com.my.mail', phrases: ['my mail'] },
	{
		name: 'Yandex Mail',
		words: 'yandexmail yandex.mail ru.yandex.mail',
		phrases: ['yandex mail'],
	},
	{
		name: 'GMX Mail',
		words: 'gmxmail com.gmx.mobile.android.mail de.gmx.mobile.android.mail',
		phrases: ['gmx mail'],
	},
	{ name: 'WEB.DE Mail', words: 'webdemail de.web.mobile.android.mail', phrases: ['web.de mail'] },
	{ name: 'Seznam Email', words: 'seznamemail cz.seznam.email', phrases: ['seznam email'] },
	{ name: 'Fastmail', words: 'fastmail com.fastmail.app' },
	{
		name: 'Gmail',
		words:
			'android-gmail gmail com.google.android.gm com.google.gmail gmailhybrid ' +
			'android-gmailprovider mailplane-gmail',
	},
	{ name: 'MailBar', words: 'mailbar' },
	{ name: 'Barca', words: 'barcapro', titles: 'barca' },
	{ name: 'Franz', words: 'franz' },
	{ name: 'Ferdium', words: 'ferdium ferdi' },
	{ name: 'Rambox', words: 'rambox ramboxpro' },
	{ name: 'Wavebox', words: 'wavebox wmail' },
	{ name: 'Basecamp', words: 'basecamp basecamp3' },
	// Last, for the mail programs above that are built on it or named beside it.
	{
		name: 'Apple Mail',
		words: 'mobilemail com.apple.mail com.apple.mobilemail maild',
		phrases: ['apple mail', 'iphone mail', 'ipad mail'],
	},
	{
		name: 'Android Email',
		words: 'android-mail android-email com.android.email androidmail',
		phrases: ['android mail', 'android email'],
	},
];

/** Browsers and apps with a browser view inside, the more particular before the ones they build on. */
export const BROWSERS: readonly Named[] = [
	{ name: 'Facebook', words: 'fban fb_iab fbav' },
	{ name: 'Instagram', words: 'instagram' },
	{ name: 'Edge', words: 'edg edge edga edgios edgw' },
	{ name: 'Opera', words: 'opr opera opios opt opx' },
	{ name: 'Samsung Internet', words: 'samsungbrowser' },
	{ name: 'Yandex Browser', words: 'yabrowser yowser' },
	{ name: 'Vivaldi', words: 'vivaldi' },
	{ name: 'Brave', words: 'brave' },
	{ name: 'DuckDuckGo', words: 'duckduckgo ddg' },
	{ name: 'UC Browser', words: 'ucbrowser ucweb' },
	{ name: 'Huawei Browser', words: 'huaweibrowser' },
	{ name: 'MIUI Browser', words: 'miuibrowser' },
	{ name: 'Silk', words: 'silk' },
	{ name: 'Firefox', words: 'firefox fxios focus klar' },
	// How Qt programs show themselves; among the mail programs, KMail and Kontact.
	{ name: 'QtWebEngine (KMail)', words: 'qtwebengine' },
	{ name: 'Electron', words: 'electron' },
	{ name: 'Chrome', words: 'chrome crios chromium crmo headlesschrome' },
	{ name: 'Internet Explorer', words: 'msie trident iemobile msiemobile' },
	{ name: 'w3m', titles: 'w3m' },
	{ name: 'Lynx', titles: 'lynx' },
	{ name: 'Links', titles: 'links elinks' },
	{ name: 'NetSurf', titles: 'netsurf' },
	{ name: 'Safari', words: 'safari' },
	// Engines that only people's programs carry, when no family above is named.
	{ name: 'WebKit', words: 'applewebkit' },
	{ name: 'Gecko', titles: 'gecko' },
	{ name: 'KHTML', words: 'konqueror', titles: 'khtml' },
	{ name: 'Presto', titles: 'presto' },
];

/** Windows Phone also says Android, Android also says Linux, and iOS also says Mac OS X. */
export const SYSTEMS: readonly Named[] = [
	{ name: 'Windows Phone', phrases: ['windows phone'] },
	{ name: 'Android', words: 'android adr outlook-android thunderbird-android dalvik' },
	{ name: 'iOS', words: 'iphone ipad ipod ios ipados outlook-ios mobilemail fxios crios edgios' },
	{ name: 'Windows', words: 'windows win64 win32 win98 win95 winnt wow64 oneoutlook windowsmail' },
	{ name: 'macOS', words: 'macintosh mac macos mac_powerpc macoutlook osx' },
	{ name: 'ChromeOS', words: 'cros chromeos' },
	{ name: 'Linux', words: 'linux x11 ubuntu freebsd openbsd netbsd' },
];
