import { activeCampaign } from './destinations/active-campaign';
import { amplitude } from './destinations/amplitude';
import { bigQuery } from './destinations/bigquery';
import { brevo } from './destinations/brevo';
import { clickHouse } from './destinations/clickhouse';
import { elasticsearch } from './destinations/elasticsearch';
import { googleAnalytics } from './destinations/google-analytics';
import { hubSpot } from './destinations/hubspot';
import { matomo } from './destinations/matomo';
import { mixpanel } from './destinations/mixpanel';
import { pipedrive } from './destinations/pipedrive';
import { postHog } from './destinations/posthog';
import { salesforce } from './destinations/salesforce';
import { segment } from './destinations/segment';
import { signedWebhook } from './destinations/signed-webhook';
import { snowplow } from './destinations/snowplow';
import type { Sink } from './sink';

/** Every destination, by display name. The only list there is: forms, credentials, docs follow. */
export const SINKS: readonly Sink[] = [
	activeCampaign,
	amplitude,
	brevo,
	clickHouse,
	elasticsearch,
	googleAnalytics,
	bigQuery,
	hubSpot,
	matomo,
	mixpanel,
	pipedrive,
	postHog,
	salesforce,
	segment,
	signedWebhook,
	snowplow,
];

/**
 * The destination of that name.
 *
 * @throws when there is none
 */
export function findSink(name: string): Sink {
	const sink = SINKS.find((one) => one.name === name);
	if (!sink) {
		throw new Error(`There is no destination "${name}". Choose one of the list.`);
	}
	return sink;
}
