import type { IAuthenticate, ICredentialDataDecryptedObject, INodeProperties } from 'n8n-workflow';

import type {
	CredentialField,
	CredentialValues,
	OAuth2Settings,
	SinkCredential,
} from '../src/sinks/sink';

/** The fields that n8n shows for the credential of a destination. */
export function credentialProperties({ fields, oauth2 }: SinkCredential): INodeProperties[] {
	return [...fields.map(fieldProperty), ...(oauth2 ? oauth2Properties(oauth2) : [])];
}

/** Adds the login of a destination to a request, as n8n asks a credential type to. */
export function credentialLogin(credential: SinkCredential): IAuthenticate {
	return async (values, request) => {
		const { headers, query } =
			credential.authenticate?.(credentialValues(credential, values)) ?? {};
		return {
			...request,
			headers: { ...request.headers, ...headers },
			qs: { ...request.qs, ...query },
		};
	};
}

/** What the user entered, as text by field name; other data of the credential is left out. */
export function credentialValues(
	credential: SinkCredential,
	data: ICredentialDataDecryptedObject,
): CredentialValues {
	return Object.fromEntries(credential.fields.map(({ name }) => [name, String(data[name] ?? '')]));
}

function fieldProperty(field: CredentialField): INodeProperties {
	const { name, displayName, placeholder, description, options } = field;
	return {
		displayName,
		name,
		...(options
			? { type: 'options' as const, options: options.map((option) => ({ ...option })) }
			: { type: 'string' as const }),
		...(field.secret && { typeOptions: { password: true } }),
		default: field.default,
		...(field.required && { required: true }),
		...(placeholder !== undefined && { placeholder }),
		...(description !== undefined && { description }),
	};
}

/** What n8n's own OAuth 2 credential would ask for, set by the destination. */
function oauth2Properties(oauth2: OAuth2Settings): INodeProperties[] {
	return [
		hidden('Grant Type', 'grantType', oauth2.grantType),
		hidden('Authorization URL', 'authUrl', withFields(oauth2.authUrl ?? '')),
		hidden('Access Token URL', 'accessTokenUrl', withFields(oauth2.tokenUrl)),
		hidden('Scope', 'scope', oauth2.scope),
		hidden('Auth URI Query Parameters', 'authQueryParameters', oauth2.authQuery ?? ''),
		hidden('Authentication', 'authentication', 'body'),
	];
}

function hidden(displayName: string, name: string, value: string): INodeProperties {
	return { displayName, name, type: 'hidden', default: value };
}

/** `{field}` as the expression by which n8n reads another field of the same credential. */
function withFields(url: string): string {
	if (!url.includes('{')) return url;
	return `=${url.replace(/\{(\w+)\}/g, '{{ $self["$1"].trim().replace(/\\/+$$/, "") }}')}`;
}
