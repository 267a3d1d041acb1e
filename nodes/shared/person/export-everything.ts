import type { TrackingStore } from '../../../src/storage/port/tracking-store';
import { consentRecordsToJsonLd } from '../../../src/tracking/consent/consent-export';
import type { KeyRing } from '../../../src/tracking/links/key-ring';
import {
	nothingFound,
	subjectExportSchema,
	type SubjectExport,
} from '../../../src/tracking/people/erasure';
import { purposesOfPlace } from '../../../src/tracking/receive/reported-tracker';
import { retentionPlan } from '../../../src/tracking/people/retention';
import { findWaitingOpens } from '../receive/waiting-opens';
import { liveSetup } from './live-setup';
import { proofContext } from './proof-context';
import { subjectOf } from './subject';

const RIGHTS = [
	'Rectification, erasure and restriction (GDPR Art. 16 to 18)',
	'Objection, and withdrawal of consent at any time (GDPR Art. 21 and 7(3))',
	'A complaint to your data protection authority (GDPR Art. 77)',
];

/**
 * Everything that is held about one person, in the store and on disk on its way there.
 *
 * @param controller who answers for the tracking
 * @param baseUrl where this n8n serves webhooks
 */
export async function exportEverything(
	store: TrackingStore,
	keyRing: KeyRing,
	recipientId: string,
	controller: { name: string; contact: string },
	baseUrl: string,
): Promise<SubjectExport> {
	const now = new Date();
	const subject = subjectOf(recipientId, keyRing);
	const names = await store.namesOf(recipientId);
	const waiting = await findWaitingOpens(subject, names);
	const data = await store.exportSubject(subject);
	const { recipients, lastOpenDay, sent, consent, segments } = data;
	const stored = new Set(data.opens.map(({ eventId }) => eventId));
	const opens = [...data.opens, ...waiting.filter(({ eventId }) => !stored.has(eventId))];
	const found =
		lastOpenDay !== null || [recipients, opens, sent, consent, segments].some(hasEntries);
	const erasedBefore = await store.isDenied(subject.denylistKeysOf(recipientId));
	const { trackers, sinks, retention } = await liveSetup(store);
	const context = proofContext(baseUrl, { ...controller, sinks, retention });
	return subjectExportSchema.parse({
		schema: 'subject-export/1',
		generatedAt: now.toISOString(),
		subject: { recipientId },
		found,
		remark: found ? null : nothingFound(recipientId, { erasedBefore }),
		controller,
		purposes: [...new Set(trackers.flatMap(purposesOfPlace).filter((purpose) => purpose !== null))],
		sinks: sinks.map(({ name, fields }) => ({ name, fields: [...fields] })),
		retention: retentionPlan(retention, now).map(({ dataClass, period }) => ({
			dataClass,
			kept: period,
		})),
		rights: RIGHTS,
		recipients: [...recipients, ...sent],
		opens,
		lastOpenDay,
		segments,
		consent: consentRecordsToJsonLd(consent, context, now),
		requests: data.requests,
	});
}

function hasEntries(list: readonly unknown[]): boolean {
	return list.length > 0;
}
