/**
 * The field of the form that an email program posts to unsubscribe somebody with one click:
 * https://www.rfc-editor.org/rfc/rfc8058#section-3.2
 */
export const ONE_CLICK = { name: 'List-Unsubscribe', value: 'One-Click' } as const;

/** The values of the two headers that make an email program offer a button to unsubscribe. */
export interface UnsubscribeHeaders {
	/** Of `List-Unsubscribe` (RFC 2369): the address in angle brackets */
	listUnsubscribe: string;
	/** Of `List-Unsubscribe-Post` (RFC 8058) */
	listUnsubscribePost: string;
}

/** @param url the address that takes the POST, https for anybody who is to trust it */
export function unsubscribeHeaders(url: string): UnsubscribeHeaders {
	return {
		listUnsubscribe: `<${url}>`,
		listUnsubscribePost: `${ONE_CLICK.name}=${ONE_CLICK.value}`,
	};
}

/** Whether a form is that of an unsubscription, whoever sent it: a person or an email program. */
export function isOneClick(form: Readonly<Record<string, unknown>>): boolean {
	return form[ONE_CLICK.name] === ONE_CLICK.value;
}
