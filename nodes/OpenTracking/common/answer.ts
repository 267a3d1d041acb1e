import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import {
	PAGE_LANGUAGES,
	type PageLanguage,
} from '../../../src/reports/consent-page/consent-page-words';
import { answerWebhook } from '../../shared/webhook-answer';

const LANGUAGE_NAMES: Record<PageLanguage, string> = {
	en: 'English',
	de: 'German',
	fr: 'French',
	it: 'Italian',
};

export const languageProperty: INodeProperties = {
	displayName: 'Language',
	name: 'pageLanguage',
	type: 'options',
	options: PAGE_LANGUAGES.map((value) => ({ name: LANGUAGE_NAMES[value], value })).sort((a, b) =>
		a.name.localeCompare(b.name),
	),
	default: 'en',
	description: 'What the page speaks, apart from your own notice',
};

export function readLanguage(node: IExecuteFunctions, index: number): PageLanguage {
	return node.getNodeParameter('pageLanguage', index) as PageLanguage;
}

const PRIVATE = {
	'cache-control': 'no-store, private, max-age=0',
	'referrer-policy': 'no-referrer',
	'x-content-type-options': 'nosniff',
	'x-frame-options': 'DENY',
	'x-robots-tag': 'noindex',
};

/** Answers the waiting Webhook node with a page for one person. */
export function answerWithPage(node: IExecuteFunctions, html: string, statusCode = 200): void {
	const headers = { ...PRIVATE, 'content-type': 'text/html; charset=utf-8' };
	answerWebhook(node, { body: Buffer.from(html), headers, statusCode });
}

/** The same, with a JSON file to be saved. */
export function answerWithFile(node: IExecuteFunctions, fileName: string, content: object): void {
	const headers = {
		...PRIVATE,
		'content-type': 'application/json; charset=utf-8',
		'content-disposition': `attachment; filename="${fileName}"`,
	};
	answerWebhook(node, { body: Buffer.from(JSON.stringify(content, null, '\t')), headers });
}
