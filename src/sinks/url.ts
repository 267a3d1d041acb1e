/** A base URL as people paste it, without spaces around it and slashes at its end. */
export function trimUrl(url: string): string {
	return url.trim().replace(/\/+$/, '');
}
