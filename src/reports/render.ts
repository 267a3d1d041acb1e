import { join } from 'node:path';

import { Eta } from 'eta';

/** Every value is escaped unless the template says otherwise, which it does for SVG of ours alone. */
const eta = new Eta({ views: join(__dirname, 'templates'), autoEscape: true, cache: true });

export type TemplateName = 'dashboard' | 'log' | 'message';

/** One page of HTML. */
export function render(template: TemplateName, data: object): string {
	return eta.render(`./${template}`, data);
}
