import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { deadLetters } from '../../../../src/collector/command/dead-letters-command';
import {
	LOG_FILE,
	openCollectorLog,
	type CollectorLog,
} from '../../../../src/collector/log/collector-log';
import { ROOM_BYTES } from '../../../../src/collector/waiting/waiting-opens';
import { allBytes } from '../../../support/n8n-instance';
import { openEvent } from '../../../support/open-events';

const SET_ASIDE_AT = new Date();

describe('dead-letters', () => {
	let folder: string;
	let output: string;
	let errors: string;
	const collectorLog = () => join(folder, 'email-open-tracking', 'collector');
	const waitingLog = () => join(folder, 'email-open-tracking-waiting', 'embedded', 'w.n');

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'dead-letters-'));
		output = errors = '';
		jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((output += text), true));
		jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((errors += text), true));
	});
	afterEach(() => {
		jest.restoreAllMocks();
		rmSync(folder, { recursive: true });
	});

	const inLog = <T>(at: string, roomBytes: number, look: (log: CollectorLog) => T): T => {
		const log = openCollectorLog({ folder: at, durable: true, roomBytes });
		try {
			return look(log);
		} finally {
			log.close();
		}
	};
	/** Sets opens of these people aside in a log of the collector, and one of opens that wait. */
	const setAside = (...people: string[]) => {
		for (const [at, room] of [
			[collectorLog(), 0],
			[waitingLog(), ROOM_BYTES],
		] as const) {
			inLog(at, room, (log) => {
				log.setConsumers(['store']);
				log.append(people.map((recipientId) => JSON.stringify(openEvent({ recipientId }))));
				const entries = log.read('store', 10);
				const refused = entries.map((entry) => ({ ...entry, reason: 'no event' }));
				log.setAside('store', refused, entries[entries.length - 1].seq, SET_ASIDE_AT);
			});
		}
	};
	const lines = () =>
		output
			.trim()
			.split('\n')
			.map((line) => JSON.parse(line) as Record<string, unknown>);

	it('lists those of every log below a folder, and what they hold only when asked', async () => {
		setAside('marker-ada', 'bob');
		expect(await deadLetters(['list', '--data', folder])).toBe(0);
		expect(lines()).toHaveLength(4);
		expect(lines()[0]).toEqual({
			log: collectorLog(),
			seq: 1,
			consumer: 'store',
			reason: 'no event',
			setAsideAt: SET_ASIDE_AT.toISOString(),
		});
		expect(output).not.toContain('marker-ada');
		output = '';
		await deadLetters(['list', '--data', waitingLog(), '--events', '--seq', '1']);
		expect(lines()).toMatchObject([{ seq: 1, event: { recipientId: 'marker-ada' } }]);
	});

	it('puts them back behind the newest entry, and leaves each log journaled as it is', async () => {
		setAside('ada', 'bob');
		expect(await deadLetters(['replay', '--data', collectorLog(), '--seq', '2'])).toBe(0);
		expect(lines()).toEqual([{ replayed: 1 }]);
		inLog(collectorLog(), 0, (log) => {
			expect(log.deadLetters(10).map(({ seq }) => seq)).toEqual([1]);
			expect(log.read('store', 10)).toMatchObject([{ seq: 3 }]);
		});
		output = '';
		await deadLetters(['replay', '--data', folder, '--all']);
		expect(lines()).toEqual([{ replayed: 3 }]);
		const journaling = (at: string) => readFileSync(join(at, LOG_FILE))[18];
		expect([journaling(collectorLog()), journaling(waitingLog())]).toEqual([2, 1]);
	});

	it('erases one person, in every spelling, out of the files as well', async () => {
		setAside('Marker-Ada@Example.com', 'bob');
		const args = ['erase', '--data', folder, '--recipient', 'marker-ada@example.com'];
		expect(await deadLetters(args)).toBe(0);
		expect(lines()).toEqual([{ erased: 2 }]);
		const bytes = allBytes(folder).toString('latin1');
		expect(bytes).toContain('bob');
		expect(bytes).not.toMatch(/marker-ada/i);
		output = '';
		await deadLetters(['erase', '--data', folder, '--all']);
		expect(lines()).toEqual([{ erased: 2 }]);
		expect(allBytes(folder).toString('latin1')).not.toContain('bob');
	});

	it('does what docs/store-trouble.md says', async () => {
		const docs = readFileSync(join(__dirname, '../../../../docs/store-trouble.md'), 'utf8');
		const examples = docs.match(/(?<=^npx \S+ dead-letters ).+$/gm) ?? [];
		expect(examples).toHaveLength(3);
		setAside('ada@example.com');
		for (const example of examples) {
			expect(await deadLetters(example.replace('~/.n8n', folder).split(' '))).toBe(0);
		}
		// Those that were put back wait again, and are erased with the rest.
		expect(lines().slice(-2)).toEqual([{ replayed: 2 }, { erased: 2 }]);
	});

	it.each([
		[[], 'list, replay or erase'],
		[['bury', '--data', '.'], 'list, replay or erase'],
		[['list'], '--data is missing'],
		[['list', '--data', '/nowhere'], 'There is no log in'],
	])('refuses %j with a sentence', async (args, message) => {
		expect(await deadLetters(args)).toBe(2);
		expect(errors).toContain(message);
	});

	it('refuses to work on none or on too many without a word', async () => {
		setAside('ada');
		for (const [args, message] of [
			[['erase'], 'Say which: --seq, --recipient or --all.'],
			[['replay'], 'Say which: --seq or --all.'],
			[['replay', '--recipient', 'ada'], '--recipient is for erase.'],
			[['replay', '--seq', '1'], 'with the folder of that log'],
		] as const) {
			expect(await deadLetters([...args, '--data', folder])).toBe(2);
			expect(errors).toContain(message);
		}
	});
});
