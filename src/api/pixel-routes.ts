import { Hono } from 'hono';
import { z } from 'zod/v4';

import type { PixelImage } from '../storage/tracking-store';
import type { ApiDeps } from './api-deps';
import { ApiError, check, pixelNotFound, readJson } from './api-error';
import { imageType, MAX_IMAGE_BYTES } from './image-type';
import { trackerLinks, trackerPath } from './tracker-link';

const id = z.string().trim().min(1).max(256);
const newPixelSchema = z.object({
	name: z.string().trim().min(1).max(200),
	campaignId: id.optional(),
	sample: z.boolean().optional(),
});
type NewPixel = z.infer<typeof newPixelSchema>;

/** The Mail Tracker API's pixels: `POST /api/v1/pixels` and `DELETE /api/v1/pixels/:id`. */
export function pixelRoutes(deps: ApiDeps): Hono {
	const app = new Hono();

	app.post('/api/v1/pixels', async (c) => {
		const { fields, image } = await readNewPixel(c.req.raw);
		const store = await deps.openStore();
		const links = await trackerLinks(deps);
		const pixel = await store.createPixel(fields);
		if (image !== null) await store.setPixelImage(pixel.id, image);
		return c.json(
			{
				id: pixel.id,
				name: pixel.name,
				createdAt: pixel.createdAt,
				imagePath: image === null ? null : `/${trackerPath(pixel.id)}`,
				trackingUrl: links.url(pixel.id, links.sign(pixel, null)),
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

	return app;
}

async function readNewPixel(
	request: Request,
): Promise<{ fields: NewPixel; image: PixelImage | null }> {
	const type = request.headers.get('content-type') ?? '';
	if (!type.toLowerCase().startsWith('multipart/form-data')) {
		return { fields: await readJson(request, newPixelSchema), image: null };
	}
	let form: FormData;
	try {
		form = await request.formData();
	} catch {
		throw new ApiError(400, 'The multipart body cannot be read. Send the fields name and image.');
	}
	const fields = check(
		{
			name: form.get('name'),
			campaignId: form.get('campaignId') ?? undefined,
			sample: form.get('sample') === null ? undefined : form.get('sample') === 'true',
		},
		newPixelSchema,
	);
	return { fields, image: await readImage(form.get('image')) };
}

async function readImage(given: string | File | null): Promise<PixelImage | null> {
	if (given === null) return null;
	if (typeof given === 'string') {
		throw new ApiError(400, 'image: send a file, not text');
	}
	if (given.size > MAX_IMAGE_BYTES) {
		throw new ApiError(400, 'image: the file is larger than 5 MB. Use a smaller image.');
	}
	const bytes = Buffer.from(await given.arrayBuffer());
	const contentType = imageType(bytes);
	if (contentType === null) {
		throw new ApiError(
			400,
			'image: the file is not a JPG, PNG, GIF or WebP image, whatever its name says.',
		);
	}
	return { contentType, bytes };
}
