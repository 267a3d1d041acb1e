import type { IExecuteFunctions } from 'n8n-workflow';

import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';
import { pixelHeaders } from '../../src/tracking/receive/pixel-response';
import { answerWebhook } from '../shared/webhook-answer';

/** Answers the waiting request with the image of the first item. */
export async function answerWithImage(context: IExecuteFunctions): Promise<void> {
	const image = await firstImage(context);
	const headers = pixelHeaders(image.bytes.length, image.contentType);
	answerWebhook(context, { body: image.bytes, headers });
}

async function firstImage(
	context: IExecuteFunctions,
): Promise<{ bytes: Buffer; contentType: string }> {
	const field = context.getNodeParameter('inputField', 0) as string;
	const binary = context.getInputData()[0]?.binary?.[field];
	if (!binary?.mimeType.startsWith('image/')) {
		context.addExecutionHints({
			type: 'warning',
			message: `No image in the field "${field}": the request was answered with the default pixel`,
		});
		return { bytes: PIXEL_PNG, contentType: 'image/png' };
	}
	try {
		const bytes = await context.helpers.getBinaryDataBuffer(0, field);
		return { bytes, contentType: binary.mimeType };
	} catch (error) {
		context.logger.warn('The image could not be read; answered with the default pixel', {
			reason: error instanceof Error ? error.message : String(error),
		});
		return { bytes: PIXEL_PNG, contentType: 'image/png' };
	}
}
