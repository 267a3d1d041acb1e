import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { IDataObject } from 'n8n-workflow';

import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { executeContext } from '../support/node-context';
import { newUserFolder, type UserFolder } from '../support/user-folder';

/** Set it to 100000 to see how long that takes. */
const EVENTS = Number(process.env.IMPORTED_EVENTS ?? 20_000);
/** The longest turn, of all the work; a share, because machines differ in speed. */
const LONGEST_SHARE = 0.1;

/**
 * The longest time that others in this process had to wait for their turn, in milliseconds: what
 * this thread worked in it, which does not depend on what else the machine does, and by the clock.
 */
function watchTurns(): () => { worked: number; waited: number; all: number } {
	let [at, cpu] = [performance.now(), process.threadCpuUsage()];
	const longest = { worked: 0, waited: 0, all: 0 };
	const look = () => {
		const { user, system } = process.threadCpuUsage(cpu);
		const worked = (user + system) / 1000;
		longest.worked = Math.max(longest.worked, worked);
		longest.waited = Math.max(longest.waited, performance.now() - at);
		longest.all += worked;
		[at, cpu] = [performance.now(), process.threadCpuUsage()];
	};
	const watching = setInterval(look, 1);
	return () => {
		clearInterval(watching);
		look();
		return longest;
	};
}

describe('an import of very many events at once', () => {
	let folder: UserFolder;
	beforeEach(() => (folder = newUserFolder()));
	afterEach(async () => await folder.remove());

	it('gives everything else in n8n its turn', async () => {
		const file = join(__dirname, '..', 'fixtures', 'esp', 'sendgrid.json');
		const [open, , click] = JSON.parse(readFileSync(file, 'utf8')) as IDataObject[];
		const body = Array.from({ length: EVENTS }, (_, n) => ({
			...(n % 10 === 0 ? click : open),
			email: `Reader-${n}@Example.com`,
			sg_event_id: `event-${n}`,
			useragent: `${String(open.useragent)} (${n % 1000})`,
		}));
		const node = new OpenTracking();
		const { context, hints } = executeContext(
			node,
			[{ json: { body } as unknown as IDataObject }],
			{
				parameters: {
					resource: 'open',
					operation: 'import',
					provider: 'sendgrid',
					importOptions: { acceptUnsigned: true, trackClicks: true },
				},
			},
		);
		const turns = watchTurns();
		const output = await node.execute.call(context);
		const { worked, waited, all } = turns();
		expect(output[0]).toHaveLength(EVENTS);
		expect(hints).toMatchObject([
			{
				message: expect.stringContaining(
					`${EVENTS * 0.9} opens and ${EVENTS * 0.1} clicks are new`,
				),
			},
		]);
		process.stderr.write(
			`${EVENTS} events: the longest turn worked ${worked.toFixed(0)} of ${all.toFixed(0)} ms and took ${waited.toFixed(0)} ms\n`,
		);
		expect(worked / all).toBeLessThan(LONGEST_SHARE);
	}, 180_000);
});
