/**
 * The headers of every pixel answer, whatever became of the open, so that an answer tells its
 * requester nothing. No cookie, no ETag, no Last-Modified: nothing to store, nothing to
 * revalidate, and no 304 that would hide a load (RFC 9111 §5.2.2).
 *
 * @param contentLength exact number of bytes in the image
 * @param contentType media type of the image
 */
export function pixelHeaders(
	contentLength: number,
	contentType = 'image/png',
): Record<string, string> {
	return {
		'content-type': contentType,
		'content-length': String(contentLength),
		'cache-control': 'no-store, no-cache, must-revalidate, private, max-age=0',
		pragma: 'no-cache',
		expires: '0',
		'x-content-type-options': 'nosniff',
		'cross-origin-resource-policy': 'cross-origin',
		'referrer-policy': 'no-referrer',
		'x-robots-tag': 'noindex',
		'content-security-policy': "default-src 'none'",
	};
}
