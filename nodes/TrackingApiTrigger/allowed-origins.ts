import type { IHookFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { triggerOptions } from '../shared/receive/receive-settings';

type WithParameters = Parameters<typeof triggerOptions>[0];

/** The origins that are named in the options of the node. */
export function allowedOrigins(context: WithParameters): string[] {
	return (triggerOptions(context).allowedOrigins ?? '')
		.split(',')
		.map((origin) => origin.trim())
		.filter((origin) => origin !== '');
}

/** Keeps a workflow from being published that names an origin no browser sends. @throws NodeOperationError */
export function refuseUnusableOrigins(
	context: WithParameters & Pick<IHookFunctions, 'getNode'>,
): void {
	const wrong = allowedOrigins(context).find((origin) => !isOrigin(origin));
	if (wrong === undefined) return;
	throw new NodeOperationError(context.getNode(), `Allowed Origins: "${wrong}" is no origin`, {
		description:
			'Name each origin as https://app.example.com, without a path and without a slash at the end. There is none for everybody.',
	});
}

function isOrigin(text: string): boolean {
	// The origin of a browser extension is no web origin: chrome-extension://<its id>.
	return /^https?:/.test(text)
		? URL.canParse(text) && new URL(text).origin === text
		: /^[a-z][a-z0-9+.-]*:\/\/[\w-]+$/.test(text);
}
