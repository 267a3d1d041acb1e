const { existsSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const { PlainError } = require('./run');

const RECIPIENTS = 60;

/** What the readers of the sample read their mail with; the last three are no readers. */
const AGENTS = [
	'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0',
	'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
	'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)',
	'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html',
	'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)',
	'Mozilla/5.0',
	'Mozilla/5.0',
	'python-requests/2.32.3',
];

/**
 * Makes a small sample campaign the way a client would: a pixel and its recipients over the HTTP
 * API, and then real requests for the images. Done once per data folder; the dashboard marks it as
 * a sample and deletes it in one click.
 *
 * @param {{baseUrl: string, headers: Record<string, string>, folder: string}} options `headers`
 *   sign in to the API
 */
async function seedSampleCampaign({ baseUrl, headers, folder }) {
	const note = join(folder, 'sample-campaign.json');
	if (existsSync(note)) return;
	const pixel = await post(`${baseUrl}/api/v1/pixels`, headers, {
		name: 'Sample campaign',
		campaignId: 'sample',
		sample: true,
	});
	const { tokens } = await post(`${baseUrl}/api/v1/pixels/${pixel.id}/generate-tokens`, headers, {
		emails: Array.from({ length: RECIPIENTS }, (_, index) => `reader-${index + 1}@example.com`),
	});
	for (const [index, { trackingUrl }] of tokens.entries()) {
		// Two of three open their mail, every ninth of them twice.
		const loads = index % 3 === 2 ? 0 : index % 9 === 0 ? 2 : 1;
		for (let load = 0; load < loads; load += 1) {
			const response = await fetch(trackingUrl, {
				headers: { 'user-agent': AGENTS[index % AGENTS.length], accept: 'image/*' },
			});
			await response.arrayBuffer();
		}
	}
	writeFileSync(note, JSON.stringify({ pixelId: pixel.id }));
}

async function post(url, headers, body) {
	const response = await fetch(url, {
		method: 'POST',
		headers: { ...headers, 'content-type': 'application/json' },
		body: JSON.stringify(body),
	});
	if (!response.ok) {
		throw new PlainError(
			`The sample campaign could not be made: ${url} answered ${response.status}`,
		);
	}
	return await response.json();
}

module.exports = { seedSampleCampaign };
