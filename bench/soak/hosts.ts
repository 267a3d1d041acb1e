/** Collectors and n8n in queue mode on several hosts, some of which are cut off, killed or restarted. */
import { runSeveralHosts, whyNoHosts } from '../../test/support/hosts/world';
import { check } from './checks';

/** All hosts are on one machine, so they get little of it each. */
const MOST_A_SECOND = 500;
const WEBHOOKS_A_SECOND = 10;

export async function hosts({ rate, away }: { rate: number; away: number }): Promise<void> {
	const missing = whyNoHosts();
	if (missing !== null) throw new Error(`This part needs hosts of its own. ${missing}`);
	const loads = Math.min(rate, MOST_A_SECOND);
	process.stdout.write(
		`Several hosts: ${loads} loads/s for two collectors behind nginx, ${WEBHOOKS_A_SECOND} for a webhook processor\n`,
	);
	const awayMs = { cutOff: away * 1000, postgres: away * 500, killed: away * 250 };
	const { collectors, webhooks, triedAgain, outOfOrder, handedOver } = await runSeveralHosts(
		{ rate: loads, webhookRate: WEBHOOKS_A_SECOND, awayMs },
		(line) => process.stdout.write(`         ${line}\n`),
	);
	const { answered, unanswered, slowestMs } = collectors;
	check(
		unanswered === 0,
		`${unanswered} of ${answered + unanswered} loads got no image, the slowest one after ${slowestMs} ms`,
	);
	check(collectors.missing === 0, `${collectors.missing} of ${answered} are missing in the store`);
	check(
		collectors.repeated === 0 && collectors.twiceByProxy <= triedAgain,
		`${collectors.repeated} are in the store more than once, and ${collectors.twiceByProxy} of the ${triedAgain} that nginx sent to both`,
	);
	check(
		collectors.outOfTime + outOfOrder.stored === 0,
		`${collectors.outOfTime} have a time before that of an earlier load of the same recipient, ${outOfOrder.stored} are stored behind a later one of the same collector`,
	);
	check(
		webhooks.missing + webhooks.repeated + webhooks.twiceByProxy === 0,
		`of ${webhooks.answered} that n8n answered (${webhooks.unanswered} it did not), ${webhooks.missing} are missing, and ${webhooks.repeated} are there more than once`,
	);
	const { notHandedOver } = collectors;
	check(
		notHandedOver + webhooks.notHandedOver + handedOver.unknown + outOfOrder.handedOver === 0,
		`the workflow got all ${answered + webhooks.answered - webhooks.missing}, ${handedOver.repeated} of them again, ${outOfOrder.handedOver} out of order`,
	);
}
