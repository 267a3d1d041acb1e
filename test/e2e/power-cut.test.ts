import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { shipLog, STORE_CONSUMER } from '../../src/collector/consume/shipper';
import { openCollectorLog } from '../../src/collector/log/collector-log';
import { readKeys } from '../../src/intake/intake-settings';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import { denylistKeysOf } from '../../src/tracking/people/subject-keys';
import type { Answer } from '../support/power-cut/answers';
import { readRecording, Replay, straceArguments } from '../support/power-cut/recorded-calls';
import { SimulatedDisk } from '../support/power-cut/simulated-disk';
import { strace } from '../support/power-cut/strace';

const RUN = join(__dirname, '../support/power-cut/recorded-run.ts');
const CUTS = 20;
const SEED = 20_261_129;

/** Mulberry32: random numbers that are the same in each run of the test. */
function seeded(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** What was not there after a power cut. */
interface Cut {
	image: string;
	answers: number;
	lostLoads: number;
	lostChoices: number;
	lostErasures: number;
}

describe('a power cut', () => {
	const folder = mkdtempSync(join(tmpdir(), 'power-cut-'));
	const data = join(folder, 'data');
	const recording = join(folder, 'recording');
	const answersFile = join(folder, 'answers');

	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	function record(program: string): void {
		mkdirSync(data);
		const command = [process.execPath, '--import', 'tsx', RUN, data, answersFile];
		const { status, stderr } = spawnSync(program, straceArguments(recording, command), {
			encoding: 'utf8',
			// Writes by way of it would not be recorded.
			env: { ...process.env, UV_USE_IO_URING: '0' },
		});
		if (status !== 0) throw new Error(`The recorded run failed: ${stderr.slice(-2000)}`);
	}

	/** Goes through the recording; `onCall` is told after each call that was about the disk. */
	async function replay(
		onCall: (calls: number, disk: SimulatedDisk, answers: readonly Answer[]) => void,
	): Promise<void> {
		const disk = new SimulatedDisk(data);
		const answers: Answer[] = [];
		const calls = new Replay(disk, (path, bytes) => {
			if (path === answersFile) answers.push(JSON.parse(bytes.toString()) as Answer);
		});
		let count = 0;
		for await (const call of readRecording(recording)) {
			if (calls.apply(call)) onCall((count += 1), disk, answers);
		}
	}

	/** Starts on what is left: the log goes into the store, as at each start of a collector. */
	async function lostIn(image: string, answers: readonly Answer[]): Promise<Omit<Cut, 'image'>> {
		const { keyRing } = await readKeys({ keyFolder: image });
		const store = await openEmbeddedStore({ folder: image, queueMode: false });
		const log = openCollectorLog({ folder: image, durable: true });
		log.setConsumers([STORE_CONSUMER]);
		const done = new AbortController();
		const stopAtEnd = () => {
			if (log.backlog(STORE_CONSUMER, 1) === 0) done.abort();
		};
		stopAtEnd();
		await shipLog({
			log,
			openStore: async () => await Promise.resolve(store),
			keyRing: () => keyRing,
			signal: done.signal,
			onShipped: stopAtEnd,
			onFailure: (error) => {
				throw error;
			},
			onRefused: (error) => {
				throw error;
			},
		});
		log.close();

		const told = (what: Answer['what']) =>
			answers.filter((answer) => answer.what === what).map(({ person }) => person);
		const { opens } = await store.listOpens({ limit: 1000 });
		const found = new Set(opens.map(({ recipientId }) => recipientId));
		// From then on their choices may be gone, whether the answer has come yet or not.
		const erased = new Set(told('asks-for-erasure'));
		const states = await store.listConsentsOf([...told('given'), ...told('withdrawn')], new Date());
		const statusOf = new Map(states.map(({ record, status }) => [record?.recipientKey, status]));
		const denied = await Promise.all(
			told('erased').map(async (id) => await store.deniedAmong(denylistKeysOf(id, keyRing))),
		);
		await store.close();
		return {
			answers: answers.length,
			lostLoads: told('load').filter((id) => !found.has(id)).length,
			lostChoices:
				told('given').filter((id) => !erased.has(id) && !statusOf.has(id)).length +
				told('withdrawn').filter((id) => !erased.has(id) && statusOf.get(id) !== 'withdrawn')
					.length,
			lostErasures: denied.filter((keys) => keys.size === 0).length,
		};
	}

	(strace ? it : it.skip)(
		'takes no answered load, no confirmed choice and no erasure, at twenty random moments',
		async () => {
			record(strace ?? '');
			const random = seeded(SEED);
			let first = 0;
			let last = 0;
			await replay((calls, _disk, answers) => {
				if (answers.length === 0) first = calls;
				last = calls;
			});
			const cutsAt = new Set<number>();
			while (cutsAt.size < CUTS) cutsAt.add(first + Math.ceil(random() * (last - first)));

			const images: Array<{ image: string; answers: Answer[] }> = [];
			await replay((calls, disk, answers) => {
				if (!cutsAt.has(calls)) return;
				// A disk has written what was synced for certain, and of the rest what it liked.
				const kinds = { synced: () => false, 'and-more': () => random() < 0.5 };
				for (const [kind, alsoWritten] of Object.entries(kinds)) {
					const image = join(folder, `cut-${calls}-${kind}`);
					mkdirSync(image);
					disk.writeImage(image, alsoWritten);
					images.push({ image, answers: [...answers] });
				}
			});
			expect(images).toHaveLength(2 * CUTS);

			const cuts: Cut[] = [];
			const keys = readFileSync(join(data, 'signing-keys.json'), 'utf8');
			for (const { image, answers } of images) {
				expect(readFileSync(join(image, 'signing-keys.json'), 'utf8')).toBe(keys);
				cuts.push({ image, ...(await lostIn(image, answers)) });
			}
			const lossy = cuts.filter(
				({ lostLoads, lostChoices, lostErasures }) => lostLoads + lostChoices + lostErasures > 0,
			);
			expect(lossy).toEqual([]);
			expect(Math.max(...cuts.map(({ answers }) => answers))).toBeGreaterThan(200);
		},
		90_000,
	);
});
