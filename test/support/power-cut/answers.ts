/** What a client was told, and when one asked for an erasure that nobody confirmed yet. */
export interface Answer {
	what: 'load' | 'given' | 'withdrawn' | 'asks-for-erasure' | 'erased';
	person: string;
}
