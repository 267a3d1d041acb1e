/**
 * The address of a server as people type it, brought to one form: scheme, host, port and path,
 * without a slash at the end.
 *
 * @param name what the address is called in messages, for example `The base URL`
 * @throws when it is not an http or https address, or carries a user, a query or a fragment; the
 *   address is not repeated in the message, because it may hold a password
 */
export function parseServerAddress(text: string, name: string): URL {
	let url: URL;
	try {
		url = new URL(text.trim());
	} catch {
		throw new Error(`${name} is not a web address. Write it like https://n8n.example.com/webhook.`);
	}
	if (url.protocol !== 'https:' && url.protocol !== 'http:') {
		throw new Error(`${name} does not start with https:// or http://. Use one of them.`);
	}
	if (url.username !== '' || url.password !== '') {
		throw new Error(`${name} holds a user name or password. Remove it: recipients would see it.`);
	}
	// A lone "?" or "#" leaves `search` and `hash` empty but stays in `href`.
	if (/[?#]/.test(url.href)) {
		throw new Error(`${name} holds a "?" or "#". Keep only the part before it.`);
	}
	url.pathname = url.pathname.replace(/\/{2,}/g, '/').replace(/\/$/, '');
	return url;
}

/** The text of such an address, without the slash that `URL` puts after a bare host. */
export function addressText(url: URL): string {
	return url.pathname === '/' ? url.origin : `${url.origin}${url.pathname}`;
}
