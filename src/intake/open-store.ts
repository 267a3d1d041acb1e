import { openEmbeddedStore } from '../storage/embedded-store';
import type { TrackingStore } from '../storage/port/tracking-store';
import { openPostgresStore } from '../storage/postgres-store';
import type { StoreSettings } from './intake-settings';

/** Opens the store that a collector is set up with. Each of its threads has connections of its own. */
export async function openCollectorStore(settings: StoreSettings): Promise<TrackingStore> {
	if (settings.engine === 'embedded') {
		const { folder, queueMode } = settings;
		return await openEmbeddedStore({ folder, queueMode });
	}
	const { connectionString, tls, caCertificate } = settings;
	return await openPostgresStore({ connectionString, tls, caCertificate });
}
