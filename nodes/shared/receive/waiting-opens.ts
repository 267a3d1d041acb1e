import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type {
	IExecuteFunctions,
	IHookFunctions,
	ITriggerFunctions,
	IWebhookFunctions,
} from 'n8n-workflow';

import {
	LOG_FILE,
	openCollectorLog,
	type CollectorLog,
} from '../../../src/collector/log/collector-log';
import { eraseInLog, findInLog } from '../../../src/collector/log/person-in-log';
import {
	createWaitingFolders,
	type WaitingFolders,
} from '../../../src/collector/waiting/waiting-folders';
import { forgetOldOpens } from '../../../src/collector/waiting/unfinished-opens';
import type { OpenOutcome } from '../../../src/collector/waiting/waiting-opens';
import { recordTogether, type OpenToRecord } from '../../../src/intake/record-together';
import type { Subject } from '../../../src/storage/port/privacy-store';
import { isOpenOf } from '../../../src/storage/privacy/find-person';
import type { OpenEvent } from '../../../src/tracking/event/open-event';
import { dataFolder } from '../installation/data-folder';
import { openStoreWithKeys, signingOf } from '../installation/signing';
import { storeKey } from '../installation/store';
import { collectorFolder } from './collector-log';

type WritingContext = Pick<
	IExecuteFunctions | IHookFunctions | ITriggerFunctions | IWebhookFunctions,
	'getNode' | 'getWorkflow' | 'logger'
> & { getCredentials: IExecuteFunctions['getCredentials'] };

/** In module scope because n8n makes node instances anew. */
const foldersOf = new Map<string, WaitingFolders>();

/**
 * The logs of this n8n in which opens wait. They are beside the store's folder and not in it: what
 * happens to the disk or the folder of the store must not happen to them.
 */
export function waitingFolders(): WaitingFolders {
	const base = join(dirname(dataFolder()), 'email-open-tracking-waiting');
	const folders = foldersOf.get(base) ?? createWaitingFolders(base);
	foldersOf.set(base, folders);
	return folders;
}

/**
 * Writes an open. While the store is away it goes into a log on disk, and from there into the
 * store. A test in the editor writes to the store alone, and shows what is wrong with it.
 *
 * @param limitMs how long the store may take
 * @throws where neither could be written, or the store will never take this open
 */
export async function recordOpen(
	context: WritingContext & Pick<IExecuteFunctions, 'getMode'>,
	open: OpenToRecord,
	limitMs?: number,
): Promise<OpenOutcome> {
	if (context.getMode() !== 'manual') {
		return await waitingFolders().of(writerOf(context)).record(open, limitMs);
	}
	const { store, keyRing } = await openStoreWithKeys(context);
	const outcome = await recordTogether(store, keyRing, open);
	if (typeof outcome === 'object' && 'refused' in outcome) throw outcome.refused;
	return outcome;
}

/** Writes what an earlier run of n8n left on disk. Returns at once. */
export function carryOnWaitingOpens(context: WritingContext): void {
	waitingFolders().carryOn(writerOf(context));
}

/** What to do with opens of a node that waited, in module scope because n8n makes nodes anew. */
const lateOpens = new Map<string, (opens: OpenEvent[]) => void>();

/**
 * Has opens of this node that waited handed over once the store has them.
 *
 * @returns ends that
 */
export function onLateOpens(
	context: WritingContext,
	take: (opens: OpenEvent[]) => void,
): () => void {
	const { owner } = writerOf(context);
	lateOpens.set(owner, take);
	return () => {
		if (lateOpens.get(owner) === take) lateOpens.delete(owner);
	};
}

/** The opens of one person in the logs of this n8n: those that wait, and dead letters. */
export async function findWaitingOpens(
	subject: Subject,
	names: readonly string[],
): Promise<OpenEvent[]> {
	return (
		await eachLog(async (log) => await findInLog(log, (open) => isOpenOf(open, subject, names)))
	).flat();
}

/** Erases them. Returns how many there were. */
export async function eraseWaitingOpens(
	subject: Subject,
	names: readonly string[],
): Promise<number> {
	const erased = await eachLog(
		async (log) => await eraseInLog(log, (open) => isOpenOf(open, subject, names)),
	);
	return erased.reduce((sum, count) => sum + count, 0);
}

/**
 * Removes from the files of the logs what was deleted, dead letters that were kept long enough, and
 * opens that were to go through a workflow again which nobody has published for as long. For the
 * nightly run.
 */
export async function scrubWaitingOpens(): Promise<void> {
	const now = new Date();
	await eachLog(async (log, isUnfinished) => {
		log.forgetOldLetters(now);
		if (isUnfinished) await forgetOldOpens(log, now);
		log.scrub();
	});
}

/** Looks into the logs of opens that wait, and into that of the collector of this n8n. */
async function eachLog<T>(
	look: (log: CollectorLog, isUnfinished: boolean) => Promise<T>,
): Promise<T[]> {
	const found = await waitingFolders().eachLog(look);
	if (!existsSync(join(collectorFolder(), LOG_FILE))) return found;
	const log = openCollectorLog({ folder: collectorFolder(), durable: true });
	try {
		return [...found, await look(log, false)];
	} finally {
		log.close();
	}
}

function writerOf(context: WritingContext) {
	const owner = `${context.getWorkflow().id ?? ''}.${context.getNode().id}`;
	return {
		owner,
		store: storeKey(context) || 'embedded',
		openStore: async () => (await openStoreWithKeys(context)).store,
		keyRing: async () => (await signingOf(context)).keyRing,
		onRecorded: (opens: OpenEvent[]) => lateOpens.get(owner)?.(opens),
		say: (level: 'error' | 'info', message: string) => context.logger[level](message),
	};
}
