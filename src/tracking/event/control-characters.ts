/**
 * Characters that show as nothing: control characters, and those that turn the direction of the text
 * behind them, by which a name reads as another one (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing).
 * The marks that Arabic and Hebrew text needs (U+061C, U+200E, U+200F) are not among them.
 */
const CONTROL_CHARACTERS = /[\p{Cc}\u202a-\u202e\u2066-\u2069]+/u;

/** Whether an id or a name holds control characters or such that turn its direction. */
export function hasControlCharacters(text: string): boolean {
	return CONTROL_CHARACTERS.test(text);
}

/** A name with a space in place of them. */
export function withoutControlCharacters(text: string): string {
	return text.replace(new RegExp(CONTROL_CHARACTERS, 'gu'), ' ');
}
