import { PNG } from 'pngjs';

/**
 * The default pixel: 1×1, RGBA, fully transparent, 67 bytes. The 70-byte strings that are widely
 * copied decode to half-opaque colored dots, which show as specks in dark mode.
 */
export const PIXEL_PNG_BASE64 =
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAACklEQVR4nGMAAQAABQABDQottAAAAABJRU5ErkJggg==';

/** The bytes of {@link PIXEL_PNG_BASE64}. */
export const PIXEL_PNG = Buffer.from(PIXEL_PNG_BASE64, 'base64');

/** Largest image a pixel may be, in bytes. */
export const MAX_PIXEL_BYTES = 64 * 1024;

/** Why a text cannot serve as a pixel: what is wrong, then what to do. */
export class PixelImageError extends Error {
	constructor(
		message: string,
		readonly advice: string,
	) {
		super(message);
		this.name = 'PixelImageError';
	}
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
const DATA_URL_PREFIX = /^data:image\/png;base64,/i;
const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * Turns Base64 text into the bytes of a PNG, checked by decoding the whole image.
 *
 * @param base64 standard Base64; white space and a `data:image/png;base64,` prefix are accepted
 * @returns the PNG file as it was encoded, at most {@link MAX_PIXEL_BYTES} long
 * @throws PixelImageError when the text is not Base64, not a PNG, damaged or too large
 * @example decodePixel(PIXEL_PNG_BASE64).length // 67
 */
export function decodePixel(base64: string): Buffer {
	// What nearly every workflow has; it is known to be right.
	if (base64 === PIXEL_PNG_BASE64) return PIXEL_PNG;
	// Base64 carries 3 bytes in 4 characters: a longer text is refused before any work on it.
	if (base64.length > MAX_PIXEL_BYTES * 2) throw tooLarge();
	const compact = base64.replace(/\s+/g, '').replace(DATA_URL_PREFIX, '');
	if (compact === '' || !BASE64.test(compact)) {
		throw new PixelImageError(
			'The image is not valid Base64',
			'Paste the Base64 text of a PNG file, without quotes, or leave the default transparent pixel',
		);
	}
	const bytes = Buffer.from(compact, 'base64');
	if (bytes.length > MAX_PIXEL_BYTES) throw tooLarge();
	if (!bytes.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE)) {
		throw new PixelImageError(
			'The Base64 text does not hold a PNG image',
			'Only PNG images are accepted here; convert the image to PNG and encode that file',
		);
	}
	assertSmallCanvas(bytes);
	try {
		PNG.sync.read(bytes, { checkCRC: true });
	} catch (error) {
		throw new PixelImageError(
			`The PNG image is damaged: ${error instanceof Error ? error.message : String(error)}`,
			'Export the image again and encode the new file',
		);
	}
	return bytes;
}

/** A few kilobytes of PNG can unpack to gigabytes, so the canvas is bounded before decoding. */
function assertSmallCanvas(png: Buffer): void {
	const header = png.length >= 24 && png.toString('latin1', 12, 16) === 'IHDR';
	const width = header ? png.readUInt32BE(16) : 0;
	const height = header ? png.readUInt32BE(20) : 0;
	if (width < 1 || height < 1) {
		throw new PixelImageError(
			'The PNG image is damaged: it has no header',
			'Export the image again and encode the new file',
		);
	}
	if (width * height > 1_000_000) throw tooLarge();
}

function tooLarge(): PixelImageError {
	return new PixelImageError(
		'The image is too large for a tracking pixel',
		'Use a PNG of at most 64 KB and one million dots; a 1×1 pixel takes 67 bytes',
	);
}
