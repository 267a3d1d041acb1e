import type { MiddlewareHandler } from 'hono';

import { levelOfKey, levelOfSignIn, type AccessRules } from './access-rules';
import type { ApiDeps } from './api-deps';
import { ApiError } from './api-error';

/** What a requester is asked for: programs for a key in a header, people for user and password. */
type Asked = 'key' | 'sign-in';

/**
 * Refuses a route to everybody who may not use it. Where the operator chose to have no access
 * control, everybody may.
 *
 * @throws ApiError 401 for a stranger, 403 for somebody who may read and asks for more
 */
export function guard(deps: Pick<ApiDeps, 'access'>, asked: Asked): MiddlewareHandler {
	return async (c, next) => {
		const rules = await deps.access();
		if (rules !== null) {
			const level =
				asked === 'key'
					? levelOfKey(rules, c.req.header(rules.headerName))
					: levelOfSignIn(rules, c.req.header('authorization'));
			if (level === null) throw stranger(rules, asked);
			if (level === 'read' && !isReading(asked, c.req)) throw readerOnly(asked);
		}
		await next();
	};
}

/**
 * Refuses what a page of another origin asks for, unless that origin is named. A browser alone
 * sends an origin. n8n answers its question whether such a page may send a request with yes, so the
 * request itself has to be refused: without access control it could delete.
 *
 * @throws ApiError 403
 */
export function refuseOtherOrigins({
	allowedOrigins,
}: Pick<ApiDeps, 'allowedOrigins'>): MiddlewareHandler {
	return async (c, next) => {
		const origin = c.req.header('origin');
		if (origin !== undefined && !allowedOrigins.includes(origin)) {
			throw new ApiError(
				403,
				'Pages of this origin may not use this API. Name the origin in the Tracking API Trigger, under Options, Allowed Origins.',
			);
		}
		await next();
	};
}

/** To ask whether a pixel was opened is to read, although clients do it with POST. Pages only show. */
function isReading(asked: Asked, { method, path }: { method: string; path: string }): boolean {
	if (asked === 'key' && path === '/api/pixel/check') return true;
	if (!['GET', 'HEAD'].includes(method)) return false;
	return (
		asked === 'sign-in' ||
		/^\/api\/(?:dashboard|openapi\.json|v1\/(?:events|campaigns|links))$/.test(path)
	);
}

function stranger({ headerName }: AccessRules, asked: Asked): ApiError {
	return asked === 'key'
		? new ApiError(401, `Send your API key in the header ${headerName}.`)
		: new ApiError(401, 'Sign in with your user and password.', {
				'www-authenticate': 'Basic realm="Email open tracking", charset="UTF-8"',
			});
}

function readerOnly(asked: Asked): ApiError {
	const yours = asked === 'key' ? 'API key' : 'sign-in';
	return new ApiError(403, `Your ${yours} is for reading. Use the one that manages for this.`);
}
