import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import type { WaitingReport } from '../../storage/port/waiting-report';
import type { OpenEvent } from '../../tracking/event/open-event';
import { STORE_CONSUMER } from '../consume/shipper';
import { readRecord } from '../log/log-record';
import { openCollectorLog, type CollectorLog } from '../log/collector-log';
import {
	createWaitingOpens,
	ROOM_BYTES,
	type WaitingOpens,
	type WaitingOpensDeps,
} from './waiting-opens';
import {
	countStuck,
	createUnfinishedOpens,
	type UnfinishedOpens,
	type UnfinishedOpensDeps,
} from './unfinished-opens';

/** Folder of the opens that are to go through their workflow again, and not into a store as they are */
const UNFINISHED = 'unfinished';
/** The same kind of message is not repeated within this time. */
const QUIET_MS = 60_000;
const COUNT_TO = 1_000_000;

/** What a node lends to the work on its opens. */
export interface Writer extends Pick<WaitingOpensDeps, 'openStore' | 'keyRing'> {
	/** Names the node among all nodes of this n8n */
	owner: string;
	/** Names the store that the node is set to */
	store: string;
	/** Called with opens of this node that waited and are in the store now, as it has them */
	onRecorded?(opens: OpenEvent[]): void;
	/** Tells the operator */
	say(level: 'error' | 'info', message: string): void;
}

/** The logs of this n8n in which opens wait: one per node that writes opens, and store. */
export interface WaitingFolders {
	/** What writes the opens of a node. Its latest settings count, for what waits as well. */
	of(writer: Writer): WaitingOpens;
	/**
	 * Carries on with what an earlier run of n8n left: in the logs of this node, and in those of
	 * nodes that are not at work yet, where they were set to the same store. Returns at once.
	 */
	carryOn(writer: Writer): void;
	/** The opens of a trigger that are answered before its workflow is done with them. */
	unfinished(owner: string, deps: Omit<UnfinishedOpensDeps, 'path'>): UnfinishedOpens;
	/** What waits in all logs together. */
	report(): Promise<WaitingReport>;
	/** Looks into every log, also that of unfinished opens. */
	eachLog<T>(look: (log: CollectorLog, isUnfinished: boolean) => Promise<T>): Promise<T[]>;
	stop(): Promise<void>;
}

interface Entry {
	opens: WaitingOpens;
	writer: Writer;
	/** Whether the log is that of the writer itself */
	own: boolean;
}

/** @param base the folder of all these logs: `<base>/<store>/<owner>/` */
export function createWaitingFolders(base: string): WaitingFolders {
	const entries = new Map<string, Entry>();
	const unfinished = new Map<string, UnfinishedOpens>();
	const lookedFor = new Set<string>();
	/** Per store: the logs in which opens wait for it, and how many have been written since */
	const outages = new Map<string, { folders: Set<string>; written: number }>();
	const quietUntil = new Map<string, number>();

	const isNews = (message: string): boolean => {
		const now = performance.now();
		if (now < (quietUntil.get(message) ?? 0)) return false;
		quietUntil.set(message, now + QUIET_MS);
		return true;
	};
	const sayAtMostOnce = (writer: Writer, message: string) => {
		if (isNews(message)) writer.say('error', message);
	};

	const newEntry = (folder: string, writer: Writer, own: boolean): Entry => {
		const entry: Entry = {
			writer,
			own,
			opens: createWaitingOpens({
				folder,
				openStore: async () => await entry.writer.openStore(),
				keyRing: async () => await entry.writer.keyRing(),
				onAway: (reason) => {
					const outage = outages.get(entry.writer.store) ?? { folders: new Set(), written: 0 };
					outages.set(entry.writer.store, outage);
					if (outage.folders.size === 0) {
						entry.writer.say(
							'error',
							`The tracking store cannot be written: ${reason} Opens wait on disk and are written when it is back.`,
						);
					}
					outage.folders.add(folder);
				},
				onBack: (written) => {
					for (const [store, outage] of outages) {
						if (!outage.folders.delete(folder)) continue;
						outage.written += written;
						if (outage.folders.size > 0) continue;
						outages.delete(store);
						entry.writer.say(
							'info',
							`The tracking store can be written again: ${outage.written} opens that waited are in it now.`,
						);
					}
				},
				onRecorded: (opens) => {
					if (entry.own) entry.writer.onRecorded?.(opens);
				},
				onRefused: (reason) =>
					sayAtMostOnce(
						entry.writer,
						`An open can never be written: ${reason} It is kept for 30 days beside the opens that wait.`,
					),
				onLogTrouble: (reason) =>
					sayAtMostOnce(
						entry.writer,
						`The log in which opens wait for the tracking store cannot be used: ${reason}`,
					),
			}),
		};
		return entry;
	};

	const lend = (folder: string, writer: Writer, own: boolean): WaitingOpens => {
		const known = entries.get(folder);
		const entry = known ?? newEntry(folder, writer, own);
		entries.set(folder, entry);
		if (own || !entry.own) Object.assign(entry, { writer, own });
		return entry.opens;
	};

	const carryOn = (writer: Writer): void => {
		const key = `${writer.store} ${writer.owner}`;
		if (lookedFor.has(key)) return;
		lookedFor.add(key);
		for (const folder of foldersIn(base)) {
			if (isUnfinished(folder)) continue;
			const own = basename(folder) === fileName(writer.owner);
			const sameStore = basename(dirname(folder)) === fileName(writer.store);
			if (own || sameStore) lend(folder, writer, own).ship();
		}
	};

	const eachLog: WaitingFolders['eachLog'] = async <T>(
		look: (log: CollectorLog, isUnfinished: boolean) => Promise<T>,
	): Promise<T[]> => {
		const found: T[] = [];
		for (const folder of foldersIn(base)) {
			const known = entries.get(folder);
			if (known) {
				found.push(await look(known.opens.log(), false));
				continue;
			}
			const log = openCollectorLog({ folder, durable: true, roomBytes: ROOM_BYTES });
			try {
				log.setConsumers([STORE_CONSUMER]);
				log.forgetOldLetters(new Date());
				found.push(await look(log, isUnfinished(folder)));
			} finally {
				log.close();
			}
		}
		return found;
	};

	return {
		of: (writer) => {
			carryOn(writer);
			return lend(join(base, fileName(writer.store), fileName(writer.owner)), writer, true);
		},
		carryOn,
		unfinished: (owner, deps) => {
			const path = join(base, UNFINISHED, fileName(owner));
			const known = unfinished.get(path);
			if (known) return known;
			const onLogTrouble = (reason: string) => {
				if (isNews(`unfinished ${reason}`)) deps.onLogTrouble(reason);
			};
			const made = createUnfinishedOpens({ ...deps, path, onLogTrouble });
			unfinished.set(path, made);
			return made;
		},
		report: async () => {
			const logs = await eachLog(async (log, isUnfinished) => ({
				waiting: isUnfinished ? 0 : log.backlog(STORE_CONSUMER, COUNT_TO),
				oldestAt: isUnfinished ? null : oldestIn(log),
				unfinished: isUnfinished ? countStuck(log, new Date()) : 0,
				refused: log.deadLetterCount(),
			}));
			const sumOf = (what: 'waiting' | 'unfinished' | 'refused') =>
				logs.reduce((sum, one) => sum + one[what], 0);
			const reasons = [...entries.values()].flatMap(({ opens }) => opens.reason() ?? []);
			return {
				waiting: sumOf('waiting'),
				oldestAt: logs.flatMap(({ oldestAt }) => oldestAt ?? []).sort()[0] ?? null,
				reason: reasons[0] ?? null,
				unfinished: sumOf('unfinished'),
				refused: sumOf('refused'),
			};
		},
		eachLog,
		stop: async () => {
			const all = [...[...entries.values()].map(({ opens }) => opens), ...unfinished.values()];
			await Promise.all(all.map(async (opens) => await opens.stop()));
			entries.clear();
			unfinished.clear();
		},
	};
}

function oldestIn(log: CollectorLog): string | null {
	const [oldest] = log.read(STORE_CONSUMER, 1);
	const record = oldest && readRecord(oldest.event);
	return record && 'open' in record ? record.open.occurredAt : null;
}

function isUnfinished(folder: string): boolean {
	return basename(dirname(folder)) === UNFINISHED;
}

function foldersIn(base: string): string[] {
	if (!existsSync(base)) return [];
	const inside = (folder: string) =>
		readdirSync(folder, { withFileTypes: true })
			.filter((entry) => entry.isDirectory())
			.map(({ name }) => join(folder, name));
	return inside(base).flatMap(inside);
}

/** Ids are short words in n8n, but a workflow that is imported can bring any. */
function fileName(id: string): string {
	if (/^[\w-][\w.-]{0,99}$/.test(id)) return id;
	return `h-${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;
}
