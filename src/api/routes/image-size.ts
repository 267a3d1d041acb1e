/**
 * How many dots an image unpacks to, as its own header says: some kilobytes can stand for gigabytes
 * of memory in the program that shows them.
 *
 * @param type as `imageType` gives it
 * @returns `null` where the header does not say
 * @see https://www.w3.org/TR/png-3/#11IHDR
 * @see https://www.w3.org/Graphics/GIF/spec-gif89a.txt (18. Logical Screen Descriptor)
 * @see https://developers.google.com/speed/webp/docs/riff_container
 * @see https://www.w3.org/Graphics/JPEG/itu-t81.pdf (B.2.2 Frame header syntax)
 */
export function imageDots(bytes: Buffer, type: string): number | null {
	switch (type) {
		case 'image/png':
			return bytes.readUInt32BE(16) * bytes.readUInt32BE(20);
		case 'image/gif':
			return bytes.readUInt16LE(6) * bytes.readUInt16LE(8);
		case 'image/webp':
			return webpDots(bytes);
		default:
			return jpegDots(bytes);
	}
}

function webpDots(bytes: Buffer): number | null {
	if (bytes.length < 30) return null;
	switch (bytes.toString('latin1', 12, 16)) {
		case 'VP8X':
			return (bytes.readUIntLE(24, 3) + 1) * (bytes.readUIntLE(27, 3) + 1);
		case 'VP8L': {
			const sizes = bytes.readUInt32LE(21);
			return ((sizes & 0x3fff) + 1) * (((sizes >>> 14) & 0x3fff) + 1);
		}
		default:
			return (bytes.readUInt16LE(26) & 0x3fff) * (bytes.readUInt16LE(28) & 0x3fff);
	}
}

/** Goes from segment to segment to the one that starts the frame. */
function jpegDots(bytes: Buffer): number | null {
	let at = 2;
	while (at + 9 <= bytes.length && bytes[at] === 0xff) {
		const marker = bytes[at + 1];
		if (marker === 0xff) at += 1;
		else if (isFrame(marker)) return bytes.readUInt16BE(at + 5) * bytes.readUInt16BE(at + 7);
		else at += 2 + bytes.readUInt16BE(at + 2);
	}
	return null;
}

/** SOF0 to SOF15, without the three other markers in that range. */
function isFrame(marker: number): boolean {
	return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}
