const {
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { setTimeout: wait } = require('node:timers/promises');

const { simpleParser } = require('mailparser');

const { classifyLoad } = require('../../../src/tracking/classify/classify-load');
const { isCounted } = require('../../../src/tracking/event/open-event');
const { PlainError } = require('../run');
const { startDesktop } = require('./desktop');
const { htmlWithPixel, mailWithPixel, startMailbox } = require('./mailbox');
const { startPixelServer } = require('./pixel-server');

/** How long a program may take until it has loaded the image. */
const FIRST_LOAD_MS = 30_000;
/** A look is over when nothing was loaded for so long. */
const QUIET_MS = 4_000;
const DRAFT_MS = 15_000;
const LOOK_MS = 250;

/**
 * @typedef {object} Composed
 * @property {number} loads
 * @property {boolean | null} keepsPixel null when no draft was found
 *
 * @typedef {object} Seen
 * @property {number} loads at the first look
 * @property {number | null} again loads at the second look, null where it was not tried
 * @property {Composed | null} reply
 * @property {Composed | null} forward
 * @property {import('node:http').IncomingHttpHeaders} headers of the first load
 * @property {import('../../../src/tracking/classify/classify-load').ClassifiedLoad | null} verdict
 * @property {boolean} counted whether every load of it counts as an open
 */

/**
 * Reads the email in one program, and answers and forwards it where the program is driven that far.
 * @param {import('./programs').Program} program
 * @returns {Promise<Seen>}
 */
async function readIn(program) {
	const folder = mkdtempSync(join(tmpdir(), 'mail-clients-'));
	const home = join(folder, 'home');
	mkdirSync(home);
	const server = await startPixelServer();
	const address = server.addressFor(program.id);
	// Who the mailbox belongs to must get through to it.
	const boxFolder = mkdtempSync(join(tmpdir(), 'mail-clients-box-'));
	const mailbox = await startMailbox(boxFolder, mailWithPixel(address));
	const desktop = await startDesktop(home);
	const htmlFile = join(home, 'mail.html');
	writeFileSync(htmlFile, htmlWithPixel(address));

	const count = () => server.loadsOf(program.id).length;
	/** What `step` makes the program load. */
	const loadsOf = async (step, limitMs) => {
		const before = count();
		await step();
		await server.waitForLoad(program.id, before, limitMs);
		while (await server.waitForLoad(program.id, count(), QUIET_MS));
		return count() - before;
	};
	/** @type {import('./programs').Reader} */
	const reader = {
		desktop,
		htmlFile,
		imapPort: mailbox.port,
		firstLoad: (limitMs) => server.waitForLoad(program.id, 0, limitMs),
	};
	/** @returns {Promise<Composed | null>} */
	const compose = async (step) => {
		if (step === undefined) return null;
		const known = new Set(mailsIn([boxFolder, home]));
		const loads = await loadsOf(() => step(reader), QUIET_MS);
		await desktop.press('ctrl+s');
		const draft = await newMailIn([boxFolder, home], known);
		await desktop.press('ctrl+w');
		return { loads, keepsPixel: draft === null ? null : await holds(draft, address) };
	};

	try {
		// A text viewer has ended when it has shown the email; nothing can come later.
		const loads = await loadsOf(
			() => program.look(reader),
			program.textOnly ? QUIET_MS : FIRST_LOAD_MS,
		);
		if (loads === 0 && !program.textOnly) {
			throw new PlainError(`it loaded no image within ${FIRST_LOAD_MS / 1000} s`);
		}
		const { lookAgain } = program;
		const again = lookAgain ? await loadsOf(() => lookAgain(reader), QUIET_MS) : null;
		const reply = await compose(program.reply);
		const forward = await compose(program.forward);
		const verdicts = server.loadsOf(program.id).map(judge);
		return {
			loads,
			again,
			reply,
			forward,
			headers: server.loadsOf(program.id)[0]?.headers ?? {},
			verdict: verdicts[0] ?? null,
			counted: verdicts.every(({ actor }) => isCounted(actor)),
		};
	} finally {
		await program.end?.(reader);
		await desktop.close();
		await mailbox.close();
		server.close();
		for (const path of [folder, boxFolder]) rmSync(path, { recursive: true, force: true });
	}
}

/** The product's own judgment of one load, long after the email was sent. */
function judge({ method, headers }) {
	return classifyLoad({
		method,
		headers,
		userAgent: headers['user-agent'] ?? null,
		ip: null,
		secondsSinceSend: 7_200,
	});
}

/** Files of Maildir folders, which hold one email each and do not change. */
function mailsIn(folders) {
	return folders.flatMap((folder) =>
		readdirSync(folder, { recursive: true, withFileTypes: true })
			.filter((entry) => entry.isFile() && /\/(?:cur|new)$/.test(entry.parentPath))
			.map((entry) => join(entry.parentPath, entry.name)),
	);
}

async function newMailIn(folders, known) {
	const limit = Date.now() + DRAFT_MS;
	while (Date.now() < limit) {
		const path = mailsIn(folders).find((file) => !known.has(file));
		if (path !== undefined) return readFileSync(path);
		await wait(LOOK_MS);
	}
	return null;
}

/** Whether an email, or an email that is attached to it, still has the address of the pixel. */
async function holds(mail, address) {
	const { html, attachments } = await simpleParser(mail, { skipImageLinks: true });
	const parts = [html || '', ...attachments.map(({ content }) => content.toString())];
	return parts.some((part) => part.replaceAll('&amp;', '&').includes(address));
}

module.exports = { readIn };
