import { Eta } from 'eta';

/** Every value is escaped; templates leave only other templates as they are. */
const eta = new Eta({ views: __dirname, autoEscape: true, cache: true });

export type TemplateName =
	| 'consent-page/consent-page'
	| 'email-report/email-report'
	| 'privacy-report/privacy-report'
	| `templates/${'campaign' | 'compare' | 'dashboard' | 'list' | 'live' | 'log' | 'message' | 'person' | 'search' | 'setup'}`;

/** One page of HTML. */
export function render(template: TemplateName, data: object): string {
	return eta.render(`./${template}`, data);
}
