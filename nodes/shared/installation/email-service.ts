import type { WebhookSecrets } from '../../../src/tracking/esp/verify/verification';

/** The fields of the credential *Open Tracking Email Service*. */
export interface EmailServiceCredential {
	signingSecretKey?: string;
	topicArns?: string;
	user?: string;
	password?: string;
	headerName?: string;
	headerSecretValue?: string;
}

const TOPIC_ARN = /^arn:aws(?:-[a-z]+)*:sns:[a-z0-9-]+:\d{12}:[\w.-]+$/;

/** What webhooks of an email service are checked with, out of the fields of the credential. */
export function webhookSecretsOf(credential: EmailServiceCredential): WebhookSecrets {
	const { user, password, headerName, headerSecretValue } = credential;
	return {
		signingKeys: listOf(credential.signingSecretKey),
		topicArns: listOf(credential.topicArns),
		basicAuth: user && password ? { user, password } : null,
		header:
			headerName && headerSecretValue
				? { name: headerName.trim(), value: headerSecretValue }
				: null,
	};
}

/**
 * What webhooks can be checked by with a credential, for people.
 *
 * @throws an error that says what is missing or wrong
 */
export function describeWebhookSecrets(secrets: WebhookSecrets): string {
	const { signingKeys, topicArns, basicAuth, header } = secrets;
	const wrong = topicArns.find((arn) => !TOPIC_ARN.test(arn));
	if (wrong !== undefined) {
		throw new Error(
			`"${wrong}" is no ARN of an SNS topic. Copy it from the console of Amazon SNS.`,
		);
	}
	const ways = [
		signingKeys.length > 0 && 'the signing key',
		topicArns.length > 0 && 'the SNS topic',
		basicAuth !== null && 'user and password',
		header !== null && `the header ${header.name}`,
	].filter((way) => way !== false);
	if (ways.length === 0) {
		throw new Error('Nothing is set. Fill in what your email service has for its webhooks.');
	}
	return `Webhooks are checked by ${ways.join(' and ')}`;
}

function listOf(text = ''): string[] {
	return text.split(/[\s,]+/).filter((entry) => entry !== '');
}
