import fc from 'fast-check';
import { PNG } from 'pngjs';

import {
	decodePixel,
	MAX_PIXEL_BYTES,
	PIXEL_PNG,
	PIXEL_PNG_BASE64,
	PixelImageError,
} from '../../../../src/tracking/receive/pixel-image';

describe('the default pixel', () => {
	it('is one fully transparent dot in 67 bytes', () => {
		expect(PIXEL_PNG).toHaveLength(67);
		const { width, height, data } = PNG.sync.read(PIXEL_PNG);
		expect({ width, height, data: [...data] }).toEqual({ width: 1, height: 1, data: [0, 0, 0, 0] });
	});
});

describe('decodePixel', () => {
	it('gives back the bytes that were encoded', () => {
		expect(decodePixel(PIXEL_PNG_BASE64).equals(PIXEL_PNG)).toBe(true);
	});

	it.each([
		['line breaks', PIXEL_PNG_BASE64.replace(/(.{20})/g, '$1\r\n')],
		['a data URL', `data:image/png;base64,${PIXEL_PNG_BASE64}`],
		['no padding', PIXEL_PNG_BASE64.replace(/=+$/, '')],
	])('accepts %s', (_case, text) => {
		expect(decodePixel(text).equals(PIXEL_PNG)).toBe(true);
	});

	it.each([
		['nothing', '', 'not valid Base64'],
		['text that is not Base64', 'hello, pixel!', 'not valid Base64'],
		['a GIF', 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'does not hold a PNG'],
		['a PNG cut short', PIXEL_PNG.subarray(0, 40).toString('base64'), 'damaged'],
		['a PNG with a wrong checksum', flipped(50).toString('base64'), 'damaged'],
		['more than 64 KB', Buffer.alloc(MAX_PIXEL_BYTES + 1).toString('base64'), 'too large'],
		['a canvas that would fill the memory', hugeCanvas().toString('base64'), 'too large'],
	])('refuses %s with a clear message', (_case, text, message) => {
		expect(() => decodePixel(text)).toThrow(PixelImageError);
		expect(() => decodePixel(text)).toThrow(message);
	});

	it('never throws anything else, whatever the text', () => {
		fc.assert(
			fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
				try {
					decodePixel(text);
				} catch (error) {
					expect(error).toBeInstanceOf(PixelImageError);
				}
			}),
		);
	});
});

function flipped(position: number): Buffer {
	const bytes = Buffer.from(PIXEL_PNG);
	bytes[position] ^= 0xff;
	return bytes;
}

function hugeCanvas(): Buffer {
	const bytes = Buffer.from(PIXEL_PNG);
	bytes.writeUInt32BE(60_000, 16);
	bytes.writeUInt32BE(60_000, 20);
	return bytes;
}
