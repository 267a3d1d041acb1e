export { launchBrowser } from '../../scripts/lib/browser';

/** A current Thunderbird: what a person's email client says of itself. */
export const MAIL_PROGRAM =
	'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0';
