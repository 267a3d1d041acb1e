import { RateLimiterMemory } from 'rate-limiter-flexible';

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/** How often one link may change what it may change, for this process. */
export interface Brake {
	/** Takes one turn of a person's. Resolves to whether there was one left */
	take(recipientId: string): Promise<boolean>;
}

function brake(points: number, duration: number): Brake {
	const limiter = new RateLimiterMemory({ points, duration });
	return {
		// One in memory rejects for no other reason.
		take: async (recipientId) =>
			await limiter.consume(recipientId).then(
				() => true,
				() => false,
			),
	};
}

/**
 * Consents that one person gives. Each is kept for years as proof, so whoever holds a forwarded email
 * could fill the store. A withdrawal after a withdrawal changes nothing, so it needs no limit.
 */
export const consentsGiven = brake(20, HOUR_SECONDS);

/** Links to a copy or an erasure for one person. Workflows email them to the person. */
export const confirmationLinks = brake(3, DAY_SECONDS);
