import { createHash, timingSafeEqual } from 'node:crypto';

/** A request of an email service as it came in. */
export interface ReceivedWebhook {
	/** By their names in lower case */
	headers: Readonly<Record<string, string | undefined>>;
	/** The body byte by byte; `null` where only its parsed form is left */
	rawBody: Buffer | null;
	/** The body as JSON */
	payload: unknown;
	/** Whether the door in front has checked a user name, a password or a header itself */
	loggedIn: boolean;
}

/** What the service and this installation share. What is not set is empty or `null`. */
export interface WebhookSecrets {
	/** Keys that the service signs with, any of which may hold */
	signingKeys: readonly string[];
	/** Topics of Amazon SNS that may report */
	topicArns: readonly string[];
	basicAuth: { user: string; password: string } | null;
	header: { name: string; value: string } | null;
}

/** What a check needs that is not pure. */
export interface VerifyDeps {
	now: Date;
	/** The certificate at an address, as PEM text; asked only for addresses of Amazon SNS */
	certificateAt(url: string): Promise<string>;
}

/** Whether a webhook comes from the service; if not, why, and what to do when it should have. */
export type Verdict = { genuine: true } | { genuine: false; reason: string; advice: string };

export type Verifier = (
	webhook: ReceivedWebhook,
	secrets: WebhookSecrets,
	deps: VerifyDeps,
) => Verdict | Promise<Verdict>;

export const GENUINE: Verdict = { genuine: true };

export function refused(reason: string, advice: string): Verdict {
	return { genuine: false, reason, advice };
}

/** The clocks of two machines may differ by this. */
const CLOCK_SKEW_MS = 5 * 60_000;

/**
 * Refuses a signature that is too old to be a first delivery, or one from the future. `null` means
 * that its time is good.
 *
 * @param signedAtMs Unix time in milliseconds; NaN when there is none
 */
export function refusedByAge(signedAtMs: number, now: Date, mostMs: number): Verdict | null {
	const ageMs = now.getTime() - signedAtMs;
	if (ageMs <= mostMs && ageMs >= -CLOCK_SKEW_MS) return null;
	return refused(
		'its signature is not of this time',
		'Check the clock of this machine. A signature that was used before is refused after a while; the service signs a new one when it tries again.',
	);
}

export const NO_SIGNATURE = refused(
	'it carries no signature',
	'Switch the signature on in the settings of the service. Anybody who knows the address could have sent this.',
);

export const WRONG_SIGNATURE = refused(
	'its signature does not fit',
	'Check that the credential holds the key of this webhook, and that nothing between the service and n8n changes the body.',
);

export const NO_RAW_BODY = refused(
	'the body as it was sent is not there, and the signature is made over it',
	'Switch on the option Raw Body of the Webhook node, and connect Open Tracking directly behind it.',
);

/** A refusal for a credential, or a field of it, that is not set. */
export function noSecret(what: string): Verdict {
	return refused(
		'there is nothing to check it with',
		`Set ${what} in the credential Open Tracking Email Service, or choose Accept Unsigned Events under Options.`,
	);
}

/** Whether two secrets are the same, in a time that does not depend on where they differ. */
export function sameSecret(one: string, other: string): boolean {
	const digest = (text: string) => createHash('sha256').update(text).digest();
	return timingSafeEqual(digest(one), digest(other));
}
