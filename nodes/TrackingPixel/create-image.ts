import { decodePixel } from '../../src/tracking/receive/pixel-image';
import type { PixelOperation } from './pixel-operation';

/**
 * Adds the pixel to the item as a binary field (`image/png`, `pixel.png`). The JSON of the item
 * and its other binary fields pass through untouched. The bytes stay inside the item: writing a
 * file per open, as n8n does for binary data it prepares, would cost more than the image weighs.
 */
export const createImage: PixelOperation = (context) => ({
	run: (item, index) => {
		const base64 = context.getNodeParameter('imageBase64', index) as string;
		const field = context.getNodeParameter('outputField', index) as string;
		const image = decodePixel(base64);
		return {
			json: item.json,
			binary: {
				...item.binary,
				[field]: {
					data: image.toString('base64'),
					mimeType: 'image/png',
					fileType: 'image',
					fileName: 'pixel.png',
					fileExtension: 'png',
					fileSize: `${image.length} B`,
					bytes: image.length,
				},
			},
		};
	},
});
