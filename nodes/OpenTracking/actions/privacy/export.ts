import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { consentRecordsToJsonLd } from '../../../../src/tracking/consent/consent-export';
import {
	nothingFound,
	subjectExportSchema,
	type SubjectExport,
} from '../../../../src/tracking/people/erasure';
import { retentionPlan } from '../../../../src/tracking/people/retention';
import { openStoreWithKeys } from '../../../shared/installation/signing';
import { findWaitingOpens } from '../../../shared/receive/waiting-opens';
import { answerWithFile, languageProperty } from '../../common/answer';
import { controllerProperties, readController } from '../../common/controller';
import type { Operation } from '../../common/operation';
import {
	personProperties,
	readPersonId,
	readPersonLink,
	refuseLink,
	subjectOf,
} from '../../common/person';
import { proofContext } from '../../common/proof-context';
import { liveSetup } from '../../common/setup';

const RIGHTS = [
	'Rectification, erasure and restriction (GDPR Art. 16 to 18)',
	'Objection, and withdrawal of consent at any time (GDPR Art. 21 and 7(3))',
	'A complaint to your data protection authority (GDPR Art. 77)',
];

export const exportPerson: Operation = {
	value: 'exportPerson',
	name: 'Export Person',
	action: 'Export all data about one person',
	description: 'Give out everything that is stored about one person, as JSON',
	properties: [
		...personProperties,
		...controllerProperties,
		{ ...languageProperty, displayOptions: { show: { personBy: ['link'] } } },
	],
	async execute({ node, store, index }) {
		if ((node.getNodeParameter('personBy', index) as string) === 'id') {
			const document = await exportOf(node, store, index, readPersonId(node, index));
			return [{ json: document as unknown as IDataObject }];
		}
		const link = await readPersonLink(node, index, ['rights']);
		if (link === null) {
			return [{ json: { exported: false, reason: refuseLink(node, index) } }];
		}
		answerWithFile(
			node,
			'open-tracking-data.json',
			await exportOf(node, store, index, link.recipientId),
		);
		await store.closePrivacyRequest({ recipientId: link.recipientId, kind: 'copy' });
		// The data is with the person now; an item of it would stay in n8n's database for a while.
		return [{ json: { exported: true } }];
	},
};

async function exportOf(
	node: IExecuteFunctions,
	store: TrackingStore,
	index: number,
	recipientId: string,
): Promise<SubjectExport> {
	const { keyRing } = await openStoreWithKeys(node);
	const now = new Date();
	const subject = subjectOf(recipientId, keyRing);
	const names = await store.namesOf(recipientId);
	const waiting = await findWaitingOpens(subject, names);
	const data = await store.exportSubject(subject);
	const { recipients, lastOpenDay, sent, consent, segments } = data;
	const stored = new Set(data.opens.map(({ eventId }) => eventId));
	const opens = [...data.opens, ...waiting.filter(({ eventId }) => !stored.has(eventId))];
	const found =
		lastOpenDay !== null || [recipients, opens, sent, consent, segments].some(hasEntries);
	const erasedBefore = await store.isDenied(subject.denylistKeysOf(recipientId));
	const { trackers, sinks, retention } = await liveSetup(store);
	const controller = readController(node, index);
	const context = proofContext(node, { ...controller, sinks, retention });
	return subjectExportSchema.parse({
		schema: 'subject-export/1',
		generatedAt: now.toISOString(),
		subject: { recipientId },
		found,
		remark: found ? null : nothingFound(recipientId, { erasedBefore }),
		controller,
		purposes: [...new Set(trackers.flatMap(({ purpose }) => purpose ?? []))],
		sinks: sinks.map(({ name, fields }) => ({ name, fields: [...fields] })),
		retention: retentionPlan(retention, now).map(({ dataClass, period }) => ({
			dataClass,
			kept: period,
		})),
		rights: RIGHTS,
		recipients: [...recipients, ...sent],
		opens,
		lastOpenDay,
		segments,
		consent: consentRecordsToJsonLd(consent, context, now),
		requests: data.requests,
	});
}

function hasEntries(list: readonly unknown[]): boolean {
	return list.length > 0;
}
