import type { INodeProperties } from 'n8n-workflow';

type Of = 'pixel' | 'campaign' | 'recipient';

const KINDS: Record<Of, { displayName: string; searchListMethod: string; example: string }> = {
	pixel: {
		displayName: 'Pixel ID',
		searchListMethod: 'searchPixels',
		example: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
	},
	campaign: {
		displayName: 'Campaign ID',
		searchListMethod: 'searchCampaigns',
		example: 'spring-launch',
	},
	recipient: {
		displayName: 'Recipient ID',
		searchListMethod: 'searchRecipients',
		example: '42',
	},
};

/**
 * A field for a pixel, campaign or recipient: chosen from what the store knows, or given by its ID.
 *
 * @param id what stands in the field before anybody fills it in, where it opens with the ID: for
 *   what the store does not know yet, or what an item usually says
 */
export function locator(
	of: Of,
	name: string,
	{ id, ...more }: Partial<INodeProperties> & { id?: string } = {},
): INodeProperties {
	const { displayName, searchListMethod, example } = KINDS[of];
	return {
		displayName,
		name,
		type: 'resourceLocator',
		default: { mode: id === undefined ? 'list' : 'id', value: id ?? '' },
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				placeholder: `Select a ${of}...`,
				// Without it the editor asks for a credential first, which by default nobody has.
				typeOptions: { searchListMethod, searchable: true, skipCredentialsCheckInRLC: true },
			},
			{ displayName: 'By ID', name: 'id', type: 'string', placeholder: `e.g. ${example}` },
		],
		...more,
	};
}
