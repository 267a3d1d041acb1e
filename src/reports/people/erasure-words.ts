import type { ErasureReceipt } from '../../tracking/people/erasure';

/** What the classes of an erasure are called where they are counted. */
const CLASS_WORDS: Readonly<Record<string, string>> = {
	open: 'opens and clicks',
	'last-open-day': 'days of a last open',
	recipient: 'entries as a recipient',
	'sent-message': 'sent messages',
	request: 'requests for a copy or an erasure',
	segment: 'segments',
	'waiting-open': 'opens that waited on disk',
};

/** What an erasure did, and who else has to be told, in sentences. */
export function erasureInWords({
	receiptId,
	found,
	erased,
	passedOnTo,
}: Pick<ErasureReceipt, 'receiptId' | 'found' | 'erased' | 'passedOnTo'>): string {
	const counts = erased
		.filter(({ records }) => records > 0)
		.map(({ dataClass, records }) => `${CLASS_WORDS[dataClass] ?? dataClass}: ${records}`);
	const told = passedOnTo.filter(({ state }) => state === 'to-be-told').map(({ sink }) => sink);
	const whatHappened = !found
		? 'Nothing was found.'
		: counts.length > 0
			? `Erased: ${counts.join(', ')}.`
			: 'Nothing was stored but consent, of which a proof stays.';
	return [
		whatHappened,
		`Receipt ${receiptId}.`,
		...(told.length > 0
			? [`Opens were passed on, so tell these as well: ${told.join(', ')}.`]
			: []),
	].join(' ');
}
