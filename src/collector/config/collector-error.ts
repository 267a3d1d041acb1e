/**
 * An error of the collector that its operator can act on. The message says what happened and what
 * to do, and holds no token, address or id.
 */
export class CollectorError extends Error {
	override readonly name = 'CollectorError';
}
