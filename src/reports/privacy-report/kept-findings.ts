import { DateTime } from 'luxon';

import { REQUEST_PARTS, type KeptOpens } from '../../storage/port/privacy-store';
import { isWithin, TRACKING_MODES } from '../../tracking/event/tracking-mode';
import { retentionPlan } from '../../tracking/people/retention';
import type { Finding } from './finding';
import { CONSENT_ENDS_SOON_DAYS, type PrivacyReportConfig } from './privacy-report-config';
import { count, day, keepsPart, recordsIn, recordWords, REQUEST_PART_NAMES } from './report-words';

/** Retention runs every night in the bundled workflow; after this something is wrong. */
const RETENTION_RESTS_DAYS = 7;

/** Compares what the store holds with what is set now, and with the periods. */
export function keptFindings(config: PrivacyReportConfig): Finding[] {
	return [
		...ofModes(config),
		...ofRequestParts(config),
		...ofRetentionRuns(config),
		...ofPeople(config),
	];
}

/** Requests that have waited for longer than the month of GDPR Art. 12(3). */
export function overdueRequests({
	openRequests,
	generatedAt,
}: Pick<PrivacyReportConfig, 'generatedAt' | 'openRequests'>): number {
	const limit = DateTime.fromJSDate(generatedAt, { zone: 'utc' }).minus({ months: 1 }).toJSDate();
	return openRequests.filter(({ askedAt }) => askedAt < limit).length;
}

/** Names the requests that wait for an answer, and those that have waited for too long. */
export function requestFindings(config: PrivacyReportConfig): Finding[] {
	const { openRequests } = config;
	const [oldest] = openRequests;
	if (oldest === undefined) return [];
	const of = (kind: string) => openRequests.filter((request) => request.kind === kind).length;
	const overdue = overdueRequests(config);
	return [
		{
			about: 'Requests',
			finding: `Not answered yet: ${of('copy')} for a copy, ${of('erasure')} for an erasure; the oldest was asked on ${day(oldest.askedAt)}`,
			todo: 'List them with Privacy → Get Open Requests, and answer within one month of asking (GDPR Art. 12(3))',
		},
		...(overdue === 0
			? []
			: [
					{
						about: 'Requests',
						finding: `Overdue: ${overdue}`,
						todo: 'Answer them now, and tell those people why it took longer (GDPR Art. 12(3))',
					},
				]),
	];
}

function ofModes({ kept, trackers }: PrivacyReportConfig): Finding[] {
	const total = recordsIn(kept.opens);
	if (trackers.length === 0) {
		if (total === 0) return [];
		return [
			{
				about: 'Where opens come in',
				finding: `${count(total)} ${recordWords(kept)} are kept, but no place has noted how it is set up`,
				todo: 'Publish its workflow again',
			},
		];
	}
	return TRACKING_MODES.flatMap((mode) => {
		const groups = kept.opens.filter(({ trackingMode }) => trackingMode === mode);
		const opens = recordsIn(groups);
		if (opens === 0 || trackers.some((tracker) => isWithin(mode, tracker.mode))) return [];
		return [
			{
				about: `Stored ${recordWords(kept)}`,
				finding: `${count(opens)} of mode "${mode}" are kept${requestParts(groups)}, which is more than any place keeps now`,
				todo: 'They go when their period ends; run Retention with a shorter one to delete them sooner',
			},
		];
	});
}

/** What opens hold of the request, to be put into a sentence. */
function requestParts(groups: readonly KeptOpens[]): string {
	const held = REQUEST_PARTS.map((part) => ({
		name: REQUEST_PART_NAMES[part],
		opens: groups.reduce((sum, { request }) => sum + request[part], 0),
	})).filter(({ opens }) => opens > 0);
	if (held.length === 0) return '';
	return ` (${held.map(({ name, opens }) => `${name}: ${count(opens)}`).join(', ')})`;
}

function ofRequestParts({ kept, trackers }: PrivacyReportConfig): Finding[] {
	const findings: Finding[] = [];
	for (const part of REQUEST_PARTS) {
		const opens = kept.opens.reduce((sum, { request }) => sum + request[part], 0);
		// Where no place is set to full, the mode of these opens is named already.
		if (opens === 0 || !trackers.some(({ mode }) => mode === 'full')) continue;
		if (trackers.some((tracker) => keepsPart(tracker, part))) continue;
		findings.push({
			about: `Stored ${recordWords(kept)}`,
			finding: `${count(opens)} hold the ${REQUEST_PART_NAMES[part]}, which no place keeps now`,
			todo: 'They go when their period ends; run Retention with a shorter one to delete them sooner',
		});
	}
	const unasked = kept.opens.reduce((sum, { ipWithoutConsent }) => sum + ipWithoutConsent, 0);
	if (unasked > 0) {
		findings.push({
			about: `Stored ${recordWords(kept)}`,
			finding: `${count(unasked)} hold an IP address, whole or reduced, of somebody who was not known to consent`,
			todo: 'Run Retention with a shorter period, and set IP Address to Drop where they came in',
		});
	}
	const unlabeled = kept.opens.filter(({ policy }) => policy === null);
	const opens = recordsIn(unlabeled);
	if (opens > 0) {
		findings.push({
			about: `Stored ${recordWords(kept)}`,
			finding: `${count(opens)} of them do not say under which policy they came in`,
			todo: 'Delete them, or note where they were imported from',
		});
	}
	return findings;
}

function ofRetentionRuns({ kept, retention, retentionRanAt, generatedAt }: PrivacyReportConfig) {
	const findings: Finding[] = [];
	const add = (finding: string, todo: string) =>
		findings.push({ about: 'Retention', finding, todo });
	const holdsPeople = kept.opens.length > 0 || kept.people > 0 || kept.lastOpenDays > 0;
	const restsSince = new Date(generatedAt.getTime() - RETENTION_RESTS_DAYS * 86_400_000);
	if (retentionRanAt === null && holdsPeople) {
		add(
			'It never ran, so nothing is deleted',
			'Publish a workflow that runs Retention → Run nightly',
		);
	} else if (retentionRanAt !== null && retentionRanAt < restsSince) {
		add(
			`It ran last on ${day(retentionRanAt)}`,
			'Look whether the workflow that runs Retention → Run is still published',
		);
	}
	const openStep = retentionPlan(retention, generatedAt).find((step) => step.dataClass === 'open');
	const oldest = kept.opens.map(({ firstAt }) => new Date(firstAt)).sort((a, b) => +a - +b)[0];
	const aDayEarlier = (openStep?.deleteBefore?.getTime() ?? -Infinity) - 86_400_000;
	if (oldest !== undefined && oldest.getTime() < aDayEarlier) {
		add(
			`The oldest ${recordWords(kept) === 'opens' ? 'open' : 'open or click'} is of ${day(oldest)}, past its period of ${openStep?.period}`,
			'Run Retention → Run',
		);
	}
	return findings;
}

function ofPeople({ kept }: PrivacyReportConfig): Finding[] {
	const findings: Finding[] = [];
	if (kept.addressesWithoutEnd > 0) {
		findings.push({
			about: 'Email addresses',
			finding: `${count(kept.addressesWithoutEnd)} were added and never used: nothing was sent to them and they loaded nothing, so no period ends them`,
			todo: 'Note what was sent with Recipient → Register Sent, or delete them with Recipient → Delete',
		});
	}
	if (kept.consentsEnding > 0) {
		findings.push({
			about: 'Consents',
			finding: `Those of ${count(kept.consentsEnding)} people end within ${CONSENT_ENDS_SOON_DAYS} days`,
			todo: 'Ask these people again in time; without an answer they are not tracked any more where consent is required',
		});
	}
	if (kept.keysGivenUp > 0) {
		findings.push({
			about: 'Signing keys',
			finding: `Given up: ${count(kept.keysGivenUp)}. People who were erased under them are no longer recognized`,
			todo: 'Erase those you still know of again, from your own record of erasures',
		});
	}
	return findings;
}
