import { Hono } from 'hono';

import type { NewPixel, PixelImage } from '../../storage/port/tracking-store';
import type { TrackingMode } from '../../tracking/event/tracking-mode';
import type { ApiDeps } from '../api-deps';
import { ApiError, pixelNotFound, readJson } from '../api-error';
import { imageDots } from './image-size';
import { imageType, MAX_IMAGE_BYTES } from './image-type';
import { makePixel, readNewPixel } from './new-pixel';

/** A picture of 7,000 by 7,000; emails have no use for more. */
const MAX_IMAGE_DOTS = 50_000_000;

/**
 * The Mail Tracker API's pixels: `POST /api/v1/pixels`, `DELETE /api/v1/pixels/:id`, and
 * `GET /uploads/:file`, which shows the image of a pixel without opening it.
 */
export function pixelRoutes(deps: ApiDeps): Hono {
	const app = new Hono();

	app.post('/api/v1/pixels', async (c) => {
		const { fields, image } = await readRequest(c.req.raw, deps.receiveSettings.mode);
		const { pixel, links } = await makePixel(deps, fields);
		if (image !== null) await (await deps.openStore()).setPixelImage(pixel.id, image);
		return c.json(
			{
				id: pixel.id,
				name: pixel.name,
				createdAt: pixel.createdAt,
				imagePath: image === null ? null : uploadPath(pixel.id, image.contentType),
				// Bare: clients add the token of a recipient to it.
				trackingUrl: links.url(pixel.id),
				logsUrl: `${links.baseUrl}/logs/${encodeURIComponent(pixel.id)}`,
			},
			201,
		);
	});

	app.delete('/api/v1/pixels/:id', async (c) => {
		const store = await deps.openStore();
		if (!(await store.deletePixel(c.req.param('id')))) throw pixelNotFound();
		return c.json({ success: true });
	});

	app.get('/uploads/:file', async (c) => {
		const store = await deps.openStore();
		const image = await store.getPixelImage(c.req.param('file').replace(/\.\w+$/, ''));
		if (image === null) throw new ApiError(404, 'Image not found');
		return new Response(new Uint8Array(image.bytes), {
			headers: {
				'content-type': image.contentType,
				'content-length': String(image.bytes.length),
				'cross-origin-resource-policy': 'cross-origin',
				'x-robots-tag': 'noindex',
			},
		});
	});

	return app;
}

/** Where the image of a pixel can be looked at, below the base URL. */
function uploadPath(pixelId: string, contentType: string): string {
	return `/uploads/${encodeURIComponent(pixelId)}.${contentType.split('/')[1]}`;
}

async function readRequest(
	request: Request,
	ceiling: TrackingMode,
): Promise<{ fields: NewPixel; image: PixelImage | null }> {
	const type = request.headers.get('content-type') ?? '';
	if (!type.toLowerCase().startsWith('multipart/form-data')) {
		return { fields: readNewPixel(await readJson(request), ceiling), image: null };
	}
	let form: FormData;
	try {
		form = await request.formData();
	} catch {
		throw new ApiError(400, 'The multipart body cannot be read. Send the fields name and image.');
	}
	const texts: Record<string, unknown> = {};
	const files: Array<[field: string, file: File]> = [];
	for (const [field, value] of form) {
		if (typeof value === 'string') texts[field] = field === 'sample' ? value === 'true' : value;
		else files.push([field, value]);
	}
	const fields = readNewPixel(texts, ceiling);
	return { fields, image: await readImage(files) };
}

async function readImage(files: Array<[field: string, file: File]>): Promise<PixelImage | null> {
	if (files.length === 0) return null;
	const names = files.map(([field]) => field);
	if (names.length > 1 || names[0] !== 'image') {
		throw new ApiError(
			400,
			`image: send one file, in the field image. This request has files in ${names.join(', ')}.`,
		);
	}
	const [[, file]] = files;
	if (file.size > MAX_IMAGE_BYTES) {
		throw new ApiError(400, 'image: the file is larger than 5 MB. Use a smaller image.');
	}
	const bytes = Buffer.from(await file.arrayBuffer());
	const contentType = imageType(bytes);
	const dots = contentType === null ? null : imageDots(bytes, contentType);
	if (contentType === null || dots === null) {
		throw new ApiError(
			400,
			'image: the file is not a JPG, PNG, GIF or WebP image, whatever its name says.',
		);
	}
	if (dots > MAX_IMAGE_DOTS) {
		throw new ApiError(400, 'image: the picture has more than 50 million dots. Use a smaller one.');
	}
	return { contentType, bytes };
}
