import { verify, X509Certificate } from 'node:crypto';

import { z } from 'zod4';

import { listOf } from '../services/esp-part';
import {
	GENUINE,
	NO_SIGNATURE,
	noSecret,
	refused,
	refusedByAge,
	type Verdict,
	type Verifier,
	type VerifyDeps,
	WRONG_SIGNATURE,
} from './verification';

/** The longest that SNS goes on trying to deliver to a web address. */
const MOST_MS = 3_600_000;

/** Amazon's own hosts; a bucket or a server of a customer of Amazon cannot have such a name. */
const HOST = /^sns\.[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com(?:\.cn)?$/;
const PATH = /^\/SimpleNotificationService-[\w-]+\.pem$/;
const CERTIFIED_FOR = 'sns.amazonaws.com';

const message = z.looseObject({
	Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']),
	MessageId: z.string(),
	TopicArn: z.string(),
	Subject: z.string().nullish(),
	Message: z.string(),
	Timestamp: z.string(),
	Token: z.string().optional(),
	SubscribeURL: z.string().optional(),
	SignatureVersion: z.enum(['1', '2']),
	Signature: z.string(),
	SigningCertURL: z.string(),
});
type Message = z.infer<typeof message>;

const NOTIFICATION = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'] as const;
const CONFIRMATION = [
	'Message',
	'MessageId',
	'SubscribeURL',
	'Timestamp',
	'Token',
	'TopicArn',
	'Type',
] as const;

/**
 * Amazon SES by SNS: an RSA signature by a certificate that SNS publishes. Anybody can have a topic
 * and a good signature, so the topic has to be one of ours.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
export const verifySns: Verifier = async ({ payload }, { topicArns }, deps) => {
	if (topicArns.length === 0) return noSecret('Topic ARNs to the topics that SES reports to');
	for (const part of listOf(payload)) {
		const parsed = message.safeParse(part);
		if (!parsed.success) return NO_SIGNATURE;
		const verdict = await verifyMessage(parsed.data, topicArns, deps);
		if (!verdict.genuine) return verdict;
	}
	return GENUINE;
};

async function verifyMessage(
	sent: Message,
	topicArns: readonly string[],
	{ now, certificateAt }: VerifyDeps,
): Promise<Verdict> {
	if (!topicArns.includes(sent.TopicArn)) {
		return refused(
			'it comes from a topic that the credential does not name',
			'Add the ARN of the topic to Topic ARNs in the credential if it is yours.',
		);
	}
	const tooOld = refusedByAge(Date.parse(sent.Timestamp), now, MOST_MS);
	if (tooOld) return tooOld;
	if (!isOfAmazon(sent.SigningCertURL)) {
		return refused(
			'its certificate does not lie at Amazon SNS',
			'Nothing is to be done: somebody else sent it.',
		);
	}
	const certificate = readCertificate(await certificateAt(sent.SigningCertURL));
	if (!certificate || !isInForce(certificate, now)) {
		return refused(
			'the certificate at Amazon SNS is not one that is in force',
			'Check the clock of this machine, and whether a proxy answers in place of Amazon.',
		);
	}
	const algorithm = sent.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256';
	const text = Buffer.from(signedText(sent));
	const signature = Buffer.from(sent.Signature, 'base64');
	return verify(algorithm, text, certificate.publicKey, signature) ? GENUINE : WRONG_SIGNATURE;
}

/** Names and values, a line each, in the order that Amazon gives; what is not there is left out. */
function signedText(sent: Message): string {
	return (sent.Type === 'Notification' ? NOTIFICATION : CONFIRMATION)
		.flatMap((name) => {
			const value = sent[name];
			return value === undefined || value === null ? [] : [`${name}\n${value}\n`];
		})
		.join('');
}

function isOfAmazon(address: string): boolean {
	if (!URL.canParse(address)) return false;
	const { protocol, host, pathname, username, password, search } = new URL(address);
	return (
		protocol === 'https:' &&
		HOST.test(host) &&
		PATH.test(pathname) &&
		`${username}${password}${search}` === ''
	);
}

function readCertificate(pem: string): X509Certificate | null {
	try {
		return new X509Certificate(pem);
	} catch {
		// Not a certificate, which the caller says.
		return null;
	}
}

function isInForce(certificate: X509Certificate, now: Date): boolean {
	return (
		certificate.checkHost(CERTIFIED_FOR) !== undefined &&
		Date.parse(certificate.validFrom) <= now.getTime() &&
		Date.parse(certificate.validTo) >= now.getTime()
	);
}
