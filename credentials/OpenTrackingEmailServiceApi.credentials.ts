import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';

export class OpenTrackingEmailServiceApi implements ICredentialType {
	name = 'openTrackingEmailServiceApi';

	displayName = 'Open Tracking Email Service API';

	icon = {
		light: 'file:../icons/store.svg',
		dark: 'file:../icons/store.dark.svg',
	} as const satisfies Icon;

	documentationUrl =
		'https://github.com/n8n-nodes-email-open-tracking/n8n-nodes-email-open-tracking/blob/main/docs/importing-opens.md';

	properties: INodeProperties[] = [
		{
			displayName:
				'What the webhooks of one email service are checked with. Fill in only what the service has.',
			name: 'emailServiceNotice',
			type: 'notice',
			default: '',
		},
		{
			displayName: 'Signing Key',
			name: 'signingSecretKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'SendGrid: the verification key. Mailgun: the HTTP webhook signing key. Resend: the signing secret, which begins with whsec_. While you change it: both, with a comma between.',
		},
		{
			displayName: 'Topic ARNs',
			name: 'topicArns',
			type: 'string',
			default: '',
			placeholder: 'e.g. arn:aws:sns:eu-west-1:123456789012:opens',
			description:
				'Amazon SES: the SNS topics that may report, with commas between. Their signature is checked with the certificate of Amazon.',
		},
		{
			displayName: 'User',
			name: 'user',
			type: 'string',
			default: '',
			description:
				'Postmark, SparkPost, Mailjet, Brevo: the user name in the address of the webhook, https://user:password@…',
		},
		{
			displayName: 'Password',
			name: 'password',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description: 'The password beside it',
		},
		{
			displayName: 'Header Name',
			name: 'headerName',
			type: 'string',
			default: '',
			placeholder: 'e.g. Authorization',
			description:
				'Postmark, SparkPost, Brevo: a header that the service is set to send with each webhook',
		},
		{
			displayName: 'Header Value',
			name: 'headerSecretValue',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			placeholder: 'e.g. Bearer …',
			description: 'The whole value of that header',
		},
	];
}
