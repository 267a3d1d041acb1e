import { embedCode } from './embed-code';

/** An email to oneself, for any node that sends emails. */
export interface ProbeEmail {
	subject: string;
	html: string;
	text: string;
}

const SUBJECT = 'Probe of your open tracking';
const LINES = [
	'You sent this email to yourself to see whether opens of your emails are recorded.',
	'Let its images be shown. A moment later, Check Setup says what loaded them: your email program, a proxy or a scanner.',
	'It has no recipient and belongs to no campaign: its loads are in no numbers. You may delete it.',
];

/**
 * A probe email.
 *
 * @param urls of its images
 */
export function probeEmail(urls: readonly string[]): ProbeEmail {
	const paragraphs = LINES.map((line) => `<p>${line}</p>`).join('\n');
	return {
		subject: SUBJECT,
		html: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${SUBJECT}</title></head>
<body style="margin:0;padding:24px;font-family:sans-serif;font-size:16px;line-height:1.5">
<div style="max-width:560px">
${paragraphs}
${urls.map(embedCode).join('\n')}
</div>
</body>
</html>`,
		text: `${LINES.join('\n\n')}\n\nThis is the plain-text part, which has no images: choose the HTML part in your email program.`,
	};
}
