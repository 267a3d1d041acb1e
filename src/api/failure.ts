import { StoreError } from '../storage/port/store-error';
import type { ApiDeps } from './api-deps';
import { ApiError } from './api-error';

/** What a request that failed is answered with, as JSON or as a page. */
export interface Failure {
	status: 400 | 401 | 403 | 404 | 429 | 500 | 503;
	message: string;
	headers: Record<string, string>;
}

/** Says in words why a request failed; what is not the requester's doing is also reported. */
export function failureOf(error: Error, { onError }: Pick<ApiDeps, 'onError'>): Failure {
	const failure = known(error);
	if (failure.status >= 500) onError(error);
	return failure;
}

function known(error: Error): Failure {
	if (error instanceof ApiError) return error;
	if (!(error instanceof StoreError)) {
		return {
			status: 500,
			message: 'The tracker could not do this. Try again later.',
			headers: {},
		};
	}
	// The store's own messages say nothing of people.
	switch (error.code) {
		case 'invalid':
			return { status: 400, message: error.message, headers: {} };
		case 'not-found':
			return { status: 404, message: 'Pixel not found', headers: {} };
		default:
			return { status: 503, message: error.message, headers: {} };
	}
}
