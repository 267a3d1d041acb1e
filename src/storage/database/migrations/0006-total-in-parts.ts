/**
 * From here on the total is the sum of several rows of `tallies` and `hourly`. The row there is
 * becomes one of them, so nothing moves; what this does is to keep versions out that would take
 * that one row for all of it.
 */
export async function up(): Promise<void> {}
