/** What a listener counts, with the help text of each counter. Numbers only: nothing personal. */
export const COUNTERS = {
	requests: 'Requests that reached the listener, of any method',
	answered: 'Requests that were answered with the pixel',
	recorded: 'Opens that are in the log',
	notRecorded: 'Loads that may leave nothing: HEAD, refused, withdrawn, erased, tracking off',
	rateLimited: 'Loads that were served but not recorded, because one address sent too many',
	droppedFull: 'Opens that were served but lost, because the log was full',
	failed: 'Loads that were served but lost, because reading them failed',
	lookupErrors: 'Lookups in the store that failed; the policy decided without them',
	commits: 'Transactions of the log',
	commitErrors: 'Transactions of the log that failed and were tried again',
	answeredEarly: 'Requests answered before their open was on disk, because that took too long',
	held: 'Answers that were held open to measure for how long',
	imagesHeld: 'Measurements of held answers that are in the log',
	malformed: 'Requests that were not HTTP, too slow or too large',
} as const;

export type CounterName = keyof typeof COUNTERS;
export type Counters = Record<CounterName, number>;

/** All counters at zero. */
export function newCounters(): Counters {
	return Object.fromEntries(Object.keys(COUNTERS).map((name) => [name, 0])) as Counters;
}
