/** Largest image of a pixel's own, in bytes. */
export const MAX_IMAGE_BYTES = 5 * 1024 * 1024;

/**
 * The media type that the bytes themselves speak of, whatever the file is called: the signature,
 * and where the format has them the header that follows and the end.
 *
 * @returns `null` for anything but PNG, JPEG, GIF and WebP
 * @see https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern
 */
export function imageType(bytes: Buffer): string | null {
	if (isPng(bytes)) return 'image/png';
	if (isJpeg(bytes)) return 'image/jpeg';
	if (isGif(bytes)) return 'image/gif';
	if (isWebp(bytes)) return 'image/webp';
	return null;
}

function isPng(bytes: Buffer): boolean {
	return (
		bytes.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n' &&
		bytes.toString('latin1', 12, 16) === 'IHDR' &&
		bytes.length >= 57
	);
}

function isJpeg(bytes: Buffer): boolean {
	// A start marker, another marker at once, and an end marker; cameras add data behind the end.
	return (
		bytes.length >= 4 &&
		bytes.readUIntBE(0, 3) === 0xffd8ff &&
		bytes.includes(Buffer.from([0xff, 0xd9]), 4)
	);
}

function isGif(bytes: Buffer): boolean {
	return /^GIF8[79]a$/.test(bytes.toString('latin1', 0, 6)) && bytes.length >= 14;
}

function isWebp(bytes: Buffer): boolean {
	return (
		bytes.length >= 20 &&
		bytes.toString('latin1', 0, 4) === 'RIFF' &&
		bytes.readUInt32LE(4) + 8 <= bytes.length &&
		/^WEBPVP8[ LX]$/.test(bytes.toString('latin1', 8, 16))
	);
}
