import {
	consentMessagePage,
	consentPage,
	rightsPage,
	unsubscribePage,
} from '../../../../src/reports/consent-page/consent-page';
import type { PageLanguage } from '../../../../src/reports/consent-page/consent-page-words';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import type { Purpose } from '../../../../src/tracking/event/purpose';
import { answerWithPage, languageProperty, readLanguage } from '../../common/answer';
import type { Operation } from '../../common/operation';
import {
	LINK_DOES_NOT_HOLD,
	personTokenProperty,
	readPersonLink,
	wasErased,
} from '../../common/person';
import { noticeProperties } from './notice';
import { purposesProperty, readPurposes } from './purposes';

export const showConsentPage: Operation = {
	value: 'showPage',
	name: 'Show Page',
	action: 'Show consent page',
	description:
		'Answer a Webhook node with the page behind a signed link. Showing it changes nothing, since email scanners follow links.',
	properties: [personTokenProperty, noticeProperties[0], purposesProperty, languageProperty],
	async execute({ node, store, index }) {
		const language = readLanguage(node, index);
		const link = await readPersonLink(node, index, ['consent', 'rights', 'unsubscribe']);
		if (link === null) {
			answerWithPage(node, consentMessagePage(language, 'invalid'), 403);
			return [{ json: { shown: 'invalid', reason: LINK_DOES_NOT_HOLD } }];
		}
		if (link.scope === 'unsubscribe') {
			answerWithPage(node, unsubscribePage(language));
			return [{ json: { shown: 'unsubscribe' } }];
		}
		if (await wasErased(node, store, link.recipientId)) {
			answerWithPage(node, consentMessagePage(language, 'forgotten'));
			return [{ json: { shown: 'forgotten' } }];
		}
		if (link.scope === 'rights') {
			answerWithPage(node, rightsPage(language));
			return [{ json: { shown: 'rights' } }];
		}
		const { recipientId } = link;
		const purposes = readPurposes(node, index);
		const notice = node.getNodeParameter('noticeText', index) as string;
		answerWithPage(
			node,
			await choicesPage(store, { recipientId, purposes, notice, language, message: null }),
		);
		return [{ json: { shown: 'consent' } }];
	},
};

/** The page with where the person stands now. */
export async function choicesPage(
	store: Pick<TrackingStore, 'listConsents'>,
	page: {
		recipientId: string;
		purposes: readonly Purpose[];
		notice: string;
		language: PageLanguage;
		message: Parameters<typeof consentPage>[0]['message'];
	},
): Promise<string> {
	const { recipientId, purposes, ...rest } = page;
	const known = await store.listConsents(recipientId, new Date());
	const states = purposes.map((purpose) => ({
		purpose,
		status: known.find(({ record }) => record?.purpose === purpose)?.status ?? ('unknown' as const),
	}));
	return consentPage({ ...rest, states });
}
