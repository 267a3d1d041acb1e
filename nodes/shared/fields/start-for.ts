import type { IDisplayOptions, INodeProperties, ITriggerFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { TRACKING_MODES, type TrackingMode } from '../../../src/tracking/event/tracking-mode';
import {
	canBeKnown,
	type StartFor,
	type StartForChoice,
} from '../../../src/tracking/start/start-for';
import { trackingModeOptions } from '../options/tracking-mode-options';

type WithParameters = { getNodeParameter(name: string, fallback?: unknown): unknown };

/**
 * The fields that choose what a trigger starts its workflow for; {@link readStartFor} reads them.
 *
 * @param options `trackingModeShow`: where the field of the tracking mode is shown; `records`: whether
 *   the trigger records opens itself for all choices but Every Load. Otherwise all are recorded anyway.
 */
export function startForFields({
	show = {},
	trackingModeShow = {},
	records = true,
}: {
	show?: IDisplayOptions['show'];
	trackingModeShow?: IDisplayOptions['show'];
	records?: boolean;
}): INodeProperties[] {
	return [
		{
			displayName: 'Start For',
			name: 'startFor',
			type: 'options',
			options: [
				{
					name: 'Counted Opens',
					value: 'counted',
					description: 'Opens and clicks by people; those by machines are recorded all the same',
				},
				{
					name: 'Every Load',
					value: 'every',
					description: records
						? 'Also by machines. The workflow records them, with Respond and Log Open.'
						: 'Also by machines',
				},
				{
					name: 'First Counted Open',
					value: 'firstOpen',
					description: 'Once for each recipient and message; everything else is only recorded',
				},
				{
					name: 'Opens After Quiet Days',
					value: 'afterQuietDays',
					description: 'When somebody opens again who opened nothing for a while',
				},
			],
			default: 'every',
			displayOptions: { show },
			description: records
				? 'What starts the workflow. With all choices but Every Load this node records opens itself.'
				: 'What starts the workflow. All opens are recorded, whichever this is.',
		},
		{
			displayName: 'Quiet Days',
			name: 'quietDays',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 3650 },
			default: 30,
			required: true,
			displayOptions: { show: { ...show, startFor: ['afterQuietDays'] } },
			description: 'For how many days somebody opened none of your emails before',
		},
		...(['firstOpen', 'afterQuietDays'] as const).map(
			(choice): INodeProperties => ({
				displayName: `${unknowableIn(choice)} Choose another Tracking Mode, or Start For Counted Opens.`,
				name: `${choice}Unknown`,
				type: 'notice',
				default: '',
				displayOptions: {
					show: {
						...show,
						...trackingModeShow,
						startFor: [choice],
						trackingMode: unknowableModes(choice),
					},
				},
			}),
		),
	];
}

/** What the fields say. */
export function readStartFor(context: WithParameters): StartFor {
	const choice = context.getNodeParameter('startFor', 'every') as StartForChoice;
	if (choice !== 'afterQuietDays') return { choice };
	return { choice, days: context.getNodeParameter('quietDays') as number };
}

/**
 * Keeps a workflow from being published that could never start, because its tracking mode keeps too
 * little to know what it is to start for.
 *
 * @throws NodeOperationError with what to change
 */
export function refuseUnknowableStart(
	context: WithParameters & Pick<ITriggerFunctions, 'getNode'>,
	{ choice }: StartFor,
): void {
	if (canBeKnown(choice, context.getNodeParameter('trackingMode') as TrackingMode)) return;
	throw new NodeOperationError(context.getNode(), unknowableIn(choice), {
		description: 'Choose another Tracking Mode, or Start For Counted Opens, and publish again.',
	});
}

function unknowableModes(choice: StartForChoice): TrackingMode[] {
	return TRACKING_MODES.filter((mode) => !canBeKnown(choice, mode));
}

function unknowableIn(choice: StartForChoice): string {
	const names = unknowableModes(choice).map(
		(mode) => trackingModeOptions.find(({ value }) => value === mode)?.name,
	);
	const modes = new Intl.ListFormat('en-US', { type: 'conjunction' }).format(names.map(String));
	return choice === 'firstOpen'
		? `The tracking modes ${modes} keep no opens of single recipients, so which one is the first cannot be known.`
		: `The tracking modes ${modes} do not know one recipient in all emails, so for how long somebody was quiet cannot be known.`;
}
