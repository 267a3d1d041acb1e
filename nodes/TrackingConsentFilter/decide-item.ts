import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { PeopleLookups } from '../../src/intake/lookups';
import {
	CONSENT_REASONS,
	decideConsent,
	type ConsentDecision,
	type ConsentSources,
} from '../../src/tracking/consent/consent-policy';
import { CONSENT_STATUSES } from '../../src/tracking/event/event-fields';
import {
	openEventSchema,
	type ConsentStatus,
	type OpenEvent,
} from '../../src/tracking/event/open-event';
import type { Purpose } from '../../src/tracking/event/purpose';
import { lowestMode } from '../../src/tracking/event/tracking-mode';
import { applyMode } from '../../src/tracking/minimise/minimise-mode';
import { denylistKeysOf } from '../../src/tracking/people/subject-keys';
import { readText } from '../shared/fields/check-fields';
import {
	consentRulesOf,
	presetOf,
	type ConsentChoice,
} from '../shared/options/consent-policy-options';
import { outage } from '../shared/installation/outage';
import { signingOf } from '../shared/installation/signing';

const DEFAULT_FIELD = 'trackingConsent';

interface Options {
	decisionField?: string;
	globalPrivacyControl?: string;
	keepAsAggregate?: boolean;
	optedOut?: boolean;
}

/** What the registry knows of one person. */
interface RegistryAnswer {
	status: ConsentStatus | null;
	recordId: string | null;
	erased: boolean;
	failed: boolean;
}

const NOT_ASKED: RegistryAnswer = { status: null, recordId: null, erased: false, failed: false };

/** Words for yes and no that CRMs use, besides the statuses themselves. */
const WORDS: Record<string, ConsentStatus> = {
	true: 'given',
	yes: 'given',
	'1': 'given',
	false: 'refused',
	no: 'refused',
	'0': 'refused',
	'': 'unknown',
	null: 'unknown',
	undefined: 'unknown',
};

/**
 * Decides whether one item may go on. An open event is reduced to what is allowed, and of a refused
 * one only the decision is left; any other item, say an email to be sent, goes on whole with the
 * decision beside it.
 *
 * @param people asks the consent registry
 */
export async function decideItem(
	context: IExecuteFunctions,
	people: PeopleLookups,
	item: INodeExecutionData,
	index: number,
): Promise<{ allowed: boolean; item: INodeExecutionData }> {
	const options = context.getNodeParameter('options', index, {}) as Options;
	const choice = context.getNodeParameter('consentPolicy', index) as ConsentChoice;
	const { policy, label, purposeRules } = consentRulesOf(choice);
	const parsed = openEventSchema.safeParse(item.json);
	const event = parsed.success ? parsed.data : null;
	const purpose = event?.purpose ?? (context.getNodeParameter('purpose', index) as Purpose);

	const registry = await askRegistry(context, people, index, { purpose, isEvent: event !== null });
	const sources: ConsentSources = {
		registry: registry.status,
		item: itemStatus(context, index),
		globalPrivacyControl: String(options.globalPrivacyControl ?? '').trim() === '1',
		optedOut: (options.optedOut ?? false) || registry.erased,
		lookupFailed: registry.failed,
	};
	const decision: ConsentDecision = registry.erased
		? { allowed: false, mode: 'off', status: 'unknown', reason: 'opted-out' }
		: decideConsent(
				{ policy, purpose, purposeRules, sources },
				{ keepAsAggregate: options.keepAsAggregate ?? false },
			);
	const reported: IDataObject = {
		...decision,
		mode: lowestMode([decision.mode, presetOf(choice)?.ceiling]),
		because: CONSENT_REASONS[decision.reason],
		policy: label,
		purpose,
		recordId: registry.recordId,
	};
	const field = options.decisionField || DEFAULT_FIELD;
	const json = event ? reducedEvent(event, reported, decision) : item.json;
	const { binary } = item;
	return {
		allowed: decision.allowed,
		item:
			event && !decision.allowed
				? { json: { [field]: reported } }
				: { json: { ...json, [field]: reported }, binary },
	};
}

/** The event as far as it is allowed, saying under which policy and by which record. */
function reducedEvent(
	event: OpenEvent,
	reported: IDataObject,
	decision: ConsentDecision,
): IDataObject {
	const reduced = applyMode(event, reported.mode as OpenEvent['trackingMode'], null);
	if (reduced === null) return {};
	const names = MODES_WITH_STATUS.has(reduced.trackingMode);
	const consent: OpenEvent['consent'] = {
		status: names ? decision.status : null,
		recordId: names ? (reported.recordId as string | null) : null,
		policy: reported.policy as string,
	};
	return { ...reduced, consent } as unknown as IDataObject;
}

const MODES_WITH_STATUS: ReadonlySet<OpenEvent['trackingMode']> = new Set(['identified', 'full']);

async function askRegistry(
	context: IExecuteFunctions,
	people: PeopleLookups,
	index: number,
	{ purpose, isEvent }: { purpose: Purpose; isEvent: boolean },
): Promise<RegistryAnswer> {
	if ((context.getNodeParameter('source', index) as string) === 'item') return NOT_ASKED;
	const recipientId = readText(context, 'recipientId', index);
	if (recipientId === '') {
		// An open may name nobody. An email goes to somebody, whose objection must not be missed.
		if (isEvent) return { ...NOT_ASKED, status: 'unknown' };
		throw new NodeOperationError(context.getNode(), 'Recipient ID is empty', {
			itemIndex: index,
			description:
				'Correct its expression, which gives nothing for this item: nobody can say whether an unnamed person objected',
		});
	}
	const registry = outage(
		context,
		'The consent registry did not answer, so the policy decides without it',
	);
	try {
		const { keyRing } = await signingOf(context);
		const erased = await people.isErased(denylistKeysOf(recipientId, keyRing));
		registry.worked();
		if (erased) return { ...NOT_ASKED, erased };
		const { status, record } = await people.consentOf(recipientId, purpose);
		return { ...NOT_ASKED, status, recordId: record?.recordId ?? null };
	} catch (error) {
		registry.failed(error);
		return { ...NOT_ASKED, failed: true };
	}
}

function itemStatus(context: IExecuteFunctions, index: number): ConsentStatus | null {
	if ((context.getNodeParameter('source', index) as string) === 'registry') return null;
	const text = String(context.getNodeParameter('itemConsent', index)).trim().toLowerCase();
	const status = CONSENT_STATUSES.find((known) => known === text) ?? WORDS[text];
	if (status) return status;
	throw new NodeOperationError(context.getNode(), 'Consent in Item is not a known answer', {
		itemIndex: index,
		description: `Give true or false, yes or no, or one of ${CONSENT_STATUSES.join(', ')}`,
	});
}
