import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import type { SubjectExport } from '../../../../src/tracking/people/erasure';
import { instanceBaseUrl } from '../../../shared/installation/base-url';
import { openStoreWithKeys } from '../../../shared/installation/signing';
import { exportEverything } from '../../../shared/person/export-everything';
import { answerWithFile, languageProperty } from '../../common/answer';
import { controllerProperties, readController } from '../../common/controller';
import type { Operation } from '../../common/operation';
import { personProperties, readPersonId, readPersonLink, refuseLink } from '../../common/person';

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
	const controller = readController(node, index);
	return await exportEverything(store, keyRing, recipientId, controller, instanceBaseUrl(node));
}
