const DAY_MS = 86_400_000;

/** What has to happen to the address keys at a moment. */
export interface DailyKeyPlan {
	/** The UTC day whose key is in use, `YYYY-MM-DD` */
	day: string;
	/** Whether a new random key of 32 bytes has to be made and stored under `day` */
	create: boolean;
	/** Days whose keys must be destroyed, oldest first */
	destroy: string[];
	/** When this plan has to be made again */
	nextAt: Date;
}

/** The UTC day that a moment belongs to, `YYYY-MM-DD`. */
export function keyDay(at: Date): string {
	return at.toISOString().slice(0, 10);
}

/**
 * The life of the key that address hashes are made with: one per UTC day, destroyed when its day
 * is over. With the key gone nobody can work out an address from its hash, nor recognize the
 * same address on another day. There is no overlap: a request that is still under way at
 * midnight is hashed under the new day.
 *
 * @param heldDays days whose keys are still held
 */
export function dailyKeySchedule(heldDays: readonly string[], now: Date): DailyKeyPlan {
	const day = keyDay(now);
	return {
		day,
		create: !heldDays.includes(day),
		// A key of a later day can only come from a wrong clock; it would live too long.
		destroy: heldDays.filter((held) => held !== day).sort(),
		nextAt: new Date((Math.floor(now.getTime() / DAY_MS) + 1) * DAY_MS),
	};
}
