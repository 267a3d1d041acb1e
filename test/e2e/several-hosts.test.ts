import { runSeveralHosts, whyNoHosts } from '../support/hosts/world';
import type { SeveralHostsReport } from '../support/hosts/hosts-report';

const missing = whyNoHosts();
if (missing !== null)
	process.stderr.write(`\n!!! The test with several hosts is skipped: ${missing}\n`);

(missing === null ? describe : describe.skip)(
	'two collectors behind nginx, and n8n in queue mode, each on a host of its own',
	() => {
		let report: SeveralHostsReport;
		const said: string[] = [];
		beforeAll(async () => {
			const awayMs = { cutOff: 8_000, postgres: 3_000, killed: 3_000 };
			const order = { rate: 60, webhookRate: 4, awayMs };
			report = await runSeveralHosts(order, (line) => said.push(line)).catch((error: Error) => {
				throw new Error(`After "${said.at(-1)}": ${error.message}`);
			});
			process.stdout.write(`${JSON.stringify(report, null, '\t')}\n`);
		}, 900_000);

		it('answers at the collectors whatever happens to one of them', () => {
			const { answered, unanswered } = report.collectors;
			expect(answered).toBeGreaterThan(500);
			expect(unanswered).toBe(0);
		});

		it('loses nothing that a collector answered, and hands it over in order', () => {
			expect(report.collectors).toMatchObject({
				missing: 0,
				repeated: 0,
				twiceByProxy: 0,
				outOfTime: 0,
				notHandedOver: 0,
			});
			expect(report.outOfOrder).toEqual({ stored: 0, handedOver: 0 });
		});

		it('loses nothing that n8n itself answered, and hands it over', () => {
			const { answered, ...others } = report.webhooks;
			expect(answered).toBeGreaterThan(50);
			expect(others).toMatchObject({
				missing: 0,
				repeated: 0,
				twiceByProxy: 0,
				notHandedOver: 0,
			});
		});

		it('hands no open to the workflow that is not stored', () => {
			expect(report.handedOver).toMatchObject({ unknown: 0 });
		});
	},
);
