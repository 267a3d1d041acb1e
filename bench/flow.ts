/**
 * The three-step template beside the plain n8n template of the same steps (Webhook → Edit Fields →
 * Convert to File → Respond to Webhook), both published in one n8n, loaded in turns.
 */
import { classifyLoad } from '../src/tracking/classify/classify-load';
import { bundledWorkflow, startInstance } from '../test/support/n8n-instance';
import { plainTemplate } from './peers/plain-template';
import { measureInTurns, printRatios } from './support';

/** What classifying one load adds to the answer of one pixel. */
function printClassification(p50: number): void {
	const rounds = 20_000;
	const started = performance.now();
	for (let round = 0; round < rounds; round += 1) {
		classifyLoad({
			method: 'GET',
			headers: { accept: 'image/*', 'accept-language': 'en' },
			// A new agent each time, so that nothing is remembered.
			userAgent: `Mozilla/5.0 (Windows NT 10.0; rv:${round}.0) Gecko/20100101 Thunderbird/${round}.0`,
			ip: `198.51.100.${round % 256}`,
			secondsSinceSend: 60,
		});
	}
	const each = (performance.now() - started) / rounds;
	process.stdout.write(
		`classifying one load: ${(each * 1000).toFixed(1)} µs, ${((100 * each) / p50).toFixed(2)} % of the p50 above\n`,
	);
}

async function main(): Promise<void> {
	const n8n = await startInstance({
		workflows: [bundledWorkflow('email-open-tracking.json'), plainTemplate],
	});
	try {
		const [plain, ours] = await measureInTurns([
			{ name: 'plain n8n template', url: `${n8n.url}/webhook/plain/pixel.png?id=42` },
			{
				name: 'three-step template, open logged',
				url: `${n8n.url}/webhook/email-open/pixel.png?id=42`,
			},
		]);
		printRatios([plain, ours]);
		printClassification(ours.p50);
		if (ours.perSecond <= plain.perSecond) throw new Error('The three-step template is not ahead');
	} finally {
		await n8n.stop();
	}
}

void main();
