const { PlainError } = require('./run');

/** Who opens mail: what each kind of loader says of itself, and how many recipients it has. */
const LOADERS = [
	['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0', 4],
	['Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)', 4],
	['Mozilla/5.0', 3],
	['Mozilla/5.0 (compatible; Barracuda Sentinel)', 1],
];
const NOT_OPENED = 8;

/**
 * Fills an empty tracker with a small campaign, so that the dashboard has something to show: over
 * the public API, with real loads of the image. It is marked as a sample, and the dashboard
 * deletes it in one click.
 *
 * @param {{baseUrl: string, headers?: Record<string, string>}} options where the APIs are, and the
 *   header that they ask for
 * @returns {Promise<string[]>} the ids of the sample pixels
 */
async function seedSampleCampaign({ baseUrl, headers = {} }) {
	const post = async (path, body) => {
		const answer = await fetch(`${baseUrl}${path}`, {
			method: 'POST',
			headers: { ...headers, 'content-type': 'application/json' },
			body: JSON.stringify(body),
		});
		if (!answer.ok) throw new PlainError(`The sample campaign got ${answer.status} from ${path}`);
		return await answer.json();
	};
	const load = async (url, userAgent) => {
		const image = await fetch(url, { headers: { 'user-agent': userAgent } });
		await image.arrayBuffer();
	};

	const campaign = await post('/api/v1/pixels', {
		name: 'Sample: newsletter',
		campaignId: 'sample',
		sample: true,
	});
	const readers = LOADERS.flatMap(([userAgent, count]) => new Array(count).fill(userAgent));
	const emails = Array.from(
		{ length: readers.length + NOT_OPENED },
		(_, index) => `reader${index + 1}@example.com`,
	);
	const { tokens } = await post(`/api/v1/pixels/${campaign.id}/generate-tokens`, { emails });
	for (const [index, userAgent] of readers.entries()) {
		await load(tokens[index].trackingUrl, userAgent);
		// Every third one looks a second time.
		if (index % 3 === 0) await load(tokens[index].trackingUrl, userAgent);
	}
	const single = await post('/api/v1/pixels', { name: 'Sample: offer by mail', sample: true });
	await load(single.trackingUrl, LOADERS[0][0]);
	return [campaign.id, single.id];
}

module.exports = { seedSampleCampaign };
