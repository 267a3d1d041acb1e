import { randomBytes, randomUUID } from 'node:crypto';

import { NodeOperationError } from 'n8n-workflow';

import { probeClaims } from '../../../../src/tracking/links/probe-link';
import {
	TOKEN_IV_BYTES,
	TOKEN_PARAMETER,
	TRACKER_TOKEN_PARAMETER,
} from '../../../../src/tracking/links/sealed-token';
import { signTrackingLink } from '../../../../src/tracking/links/tracking-link';
import { probeEmail } from '../../../../src/tracking/mail/probe-email';
import { imagePathOf, imagePaths } from '../../../../src/tracking/receive/reported-tracker';
import { instanceBaseUrl } from '../../../shared/installation/base-url';
import { signingOf } from '../../../shared/installation/signing';
import { liveSetup } from '../../../shared/person/live-setup';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';

export const createProbeEmail: Operation = {
	value: 'createProbeEmail',
	name: 'Create Probe Email',
	action: 'Create probe email',
	description:
		'Write subject, HTML and text of an email to yourself, of which Check Setup then says what loaded its image. It counts in no numbers.',
	properties: [],
	async execute({ node, store, index }) {
		const { keyRing, baseUrl } = await signingOf(node);
		const { trackers } = await liveSetup(store);
		if (trackers.length === 0) {
			throw new NodeOperationError(
				node.getNode(),
				'Nothing is published that would answer the image of a probe email',
				{
					itemIndex: index,
					description: 'Publish a workflow in which opens come in, for example Record email opens',
				},
			);
		}
		const probe = {
			probeId: randomUUID(),
			madeAt: new Date().toISOString(),
			paths: imagePaths(trackers),
		};
		const folders = trackers.filter(({ path }) => path === undefined).map(imagePathOf);
		const urls = probe.paths.map((path, place) => {
			const { url } = signTrackingLink({
				baseUrl: baseUrl || instanceBaseUrl(node),
				path,
				parameter: folders.includes(path) ? TRACKER_TOKEN_PARAMETER : TOKEN_PARAMETER,
				keyRing,
				iv: randomBytes(TOKEN_IV_BYTES),
				claims: probeClaims(probe.probeId, place, new Date(probe.madeAt)),
			});
			return url;
		});
		await store.startProbe(probe);
		return toItems([probeEmail(urls)]);
	},
};
