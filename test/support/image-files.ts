import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';

/** The smallest image of each kind that a pixel can have, by media type. */
export const imageFiles: Record<string, Buffer> = {
	'image/png': PIXEL_PNG,
	'image/gif': Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64'),
	'image/webp': Buffer.from(
		'UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAUAmJaQAA3AA/v89WAAAAA==',
		'base64',
	),
	'image/jpeg': Buffer.from(
		'/9j/4AAQSkZJRgABAQEAYABgAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k=',
		'base64',
	),
};
