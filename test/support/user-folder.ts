import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { dataFolder } from '../../nodes/shared/installation/data-folder';
import { waitingFolders } from '../../nodes/shared/receive/waiting-opens';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import type { TrackingStore } from '../../src/storage/port/tracking-store';

/** An empty n8n folder for the nodes under test, and the store they find in it. */
export interface UserFolder {
	path: string;
	store(): Promise<TrackingStore>;
	remove(): Promise<void>;
}

/** Points the nodes of this process at a folder of their own until it is removed. */
export function newUserFolder(): UserFolder {
	const before = process.env.N8N_USER_FOLDER;
	const path = mkdtempSync(join(tmpdir(), 'n8n-user-folder-'));
	process.env.N8N_USER_FOLDER = path;
	let opened: TrackingStore | undefined;
	return {
		path,
		store: async () => {
			opened = await openEmbeddedStore({ folder: dataFolder(), queueMode: false });
			return opened;
		},
		remove: async () => {
			await waitingFolders().stop();
			await opened?.close();
			if (before === undefined) delete process.env.N8N_USER_FOLDER;
			else process.env.N8N_USER_FOLDER = before;
			rmSync(path, { recursive: true, force: true });
		},
	};
}
