import { GENUINE, noSecret, refused, sameSecret, type Verifier } from './verification';

/**
 * Services that sign nothing, but send a user name and a password, or a header, with each webhook:
 * - Postmark: https://postmarkapp.com/developer/webhooks/webhooks-overview#protecting-your-webhook
 * - SparkPost: https://developers.sparkpost.com/api/webhooks/
 * - Mailjet: https://dev.mailjet.com/email/guides/webhooks/
 * - Brevo: https://developers.brevo.com/docs/secured-webhooks
 *
 * Their addresses on the network, which some publish, change and prove little, so nothing is built
 * on them. A login that the Webhook node has checked itself is as good.
 */
export const verifySharedSecret: Verifier = ({ headers, loggedIn }, { basicAuth, header }) => {
	if (loggedIn) return GENUINE;
	const checks: boolean[] = [];
	if (basicAuth !== null) {
		const login = Buffer.from(`${basicAuth.user}:${basicAuth.password}`).toString('base64');
		checks.push(sameSecret(headers.authorization ?? '', `Basic ${login}`));
	}
	if (header !== null) {
		checks.push(sameSecret(headers[header.name.toLowerCase()] ?? '', header.value));
	}
	if (checks.length === 0) {
		return noSecret(
			'User and Password, or a header, as the webhook of the service sends them, or an authentication in the Webhook node',
		);
	}
	if (checks.every(Boolean)) return GENUINE;
	return refused(
		'it does not carry the login of the service',
		'Check that the credential holds what the webhook of the service is set to send.',
	);
};
