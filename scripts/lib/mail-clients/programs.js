const { once } = require('node:events');
const { copyFileSync, mkdirSync, readdirSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:net');
const { join } = require('node:path');
const { setTimeout: wait } = require('node:timers/promises');

const { PlainError, run } = require('../run');
const { SUBJECT } = require('./mailbox');

/**
 * @typedef {object} Reader what a program has to work with
 * @property {Awaited<ReturnType<import('./desktop').startDesktop>>} desktop
 * @property {number} imapPort where the mailbox answers, without a password
 * @property {string} htmlFile the HTML of the same email, for programs that are called with it
 * @property {(limitMs: number) => Promise<boolean>} firstLoad waits for the first load
 * @property {import('playwright-core').Page} [page] of a program in a browser
 *
 * @typedef {object} Program
 * @property {string} id
 * @property {string} name
 * @property {string} about its package in Debian, whose version is told
 * @property {string[]} [needs] further packages
 * @property {boolean} [textOnly] it shows no images, so no load is what is expected
 * @property {(reader: Reader) => Promise<void>} look opens the email, images allowed
 * @property {(reader: Reader) => Promise<void>} [lookAgain]
 * @property {(reader: Reader) => Promise<void>} [reply] composes one; Ctrl+S then saves the draft
 * @property {(reader: Reader) => Promise<void>} [forward] the same
 * @property {(reader: Reader) => Promise<void>} [end] ends what would outlive the screen
 */

const TRY_AGAIN_MS = 3_000;
const TRIES = 20;
const SERVER_MS = 500;

function writeFile(path, lines) {
	mkdirSync(join(path, '..'), { recursive: true });
	writeFileSync(path, `${lines.join('\n')}\n`);
}

const lynx = {
	id: 'lynx',
	name: 'Lynx, as text viewer of mutt',
	about: 'lynx',
	textOnly: true,
	look: async ({ desktop, htmlFile }) => {
		await run('lynx', ['-dump', '-force_html', htmlFile], { env: desktop.env, quiet: true });
	},
};

const w3mText = {
	id: 'w3m-text',
	name: 'w3m, as text viewer of mutt',
	about: 'w3m',
	textOnly: true,
	look: async ({ desktop, htmlFile }) => {
		await run('w3m', ['-dump', '-T', 'text/html', htmlFile], { env: desktop.env, quiet: true });
	},
};

const w3mImages = {
	id: 'w3m-images',
	name: 'w3m with its images, in a terminal',
	about: 'w3m',
	needs: ['w3m-img', 'xterm'],
	look: async ({ desktop, htmlFile }) => {
		const images = ['-o', 'auto_image=1', '-o', 'display_image=1'];
		desktop.open('xterm', '-e', 'w3m', ...images, '-T', 'text/html', htmlFile);
	},
};

/**
 * Claws Mail shows HTML by one of several plugins.
 * @param {string} viewer
 * @param {{plugin: string, packages: string[], settings: string[], end?: Program['end']}} how
 */
function claws(viewer, { plugin, packages, settings, end }) {
	const select = (folder) => ['--select', folder];
	return {
		id: `claws-${viewer.toLowerCase()}`,
		name: `Claws Mail, ${viewer}`,
		about: 'claws-mail',
		needs: packages,
		end,
		look: async ({ desktop, imapPort }) => {
			const folder = join(desktop.home, '.claws-mail');
			writeFile(join(folder, 'accountrc'), [
				'[Account: 1]',
				'account_name=mailbox',
				'is_default=1',
				'name=Ada',
				'address=ada@example.com',
				'protocol=3',
				'receive_server=127.0.0.1',
				'smtp_server=127.0.0.1',
				'user_id=ada',
				'set_imapport=1',
				`imap_port=${imapPort}`,
				'ssl_imap=0',
			]);
			// Without folders for drafts and the like it asks for them and goes no further.
			writeFile(join(folder, 'folderlist.xml'), [
				'<?xml version="1.0" encoding="UTF-8"?>',
				'<folderlist>',
				'<folder type="imap" name="mailbox" account_id="1">',
				'<folderitem type="inbox" name="INBOX" path="INBOX" />',
				'</folder>',
				'<folder type="mh" name="local" path="Mail">',
				...['inbox', 'outbox', 'draft', 'queue', 'trash'].map(
					(type) => `<folderitem type="${type}" name="${type}" path="${type}" />`,
				),
				'</folder>',
				'</folderlist>',
			]);
			writeFile(join(folder, 'clawsrc'), [
				'[Common]',
				'render_html=1',
				'promote_html_part=1',
				'invoke_plugin_on_html=1',
				'open_selected_message_on_folder_open=1',
				'',
				'[Plugins_GTK3]',
				pluginPath(plugin),
				'',
				...settings,
			]);
			// Dillo by itself loads nothing from other hosts than the page's, and an email has none.
			writeFile(join(desktop.home, '.dillo', 'dillorc'), ['filter_auto_requests=allow_all']);
			desktop.open('claws-mail', ...select('#imap/mailbox/INBOX'));
		},
		lookAgain: async ({ desktop }) => {
			// A second call hands its wish to the program that runs.
			await run('claws-mail', select('#mh/local/inbox'), { env: desktop.env, quiet: true });
			await run('claws-mail', select('#imap/mailbox/INBOX'), { env: desktop.env, quiet: true });
		},
	};
}

function pluginPath(file) {
	const libraries = '/usr/lib';
	const folders = readdirSync(libraries).filter((name) => name.endsWith('-linux-gnu'));
	const plugins = folders.map((name) => join(libraries, name, 'claws-mail', 'plugins'));
	return join(plugins[0], file);
}

const evolution = {
	id: 'evolution',
	name: 'Evolution',
	about: 'evolution',
	look: async ({ desktop, imapPort }) => {
		const sources = join(desktop.home, '.config', 'evolution', 'sources');
		writeFile(join(sources, 'mailbox.source'), [
			'[Data Source]',
			'DisplayName=Ada',
			'Enabled=true',
			'[Mail Account]',
			'BackendName=imapx',
			'IdentityUid=identity',
			'NeedsInitialSetup=false',
			'[Authentication]',
			'Host=127.0.0.1',
			`Port=${imapPort}`,
			'User=ada',
			'[Security]',
			'Method=none',
		]);
		writeFile(join(sources, 'identity.source'), [
			'[Data Source]',
			'DisplayName=Ada',
			'Enabled=true',
			'Parent=mailbox',
			'[Mail Identity]',
			'Address=ada@example.com',
			'Name=Ada',
			'[Mail Composition]',
			'DraftsFolder=folder://local/Drafts',
		]);
		writeFile(join(desktop.home, '.config', 'glib-2.0', 'settings', 'keyfile'), [
			'[org/gnome/evolution/mail]',
			"image-loading-policy='always'",
			// The older form of the same setting, which it translates when it first starts.
			'load-http-images=2',
			'prompt-check-if-default-mailer=false',
			// It writes plain text by itself, and would ask before it answers HTML with that.
			'prompt-on-composer-mode-switch=false',
			'[org/gnome/evolution/shell/window]',
			'width=1200',
			'height=900',
		]);
		desktop.open('evolution', '-c', 'mail', 'folder://mailbox/INBOX');
	},
	lookAgain: async ({ desktop }) => {
		await desktop.focus('Inbox');
		await desktop.press('ctrl+o');
		await desktop.focus(`^${SUBJECT}`);
	},
	reply: async ({ desktop }) => {
		await desktop.focus('Inbox');
		await desktop.press('ctrl+r');
		await desktop.focus(`Re: ${SUBJECT}`);
	},
};

const thunderbird = {
	id: 'thunderbird',
	name: 'Thunderbird',
	about: 'thunderbird',
	look: async ({ desktop, imapPort, firstLoad }) => {
		const profile = join(desktop.home, 'profile');
		const settings = {
			'mail.accountmanager.accounts': 'account1,account2',
			'mail.accountmanager.localfoldersserver': 'server2',
			'mail.accountmanager.defaultaccount': 'account1',
			'mail.account.account1.server': 'server1',
			'mail.account.account1.identities': 'id1',
			'mail.server.server1.type': 'imap',
			'mail.server.server1.hostname': '127.0.0.1',
			'mail.server.server1.port': imapPort,
			'mail.server.server1.userName': 'ada',
			'mail.server.server1.name': 'Ada',
			'mail.server.server1.socketType': 0,
			'mail.server.server1.login_at_startup': true,
			'mail.account.account2.server': 'server2',
			'mail.server.server2.type': 'none',
			'mail.server.server2.hostname': 'Local Folders',
			'mail.server.server2.userName': 'nobody',
			'mail.server.server2.directory-rel': '[ProfD]Mail/Local Folders',
			'mail.server.server2.storeContractID': '@mozilla.org/msgstore/maildirstore;1',
			'mail.identity.id1.fullName': 'Ada',
			'mail.identity.id1.useremail': 'ada@example.com',
			'mail.identity.id1.draft_folder': 'mailbox://nobody@Local%20Folders/Drafts',
			'mail.identity.id1.smtpServer': 'smtp1',
			'mail.smtpservers': 'smtp1',
			'mail.smtp.defaultserver': 'smtp1',
			'mail.smtpserver.smtp1.hostname': '127.0.0.1',
			'mailnews.message_display.disable_remote_image': false,
			'mailnews.start_page.enabled': false,
			'mail.provider.suppress_dialog_on_startup': true,
			'mail.shell.checkDefaultClient': false,
			// Nothing but the email is to be loaded from anywhere.
			'app.update.enabled': false,
			'app.donation.eoy.version.viewed': 999,
			'datareporting.policy.dataSubmissionEnabled': false,
			'extensions.update.enabled': false,
			'mail.inappnotifications.enabled': false,
			'network.captive-portal-service.enabled': false,
			'network.connectivity-service.enabled': false,
			'services.settings.server': 'http://127.0.0.1:9/',
		};
		writeFile(
			join(profile, 'user.js'),
			Object.entries(settings).map(
				([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
			),
		);
		desktop.open('thunderbird', '--no-remote', '--profile', profile, '-mail');
		await desktop.focus('Thunderbird');
		// "Next unread message" does nothing until the folder has been read.
		for (let tries = 0; tries < TRIES; tries += 1) {
			await desktop.press('n');
			if (await firstLoad(TRY_AGAIN_MS)) return;
		}
	},
	lookAgain: async ({ desktop }) => {
		await desktop.focus('Thunderbird$');
		await desktop.press('Return');
	},
	reply: async ({ desktop }) => {
		await desktop.focus('Thunderbird$');
		await desktop.press('ctrl+r');
		await desktop.focus(`Re: ${SUBJECT}`);
	},
	forward: async ({ desktop }) => {
		await desktop.focus('Thunderbird$');
		await desktop.press('ctrl+l');
		await desktop.focus(`Fwd: ${SUBJECT}`);
	},
};

const roundcube = {
	id: 'roundcube',
	name: 'Roundcube, in Chromium',
	about: 'roundcube-core',
	needs: ['roundcube-sqlite3', 'php-cli', 'php-sqlite3', 'chromium'],
	look: async (reader) => {
		const { desktop, imapPort } = reader;
		const port = await freePort();
		const folder = join(desktop.home, 'roundcube');
		writeFile(join(folder, 'config.inc.php'), [
			'<?php',
			`$config['db_dsnw'] = 'sqlite:///${folder}/database?mode=0600';`,
			`$config['imap_host'] = '127.0.0.1:${imapPort}';`,
			"$config['imap_auth_type'] = 'PLAIN';",
			"$config['des_key'] = 'a key for this test alone';",
			"$config['log_driver'] = 'stdout';",
			`$config['temp_dir'] = '${folder}';`,
			"$config['plugins'] = [];",
			// Always, as a reader may choose it for all emails.
			"$config['show_images'] = 2;",
		]);
		for (const file of ['defaults.inc.php', 'mimetypes.php']) {
			copyFileSync(join('/etc/roundcube', file), join(folder, file));
		}
		desktop.env.ROUNDCUBE_CONFIG_DIR = folder;
		desktop.open('php', '-S', `127.0.0.1:${port}`, '-t', '/var/lib/roundcube');
		const { chromium } = require('playwright-core');
		// With a window, as readers have it: a browser without one says so, and is a machine.
		const browser = await chromium.launch({
			executablePath: '/usr/bin/chromium',
			headless: false,
			args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
			env: desktop.env,
		});
		const page = await browser.newPage();
		reader.page = page;
		// Another host than the image's, as in real life: no cookie of the one goes to the other.
		const site = `http://localhost:${port}/`;
		await openWhenThere(page, site);
		await page.locator('#rcmloginuser').fill('ada');
		await page.locator('#rcmloginpwd').fill('any');
		await page.locator('#rcmloginsubmit').click();
		await page.waitForURL(/_task=mail/);
		await page.goto(`${site}?_task=mail&_mbox=INBOX&_uid=1&_action=show`);
	},
	lookAgain: async ({ page }) => {
		await page?.reload();
	},
};

async function freePort() {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
	server.close();
	return port;
}

/** Opens a page of a server that is about to start. */
async function openWhenThere(page, address) {
	for (let tries = 1; ; tries += 1) {
		try {
			return await page.goto(address);
		} catch (error) {
			if (tries === TRIES) throw new PlainError(`nothing answers there: ${error.message}`);
			await wait(SERVER_MS);
		}
	}
}

/** Quick ones first. @type {Program[]} */
const PROGRAMS = [
	lynx,
	w3mText,
	w3mImages,
	claws('Fancy', {
		plugin: 'fancy.so',
		packages: ['claws-mail-fancy-plugin'],
		settings: ['[fancy]', 'enable_images=1', 'enable_remote_content=1'],
	}),
	claws('LiteHTML', {
		plugin: 'litehtml_viewer.so',
		packages: ['claws-mail-litehtml-viewer'],
		settings: ['[LiteHTML]', 'enable_remote_content=1'],
	}),
	claws('Dillo', {
		plugin: 'dillo.so',
		packages: ['claws-mail-dillo-viewer', 'dillo'],
		settings: ['[Dillo]', 'local_browse=0', 'full_window=1'],
		// Its helpers run on for the next window.
		end: async ({ desktop }) => {
			await run('/usr/libexec/dillo/dpidc', ['stop'], { env: desktop.env, quiet: true });
		},
	}),
	evolution,
	thunderbird,
	roundcube,
];

module.exports = { PROGRAMS };
