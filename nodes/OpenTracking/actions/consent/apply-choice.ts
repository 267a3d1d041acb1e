import type { IDataObject } from 'n8n-workflow';
import { v7 as uuidv7 } from 'uuid';

import { consentMessagePage } from '../../../../src/reports/consent-page/consent-page';
import type { ConsentRecord, ConsentState } from '../../../../src/tracking/consent/consent-record';
import { PURPOSES } from '../../../../src/tracking/event/purpose';
import { readJson } from '../../../shared/fields/check-fields';
import { withdraw } from '../../../shared/person/withdraw';
import { answerWithPage, languageProperty, readLanguage } from '../../common/answer';
import { consentsGiven } from '../../common/brake';
import type { Operation } from '../../common/operation';
import {
	denylistKeysFor,
	personTokenProperty,
	readPersonLink,
	refuseLink,
	wasErased,
} from '../../common/person';
import { noticeProperties, readNotice } from './notice';
import { purposesProperty, readPurposes } from './purposes';
import { choicesPage } from './show-page';

const METHOD = 'consent page';
const DAY_MS = 86_400_000;

export const applyConsentChoice: Operation = {
	value: 'applyChoice',
	name: 'Apply Choice',
	action: 'Apply choice from consent page',
	description: 'Record what a person answered on the consent page, and answer the Webhook node',
	properties: [
		personTokenProperty,
		{
			displayName: 'Form Data',
			name: 'choiceForm',
			type: 'json',
			default: '={{ $json.body }}',
			required: true,
			description: 'What the page sent, from the Webhook node',
		},
		...noticeProperties,
		purposesProperty,
		languageProperty,
	],
	async execute({ node, store, index }) {
		const language = readLanguage(node, index);
		const link = await readPersonLink(node, index, ['consent']);
		if (link === null) return [{ json: { changed: [], reason: refuseLink(node, index) } }];
		const { recipientId } = link;
		if (await wasErased(node, store, recipientId)) {
			answerWithPage(node, consentMessagePage(language, 'forgotten'));
			return [{ json: { changed: [] } }];
		}
		const keysOf = await denylistKeysFor(node);
		const form = (readJson(node, 'choiceForm', index) ?? {}) as IDataObject;
		const asked = readPurposes(node, index);
		const notice = readNotice(node, index);
		const now = new Date();
		const page = { recipientId, purposes: asked, notice: notice.text, language };

		if (form.action === 'withdraw') {
			await withdraw(store, keysOf, [{ recipientId, purposes: PURPOSES, method: METHOD }]);
			answerWithPage(node, await choicesPage(store, { ...page, message: 'withdrawn' }));
			return [{ json: { changed: PURPOSES.map((purpose) => ({ purpose, status: 'withdrawn' })) } }];
		}
		const records: ConsentRecord[] = [];
		let answered = 0;
		for (const purpose of asked) {
			const answer = form[purpose];
			if (answer !== 'given' && answer !== 'no') continue;
			const before = await store.getConsent(recipientId, purpose, now);
			const status = answer === 'given' ? 'given' : wasGiven(before.status);
			answered += 1;
			const of = notice.of(status, now);
			if (isKnown(before, status, of, now)) continue;
			records.push({
				recordId: uuidv7(),
				recipientKey: recipientId,
				purpose,
				status,
				occurredAt: now.toISOString(),
				method: METHOD,
				language,
				evidence: null,
				...of,
			});
		}
		const gives = records.some(({ status }) => status === 'given');
		if (gives && !(await consentsGiven.take(recipientId))) {
			const text = await choicesPage(store, { ...page, message: 'tooOften' });
			answerWithPage(node, text, 429);
			return [{ json: { changed: [] } }];
		}
		if (records.length > 0) await store.recordConsent(records, now, keysOf);
		const message = answered > 0 ? 'saved' : 'noChange';
		answerWithPage(node, await choicesPage(store, { ...page, message }));
		// Without the id: what is an item gets into n8n's database for a while.
		return [{ json: { changed: records.map(({ purpose, status }) => ({ purpose, status })) } }];
	},
};

/**
 * Whether a record of the last day says the same under the same notice, so that another would prove
 * no more. An older consent is renewed: it then ends later.
 */
function isKnown(
	{ status, record }: ConsentState,
	answer: ConsentRecord['status'],
	notice: Pick<ConsentRecord, 'noticeHash' | 'noticeVersion'>,
	now: Date,
): boolean {
	return (
		status === answer &&
		record !== null &&
		now.getTime() - Date.parse(record.occurredAt) < DAY_MS &&
		record.noticeHash === notice.noticeHash &&
		record.noticeVersion === notice.noticeVersion
	);
}

/** A no ends a consent there was, and refuses one there was not. */
function wasGiven(status: ConsentRecord['status']): 'withdrawn' | 'refused' {
	return status === 'given' || status === 'renewed' || status === 'withdrawn'
		? 'withdrawn'
		: 'refused';
}
