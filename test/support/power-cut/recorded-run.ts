/**
 * The run that is recorded for the power-cut test: a collector of the built package, and a program
 * beside it that records consents, withdrawals and an erasure in the same embedded store. Whatever
 * a client was told goes into the file of answers at that moment.
 *
 * Arguments: the folder of the collector, the file of answers.
 */
import { openSync, writeSync } from 'node:fs';
import { Agent } from 'node:http';

import { readKeys } from '../../../src/intake/intake-settings';
import { openEmbeddedStore } from '../../../src/storage/embedded-store';
import { denylistKeysIn } from '../../../src/tracking/people/subject-keys';
import { load, startCollectorProcess } from '../collector-process';
import { consentRecord } from '../consent-records';
import type { Answer } from './answers';

const ROUNDS = 24;
const LOADS_A_ROUND = 10;

async function main(folder: string, answersFile: string): Promise<void> {
	const answers = openSync(answersFile, 'a');
	const answered = (answer: Answer) => writeSync(answers, `${JSON.stringify(answer)}\n`);
	const agent = new Agent({ keepAlive: true, maxSockets: 4 });
	const args = ['--admin-port', '0'];
	let collector = await startCollectorProcess(folder, args);
	const store = await openEmbeddedStore({ folder, queueMode: false });

	const loadAll = async (ids: string[]) =>
		await Promise.all(
			ids.map(async (id) => {
				if (!(await load(agent, collector.port, id))) throw new Error(`No image for ${id}`);
				answered({ what: 'load', person: id });
			}),
		);
	const choose = async (person: string, status: 'given' | 'withdrawn') => {
		const { keyRing } = await readKeys({ keyFolder: folder });
		const record = consentRecord({ recipientKey: person, status });
		await store.recordConsent([record], new Date(), denylistKeysIn(keyRing));
		answered({ what: status, person });
	};
	const erase = async (person: string) => {
		answered({ what: 'asks-for-erasure', person });
		const { keyRing } = await readKeys({ keyFolder: folder });
		const subject = {
			recipientId: person,
			pseudonymsOf: () => [],
			denylistKeysOf: denylistKeysIn(keyRing),
		};
		await store.eraseSubject(subject, new Date());
		answered({ what: 'erased', person });
	};

	for (let round = 0; round < ROUNDS; round += 1) {
		await Promise.all([
			loadAll(Array.from({ length: LOADS_A_ROUND }, (_, n) => `reader-${round}-${n}`)),
			choose(`subscriber-${round}`, 'given'),
			round > 0 && choose(`subscriber-${round - 1}`, 'withdrawn'),
		]);
		// An erasure cuts the write-ahead log of the store, a restart deletes the one of the log.
		if (round === 9) await erase('subscriber-0');
		if (round === 14) {
			collector.child.kill('SIGTERM');
			await collector.exited;
			collector = await startCollectorProcess(folder, args);
		}
	}
	collector.child.kill('SIGTERM');
	await collector.exited;
	await store.close();
	agent.destroy();
}

const [folder, answersFile] = process.argv.slice(2);
void main(folder, answersFile);
