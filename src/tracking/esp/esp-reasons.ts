/**
 * Why an imported load was given its actor: the labels of email services as stable codes, each
 * with a line for people. Beside `ACTOR_REASONS`, which are ours. Append only.
 */
export const ESP_REASONS = {
	'esp:brevo-proxy-open': 'Brevo: loaded through a privacy proxy such as that of Apple Mail',
	'esp:mailgun-bot': 'Mailgun: a bot of a kind that this version does not know',
	'esp:mailgun-bot-apple': 'Mailgun: Apple Mail Privacy Protection',
	'esp:mailgun-bot-generic': 'Mailgun: an unknown bot, most likely a firewall or virus scanner',
	'esp:mailgun-bot-gmail': 'Mailgun: a Gmail bot',
	'esp:mailgun-bot-gmail-proxy':
		"Mailgun: a Gmail bot, by its agent Gmail's image proxy, which loads when the email is opened",
	'esp:no-label': 'The email service neither labels the load nor reports a user agent',
	'esp:sendgrid-machine-open': 'SendGrid: a machine open by Apple Mail Privacy Protection',
	'esp:sparkpost-prefetched': 'SparkPost: loaded before anybody opened the email',
	'esp:sparkpost-proxy': 'SparkPost: loaded through an image proxy',
} as const;

export type EspReason = keyof typeof ESP_REASONS;
