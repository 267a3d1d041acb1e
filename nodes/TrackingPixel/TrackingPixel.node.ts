import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { eachItem } from '../shared/each-item';
import { askedFor } from '../shared/fields/asked-for';
import { checkFields } from '../shared/fields/check-fields';
import { credentialBelow, storeAndKeysField } from '../shared/fields/store-and-keys';
import { subtitleOf } from '../shared/fields/subtitle';
import { credentialTest } from '../shared/installation/credential-tests';
import { listSearch } from '../shared/installation/list-search';
import { createImage } from './create-image';
import { createLink } from './create-link';
import { embed } from './embed';
import type { PixelOperation } from './pixel-operation';
import { properties } from './properties';
import { trackLinks } from './track-links';
import { unsubscribeHeaders } from './unsubscribe-headers';

/** Where links are signed, which a hosted tracker does itself. */
const SIGNING = ['createLink', 'trackLinks', 'unsubscribeHeaders'];
/** Of what a tracker elsewhere makes, nothing is signed here. */
const NOT_HOSTED = { hide: { '/trackedBy': ['hosted'] } };

const operations = {
	createImage,
	createLink,
	embed,
	trackLinks,
	unsubscribeHeaders,
} satisfies Record<string, PixelOperation>;

export class TrackingPixel implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Tracking Pixel',
		name: 'trackingPixel',
		icon: { light: 'file:../../icons/pixel.svg', dark: 'file:../../icons/pixel.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: subtitleOf('operation', properties),
		description:
			'Makes tracking links, puts the pixel into emails, tracks their links, makes their unsubscribe headers, and the image they load',
		defaults: { name: 'Tracking Pixel' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: undefined,
		credentials: [
			{
				name: 'emailOpenTrackingApi',
				required: true,
				displayOptions: {
					...askedFor({
						operation: SIGNING,
						storeAndKeys: ['credential'],
					}),
					...NOT_HOSTED,
				},
				testedBy: 'emailOpenTrackingTest',
			},
			{
				name: 'hostedPixelTrackerApi',
				required: true,
				displayOptions: askedFor({ operation: ['createLink'], trackedBy: ['hosted'] }),
				testedBy: 'hostedPixelTrackerTest',
			},
		],
		properties: [
			...properties,
			storeAndKeysField({
				show: { operation: SIGNING },
				...NOT_HOSTED,
			}),
			credentialBelow,
		],
	};

	methods = { credentialTest, listSearch };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const name = this.getNodeParameter('operation', 0) as keyof typeof operations;
		const { run, atOnce } = operations[name](this);
		const doItem = async (item: INodeExecutionData, index: number) => {
			checkFields(this, index, properties);
			return [await run(item, index)];
		};
		return [await eachItem(this, doItem, { atOnce })];
	}
}
