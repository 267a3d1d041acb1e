import type { CredentialValues, Sink } from '../sink';

const LONGEST_REASON = 300;
/** Shorter values are no secrets, and would cut words apart. */
const SHORTEST_SECRET = 6;
const ADDRESS = /[^\s"'<>(),;:]+@[^\s"'<>(),;:]+/g;

/**
 * A destination's own words, made fit for logs and error messages: credential secrets and email
 * addresses are cut out, the length is bounded.
 */
export function safeReason(reason: string, sink: Sink, credential: CredentialValues): string {
	let text = reason;
	for (const field of sink.credential.fields) {
		const value = credential[field.name];
		if (field.secret && value && value.length >= SHORTEST_SECRET) {
			text = text.replaceAll(value, '[secret]');
		}
	}
	text = text.replace(ADDRESS, '[address]').trim();
	return text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON - 1)}…` : text;
}
