import type { EspProvider } from '../parse-esp-payload';
import { verifyMailgun } from './mailgun-signature';
import { verifySendGrid } from './sendgrid-signature';
import { verifySharedSecret } from './shared-secret';
import { verifySns } from './sns-signature';
import { verifySvix } from './svix-signature';
import type {
	ReceivedWebhook,
	Verdict,
	Verifier,
	VerifyDeps,
	WebhookSecrets,
} from './verification';

interface Way {
	verify: Verifier;
	/** Whether the signature is over the bytes of the body, which then are what has to be read */
	overRawBody: boolean;
}

const WAYS: Readonly<Record<EspProvider, Way>> = {
	brevo: { verify: verifySharedSecret, overRawBody: false },
	mailgun: { verify: verifyMailgun, overRawBody: false },
	mailjet: { verify: verifySharedSecret, overRawBody: false },
	postmark: { verify: verifySharedSecret, overRawBody: false },
	resend: { verify: verifySvix, overRawBody: true },
	sendgrid: { verify: verifySendGrid, overRawBody: true },
	ses: { verify: verifySns, overRawBody: false },
	sparkpost: { verify: verifySharedSecret, overRawBody: false },
};

/**
 * Says whether a webhook comes from the email service it claims to come from.
 *
 * @throws what `certificateAt` throws
 */
export async function verifyWebhook(
	provider: EspProvider,
	webhook: ReceivedWebhook,
	secrets: WebhookSecrets,
	deps: VerifyDeps,
): Promise<Verdict> {
	return await WAYS[provider].verify(webhook, secrets, deps);
}

/** Whether a service signs the bytes of the body, so that nothing but these may be read. */
export function signsRawBody(provider: EspProvider): boolean {
	return WAYS[provider].overRawBody;
}
