import { pause, pauseAfter, type Backoff } from '../../async/backoff';
import { openStore, KeyError, type StoreSettings } from '../../intake/intake-settings';
import { checkKeys } from '../../intake/known-keys';
import type { InstalledPart } from '../../storage/port/privacy-store';
import type { TrackingStore } from '../../storage/port/tracking-store';
import type { KeyRing } from '../../tracking/links/key-ring';
import { CollectorError } from '../config/collector-error';
import { archivedUpTo, prepareTable, type ArchiveTable } from './archive-table';
import { ClickHouseError, openClickHouse, type ClickHouseSettings } from './click-house';
import { copyOpens } from './copy-opens';
import { removeGone, type Removed } from './remove-gone';

/** How often it looks for what is new, and for what is to leave. */
const LOOK_EVERY_MS = 10_000;
const REMOVE_EVERY_MS = 3_600_000;
const BACKOFF: Backoff = { firstMs: 500, longestMs: 60_000 };
/** How often something is tried in a run that is to end. */
const TRIES = 5;

export interface ArchiveSettings {
	store: StoreSettings;
	clickHouse: ClickHouseSettings;
	table: ArchiveTable;
	/** The note for the privacy report, and so for the receipts of erasures */
	part: InstalledPart;
	/** Ends when everything is copied once */
	once: boolean;
}

/** What happens, for whoever watches. */
export interface ArchiveWatcher {
	/** The table is there, and everything up to a number of the store is in it */
	onReady(): void;
	/** So many opens were copied since the last call */
	onCopied(opens: number): void;
	onRemoved(removed: Removed): void;
	/** The first failure of several in a row */
	onAway(message: string): void;
	/** The first success after failures */
	onBack(): void;
}

/**
 * Keeps an archive up to date with its store until `signal` aborts, or once. Either side may be away:
 * it is tried again.
 *
 * @throws CollectorError, ClickHouseError or KeyError that only the operator can do something about,
 *   and in a run that is to end, whatever does not pass
 */
export async function runArchive(
	{ once, ...settings }: ArchiveSettings,
	keyRing: KeyRing,
	watcher: ArchiveWatcher,
	signal: AbortSignal,
): Promise<void> {
	const pass = archivePass(settings, keyRing, watcher, signal);
	let failures = 0;
	while (!signal.aborted) {
		try {
			await pass();
			if (failures > 0) watcher.onBack();
			failures = 0;
			if (once) return;
			await pause(LOOK_EVERY_MS, signal);
		} catch (error) {
			// What a signal ends fails.
			if (signal.aborted) return;
			failures += 1;
			if (isForOperator(error) || (once && failures === TRIES)) throw error;
			if (failures === 1) watcher.onAway(error instanceof Error ? error.message : 'It failed');
			await pause(pauseAfter(failures, BACKOFF, Math.random()), signal);
		}
	}
}

function isForOperator(error: unknown): boolean {
	if (error instanceof ClickHouseError) return error.isForOperator;
	return error instanceof CollectorError || error instanceof KeyError;
}

function archivePass(
	settings: Omit<ArchiveSettings, 'once'>,
	keyRing: KeyRing,
	watcher: ArchiveWatcher,
	signal: AbortSignal,
): () => Promise<void> {
	const { table, part } = settings;
	const clickHouse = openClickHouse(settings.clickHouse, signal);
	let upTo: number | null = null;
	let removedAt = -Infinity;
	const prepare = async (store: TrackingStore): Promise<number> => {
		await checkKeys(store, keyRing);
		await prepareTable(clickHouse, table);
		await store.savePart(part);
		const last = await archivedUpTo(clickHouse, table);
		watcher.onReady();
		return last;
	};
	return async () => {
		const store = await openStore(settings.store);
		upTo ??= await prepare(store);
		let copied = 0;
		try {
			await copyOpens({
				store,
				clickHouse,
				table,
				after: upTo,
				signal,
				onCopied: (opens, last) => {
					copied += opens;
					upTo = last;
				},
			});
		} finally {
			if (copied > 0) watcher.onCopied(copied);
		}
		// Behind the copying, so that nothing of it is overlooked.
		if (signal.aborted || performance.now() < removedAt + REMOVE_EVERY_MS) return;
		watcher.onRemoved(await removeGone({ store, keyRing, clickHouse, table, signal }));
		removedAt = performance.now();
	};
}
