import type { IExecuteFunctions } from 'n8n-workflow';

import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';
import { pixelHeaders } from '../../src/tracking/receive/pixel-response';

/**
 * Answers the waiting request with the image of the first item: one request, one answer. Where
 * nothing waits any more (the trigger answered, or a retry runs this node again) n8n ignores it.
 */
export async function answerWithImage(context: IExecuteFunctions): Promise<void> {
	const image = await firstImage(context);
	const headers = pixelHeaders(image.bytes.length, image.contentType);
	// n8n sets this one itself, and logs a warning for each answer that brings its own.
	delete headers['content-security-policy'];
	context.sendResponse({ body: image.bytes, headers, statusCode: 200 });
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
