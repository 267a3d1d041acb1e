/** What waits on disk because the store is away or a workflow fails, or can never be written. */
export interface WaitingReport {
	/** Opens on disk that their store does not have yet */
	waiting: number;
	/** When the oldest of them happened, ISO 8601 in UTC; `null` where none waits */
	oldestAt: string | null;
	/** Why they wait, as a sentence for the operator; `null` where that is not known */
	reason: string | null;
	/** Opens answered more than five minutes ago that their workflow is not done with */
	unfinished: number;
	/** Opens that their store or their workflow will never take, kept for 30 days */
	refused: number;
}
