import type { Relabel, TrackingStore } from '../../storage/port/tracking-store';

const TRY_EVERY_MS = 1000;
const TRY_FOR_MS = 60_000;
/** The newest ones are kept; a label that is lost comes again with the next load of its burst. */
const MAX_LABELS = 1000;

/** Labels of opens that another process has seen and not yet brought to the store. */
export class LateLabels {
	#labels: Array<{ label: Relabel; until: number }> = [];
	#nextAt = 0;

	constructor(private readonly now = Date.now) {}

	add(labels: readonly Relabel[]): void {
		const until = this.now() + TRY_FOR_MS;
		this.#labels.push(...labels.map((label) => ({ label, until })));
		this.#labels = this.#labels.slice(-MAX_LABELS);
	}

	/** Whether it is time to try again. */
	isDue(): boolean {
		return this.#labels.length > 0 && this.now() >= this.#nextAt;
	}

	/** Gives the store all of them. A label that it has already changes nothing. */
	async tryAgain(store: Pick<TrackingStore, 'relabelOpens'>): Promise<void> {
		const now = this.now();
		this.#nextAt = now + TRY_EVERY_MS;
		const labels = this.#labels.map(({ label }) => label);
		this.#labels = this.#labels.filter(({ until }) => until > now);
		const { unknown } = await store.relabelOpens(labels);
		if (unknown === 0) this.#labels = [];
	}
}
