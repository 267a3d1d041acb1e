import type { INodeProperties } from 'n8n-workflow';

/** Name of the field that says whether a node works with the credential *Email Open Tracking*. */
export const STORE_AND_KEYS = 'storeAndKeys';

/**
 * The last field of the panel of every node that needs the store or the keys. While it is at its
 * default no credential is shown, because a person takes a credential on top for required.
 *
 * @param displayOptions when the node needs store or keys at all, if not always
 */
export function storeAndKeysField(
	displayOptions?: INodeProperties['displayOptions'],
): INodeProperties {
	return {
		displayName: 'Store and Keys',
		name: STORE_AND_KEYS,
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Built In',
				value: 'builtIn',
				description: 'What this n8n keeps on its own. There is nothing to set up.',
			},
			{
				name: 'From Credential',
				value: 'credential',
				description: 'A PostgreSQL server, signing keys or an address of your own',
			},
		],
		default: 'builtIn',
		description:
			'Where opens are kept and what links are signed with. Choose the same in all nodes.',
		...(displayOptions && { displayOptions }),
	};
}

/**
 * Puts the credential below the field that asks for it, where the node has no other that belongs on
 * top. n8n's editor shows the credentials of a node in the place of a parameter of this type.
 */
export const credentialBelow: INodeProperties = {
	displayName: 'Credentials',
	name: 'credentials',
	type: 'credentials',
	default: '',
	displayOptions: { show: { [STORE_AND_KEYS]: ['credential'] } },
};
