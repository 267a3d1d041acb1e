/*
 * How many links are signed and verified, and how many emails of 100 KB get their pixel, per second
 * on one core, each against the simplest thing that could be written instead: `npm run bench -- links`.
 */
import { createHmac, createSecretKey, randomBytes, randomUUID } from 'node:crypto';

import { DomUtils, parseDocument } from 'htmlparser2';

import { generateKey, parseKeyRing } from '../src/tracking/links/key-ring';
import { signToken, verifyToken } from '../src/tracking/links/token';
import type { TokenClaims } from '../src/tracking/links/token-claims';
import { embedPixel } from '../src/tracking/mail/embed';
import { embedCode } from '../src/tracking/mail/embed-code';

const ROUND_MS = 500;
const ROUNDS = 5;
const BATCH = 20;

const keyRing = parseKeyRing({ activeKey: generateKey(randomBytes) });
const now = new Date();
const claims: TokenClaims = {
	pixelId: randomUUID(),
	campaignId: 'spring-2026',
	messageId: '20261121.42@mail.example.com',
	recipientId: 'reader@example.com',
	trackingMode: 'identified',
	purpose: 'performance',
	issuedAt: now,
	preview: false,
};
const token = signToken(claims, keyRing, { iv: randomBytes(12) });

/** The peer: claims as readable JSON with an HMAC behind them, compared as text. */
const secret = createSecretKey(randomBytes(32));
const naiveMac = (body: string) => createHmac('sha256', secret).update(body).digest('base64url');
const naiveSign = (subject: TokenClaims) => {
	const body = Buffer.from(JSON.stringify(subject)).toString('base64url');
	return `${body}.${naiveMac(body)}`;
};
const naiveVerify = (text: string): unknown => {
	const [body, mac] = text.split('.');
	return mac === naiveMac(body) ? JSON.parse(Buffer.from(body, 'base64url').toString()) : null;
};
const naiveToken = naiveSign(claims);

const url = `https://n8n.example.com/webhook/email-open/pixel.png?t=${token}`;
const snippet = embedCode(url);
const row =
	'<tr><td style="padding:8px;font-family:Arial"><a href="https://shop.example.com/?a=1&amp;b=2">Item</a> <!-- row --></td></tr>\n';
const mail = `<!doctype html><html><head><style>a > b {}</style></head><body><table>${row.repeat(Math.floor(100_000 / row.length))}</table></body></html>`;

/** The peer: the first `</body>`, wherever it is, and no look at what is there already. */
const naiveEmbed = (html: string) => html.replace(/<\/body>/i, `${snippet}</body>`);

/** Another: the whole email as a tree and back to text, which rewrites what it cannot keep. */
const treeEmbed = (html: string) => {
	const tree = parseDocument(html);
	const pixel = parseDocument(snippet).children[0];
	const body = DomUtils.findOne((element) => element.name === 'body', tree.children);
	if (body) DomUtils.appendChild(body, pixel);
	return DomUtils.getOuterHTML(tree);
};

compare('sign a token', 'JSON + HMAC', {
	ours: () => signToken(claims, keyRing, { iv: randomBytes(12) }).length,
	peer: () => naiveSign(claims).length,
});
compare('verify a token', 'JSON + HMAC', {
	ours: () => Number(verifyToken(token, keyRing, { now }).ok),
	peer: () => Number(naiveVerify(naiveToken) !== null),
});
compare(`embed in an email of ${Math.round(mail.length / 1000)} KB`, 'regular expression', {
	ours: () => embedPixel(mail, url).html.length,
	peer: () => naiveEmbed(mail).length,
});
compare('the same', 'parse into a tree and print', {
	ours: () => embedPixel(mail, url).html.length,
	peer: () => treeEmbed(mail).length,
});
print(`token length: ${token.length} characters, ${naiveToken.length} as readable JSON + HMAC`);

/** Both in turn, several times, so that a busy machine troubles them alike; the medians count. */
function compare(
	what: string,
	peerName: string,
	{ ours, peer }: { ours: () => number; peer: () => number },
): void {
	const rates: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
	for (let round = 0; round < ROUNDS; round += 1) {
		rates.ours.push(ratePerSecond(ours));
		rates.peer.push(ratePerSecond(peer));
	}
	const [our, their] = [median(rates.ours), median(rates.peer)];
	print(
		`${what}: ${Math.round(our)}/s, ${(our / their).toFixed(2)} times the ${peerName} (${Math.round(their)}/s)`,
	);
}

function ratePerSecond(work: () => number): number {
	const start = performance.now();
	let runs = 0;
	let sum = 0;
	while (performance.now() - start < ROUND_MS) {
		for (let index = 0; index < BATCH; index += 1) sum += work();
		runs += BATCH;
	}
	// Using the results keeps the engine from leaving the work out.
	if (sum <= 0) throw new Error('The benchmark did no work.');
	return (runs * 1000) / (performance.now() - start);
}

function median(values: number[]): number {
	return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function print(line: string): void {
	process.stdout.write(`${line}\n`);
}
