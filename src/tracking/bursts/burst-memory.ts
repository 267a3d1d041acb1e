import {
	DOMAIN_BURST,
	NETWORK_BURST,
	observeBurst,
	type BurstPlace,
	type BurstRelabel,
	type BurstWindow,
	type PlacedLoad,
} from './burst-rules';

/**
 * Windows kept of each kind; the one touched longest ago goes first. With full windows of 16 and
 * 32 loads that is at most about 50 MB, and with the usual one or two loads about 5 MB.
 */
export const MAX_BURST_WINDOWS = 5000;

/** The burst rules with their windows in this process. */
export interface BurstMemory {
	/** Looks at one load and names the loads, itself included, that turned out a scanner's. */
	observe(load: PlacedLoad): BurstRelabel[];
	/** Windows held at the moment, of both kinds */
	size(): number;
}

/**
 * Keeps the windows of `observeBurst` in memory, in bounded space and without a single address.
 * It judges at once; loads of one recipient that reach different processes are seen together by
 * the windows of the store (`observeBursts`).
 */
export function createBurstMemory(maxWindows = MAX_BURST_WINDOWS): BurstMemory {
	const recipients = new Map<string, BurstWindow>();
	const addresses = new Map<string, BurstWindow>();

	return {
		observe(load) {
			const { windows, relabels } = observeBurst(
				{
					recipient: windowOf(recipients, load.recipient),
					address: windowOf(addresses, load.address),
				},
				load,
			);
			keep(recipients, load.recipient, windows.recipient);
			keep(addresses, load.address, windows.address);
			dropStale(recipients, load.at - NETWORK_BURST.windowMs, maxWindows);
			dropStale(addresses, load.at - DOMAIN_BURST.windowMs, maxWindows);
			return relabels;
		},
		size: () => recipients.size + addresses.size,
	};
}

function windowOf(windows: Map<string, BurstWindow>, place: BurstPlace | null): BurstWindow {
	return (place === null ? undefined : windows.get(place.name)) ?? [];
}

function keep(
	windows: Map<string, BurstWindow>,
	place: BurstPlace | null,
	window: BurstWindow,
): void {
	if (!place?.mark) return;
	// Deleting first moves the window to the end, so that the front is what was touched longest ago.
	windows.delete(place.name);
	windows.set(place.name, window);
}

/** Takes windows off the front while there are too many, or the last load in them is too old. */
function dropStale(windows: Map<string, BurstWindow>, before: number, maxWindows: number): void {
	for (const [name, window] of windows) {
		if (windows.size <= maxWindows && window.some(({ at }) => at > before)) return;
		windows.delete(name);
	}
}
