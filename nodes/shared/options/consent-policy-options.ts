import type { INodePropertyOptions } from 'n8n-workflow';

import type { ConsentPolicy } from '../../../src/tracking/consent/consent-policy';
import {
	JURISDICTION_PRESETS,
	JURISDICTIONS,
	type Jurisdiction,
	type JurisdictionPreset,
} from '../../../src/tracking/consent/jurisdictions';
import { lowestMode, type TrackingMode } from '../../../src/tracking/event/tracking-mode';
import type { ReceiveSettings } from '../../../src/tracking/receive/receive-types';

/** What the consent field of a node can be set to. */
export type ConsentChoice = ConsentPolicy | Jurisdiction;

const presetOptions: INodePropertyOptions[] = JURISDICTIONS.map((value) => {
	const { displayName, explanation } = JURISDICTION_PRESETS[value];
	return { name: displayName, value, description: explanation };
});

/** The two policies and the presets for a list in the editor, each with a line on what it sets. */
export const consentPolicyOptions: INodePropertyOptions[] = [
	{
		name: 'Consent Required',
		value: 'consent-required',
		description: 'Only opens of people who consented are kept; unknown means no',
	},
	{
		name: 'Objection Honored',
		value: 'objection-honoured',
		description: 'Opens are kept until a person refuses, withdraws or opts out',
	},
	...presetOptions,
];

/** The preset that was chosen; `null` for a bare policy. */
export function presetOf(choice: ConsentChoice): JurisdictionPreset | null {
	return choice in JURISDICTION_PRESETS ? JURISDICTION_PRESETS[choice as Jurisdiction] : null;
}

/** Policy, label and exceptions that a choice stands for. */
export function consentRulesOf(
	choice: ConsentChoice,
): Pick<ReceiveSettings['consent'], 'policy' | 'label' | 'purposeRules'> {
	const preset = presetOf(choice);
	if (!preset) return { policy: choice as ConsentPolicy, label: choice };
	const { policy, label, purposeRules } = preset;
	return { policy, label, purposeRules };
}

/** A preset also limits how much may be stored at all. */
export function withinPreset(mode: TrackingMode, choice: ConsentChoice): TrackingMode {
	return lowestMode([mode, presetOf(choice)?.ceiling]);
}
