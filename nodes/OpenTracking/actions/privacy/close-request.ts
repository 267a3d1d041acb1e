import { NodeOperationError } from 'n8n-workflow';

import type { Operation } from '../../common/operation';
import { personIdProperty, readPersonId } from '../../common/person';
import { readRequestKind, requestKindProperty } from './request-kind';

export const closeRequest: Operation = {
	value: 'closeRequest',
	name: 'Close Request',
	action: 'Close privacy request',
	description:
		'Take a request off the list of open ones that was answered in another way, or did not come from the person',
	properties: [personIdProperty, requestKindProperty],
	async execute({ node, store, index }) {
		const recipientId = readPersonId(node, index);
		const kind = readRequestKind(node, index);
		if (!(await store.closePrivacyRequest({ recipientId, kind }))) {
			throw new NodeOperationError(node.getNode(), 'This person has no such open request', {
				itemIndex: index,
				description: 'List the open ones with Privacy → Get Open Requests',
			});
		}
		return [{ json: { recipientId, request: kind, closed: true } }];
	},
};
