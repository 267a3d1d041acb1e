import { embedPixel, type PixelPosition } from '../../src/tracking/mail/embed';
import type { PixelOperation } from './pixel-operation';

/** Puts the pixel into the HTML of one email; an email without a link goes on as it is. */
export const embed: PixelOperation = (context) => ({
	run: (item, index) => {
		const html = context.getNodeParameter('html', index) as string;
		const link = (context.getNodeParameter('link', index) as string | null) ?? '';
		const position = context.getNodeParameter('position', index) as PixelPosition;
		const field = context.getNodeParameter('htmlField', index) as string;
		const result = link
			? embedPixel(html, link, { position })
			: { html, embedded: false, reason: 'no-link', beyondGmailClipping: false };
		const { html: withPixel, ...pixel } = result;
		return { ...item, json: { ...item.json, [field]: withPixel, pixel } };
	},
});
