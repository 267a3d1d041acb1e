import type { Context } from 'hono';

import type { ApiDeps } from '../api-deps';
import { ApiError } from '../api-error';
import { isFormToken } from './form-token';

/** The fields of a form that a page of ours sent. @throws ApiError 403 where none did */
export async function readForm(
	c: Context,
	deps: Pick<ApiDeps, 'signing' | 'now'>,
): Promise<URLSearchParams> {
	const form = new URLSearchParams(await c.req.text());
	const { keyRing } = await deps.signing();
	if (!isFormToken(form.get('formToken') ?? '', keyRing, deps.now())) {
		throw new ApiError(
			403,
			'This form is too old. Load the page with the form again, then send it.',
		);
	}
	return form;
}
