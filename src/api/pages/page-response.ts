import type { Context } from 'hono';

import { messagePage } from '../../reports/pages/message-page';
import { StoreError } from '../../storage/port/store-error';
import type { ApiDeps } from '../api-deps';
import { failureOf, type Failure } from '../failure';

/** n8n's own answers are in a sandbox; these are sent past it, so they say themselves what they may do. */
const PAGE_POLICY = [
	"default-src 'none'",
	"style-src 'unsafe-inline'",
	'img-src data:',
	"frame-src 'self'",
	"base-uri 'none'",
	"form-action 'self'",
].join('; ');

/** A page. Others may not frame it; `inFrame` is for one that a page of ours frames. */
export function html(
	c: Context,
	page: string,
	{
		status = 200,
		headers = {},
		inFrame = false,
	}: { status?: 200 | Failure['status']; headers?: Record<string, string>; inFrame?: boolean } = {},
): Response {
	return c.html(page, status, {
		...headers,
		'content-security-policy': `${PAGE_POLICY}; frame-ancestors ${inFrame ? "'self'" : "'none'"}`,
		'referrer-policy': 'no-referrer',
		'x-frame-options': inFrame ? 'SAMEORIGIN' : 'DENY',
		'x-robots-tag': 'noindex',
	});
}

/** A failure of a page is shown as a page, too. */
export function failedPage(c: Context, error: Error, deps: Pick<ApiDeps, 'onError'>): Response {
	const failure = failureOf(error, deps);
	const { status, headers } = failure;
	return html(c, failurePage(c, error, failure), { status, headers });
}

/** From the page that is asked for to the folder that all pages are in. */
export function rootOf(c: Context): string {
	return '../'.repeat(c.req.path.split('/').length - 2);
}

export function backToDashboard(c: Context): { path: string; text: string } {
	return { path: `${rootOf(c)}dashboard`, text: '← Dashboard' };
}

function failurePage(c: Context, error: Error, { status, message }: Failure): string {
	if (status === 503 && error instanceof StoreError) {
		return messagePage({
			title: 'The tracking store cannot be used now',
			text: `${message} Emails get their image all the same.`,
			back: c.req.method === 'GET' ? { path: '', text: 'Try again' } : backToDashboard(c),
		});
	}
	const back = backToDashboard(c);
	if (status === 404) {
		const text = 'It may have been deleted, with all that was counted of it.';
		return messagePage({ title: message, text, back });
	}
	return messagePage({ title: 'This could not be done', text: message, back });
}
