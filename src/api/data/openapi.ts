import { z } from 'zod4';

import { RESPONSE_SCHEMAS, type ResponseName } from './response-schemas';

/** What a route answers with when all is well. */
type Answer = ResponseName | 'html' | 'image' | 'csv' | 'jsonl' | 'file' | 'redirect';

interface Operation {
	summary: string;
	/** Who may: with the key or sign-in to read, to manage, or anybody */
	access: 'read' | 'manage' | 'anybody';
	status?: number;
	answers: readonly Answer[];
	/** Of parameters in the query, what each is */
	query?: Readonly<Record<string, string>>;
	/** Fields of a JSON body, and those that must be there */
	body?: { fields: Readonly<Record<string, object>>; required: readonly string[] };
	/** Other answers of this route than the errors of all */
	others?: Readonly<Record<number, ResponseName>>;
}

const text = { type: 'string' };
const PERIOD = { range: 'A period such as 30d', from: 'Its first day', to: 'Its last day' };
const PAGE = { page: 'Number of the page, from 1' };
const LIST = { ...PERIOD, ...PAGE, q: 'A part of the name', sort: 'The column to sort by' };
const CAMPAIGN = {
	...PERIOD,
	...PAGE,
	id: 'The campaign ID',
	show: 'Recipients in one state: opened, notOpened, hidden, machineOnly, clicked or notClicked',
	q: 'A part of the recipient ID',
};
const PAGING = { limit: 'How many at once, 1 to 1,000' };

/** A page that whoever may read gets. */
function page(summary: string, query: Readonly<Record<string, string>> = {}): Operation {
	return { summary, access: 'read', answers: ['html'], query };
}

/** Every route, by method and path as the router knows it. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
	'GET /api/openapi.json': {
		summary: 'This description',
		access: 'read',
		answers: ['Description'],
	},
	'GET /api/v1/events': {
		summary:
			'Opens and clicks in the order of storing, so that none that came in late is missed. Go on with the header X-Next-Cursor; X-Has-More says whether there are more by now. One comes again when its label changed: replace by eventId.',
		access: 'read',
		answers: ['jsonl', 'csv'],
		query: {
			...PAGING,
			cursor: 'X-Next-Cursor of the answer before; from the start, when left out',
			format: 'jsonl (default) or csv',
		},
	},
	'GET /api/v1/campaigns': {
		summary: 'Campaigns with their open and click rates, most recently loaded first',
		access: 'read',
		answers: ['Campaigns', 'csv'],
		query: {
			...PAGING,
			offset: 'How many to skip',
			search: 'A part of the campaign ID',
			format: 'json (default) or csv',
		},
	},
	'GET /api/v1/links': {
		summary: 'The links of a campaign or a pixel that were followed, in the order of the email',
		access: 'read',
		answers: ['Links', 'csv'],
		query: {
			campaignId: 'The campaign ID; this or pixelId',
			pixelId: 'The pixel ID',
			format: 'json (default) or csv',
		},
	},
	'GET /api/pixel/create': {
		summary: 'Make a pixel',
		access: 'manage',
		answers: ['CreatedPixel'],
		query: {
			name: 'Name on the dashboard',
			metadata: 'The same, for clients that send it under this name',
			trackingMode: 'The most that an open may leave behind',
		},
	},
	'POST /api/pixel/check': {
		summary: 'Ask whether a pixel was opened, and whether a link was followed',
		access: 'read',
		answers: ['PixelStatus'],
		body: { fields: { id: text }, required: ['id'] },
		others: { 404: 'PixelNotFound' },
	},
	'GET /api/dashboard': {
		summary: 'Totals and the newest pixels',
		access: 'read',
		answers: ['Dashboard'],
	},
	'POST /api/v1/pixels': {
		summary: 'Make a pixel; as multipart/form-data with an image of its own in the field image',
		access: 'manage',
		status: 201,
		answers: ['NamedPixel'],
		body: {
			fields: {
				name: text,
				campaignId: text,
				trackingMode: text,
				sample: { type: 'boolean' },
			},
			required: ['name'],
		},
	},
	'DELETE /api/v1/pixels/:id': {
		summary: 'Delete a pixel with its log, recipients and image',
		access: 'manage',
		answers: ['Success'],
	},
	'POST /api/v1/pixels/:id/generate-tokens': {
		summary: 'Make a tracking link for each address',
		access: 'manage',
		answers: ['Tokens'],
		body: {
			fields: { emails: { type: 'array', items: text, maxItems: 10_000 } },
			required: ['emails'],
		},
	},
	'GET /api/v1/pixels/:id/generate-tokens/csv': {
		summary: 'The same list as CSV',
		access: 'manage',
		answers: ['csv'],
	},
	'DELETE /api/v1/recipients/:id': {
		summary: 'Delete a recipient; the log stays, without the address',
		access: 'manage',
		answers: ['DeletedRecipient'],
	},
	'GET /tracker/:file': {
		summary: 'The image that emails load; always a 200 with an image',
		access: 'anybody',
		answers: ['image'],
		query: { token: 'Whose email it is in', user: 'The reader, where plain IDs are allowed' },
	},
	'GET /uploads/:file': {
		summary: 'The image of a pixel, without opening it',
		access: 'anybody',
		answers: ['image'],
	},
	'GET /dashboard': page('The dashboard', {
		live: 'on, to show live figures',
		pixel: 'A pixel whose address is shown',
	}),
	'GET /dashboard/live': page('The live figures of the dashboard, which load again every 30 s'),
	'GET /campaigns': page('All campaigns', LIST),
	'GET /campaign': page('One campaign: its three open rates, and who opened', CAMPAIGN),
	'GET /campaign/recipients.csv': {
		summary: 'The recipients that the page of the campaign lists',
		access: 'read',
		answers: ['csv'],
		query: CAMPAIGN,
	},
	'GET /campaign/links.csv': {
		summary: 'The links of a campaign that were followed',
		access: 'read',
		answers: ['csv'],
		query: { id: CAMPAIGN.id },
	},
	'GET /compare': page('Two to four campaigns at the same age', {
		id: 'The ID of a campaign, once for each',
	}),
	'GET /pixels': page('All pixels', LIST),
	'GET /recipients': page('All recipients', LIST),
	'GET /opens': page('All opens', LIST),
	'GET /setup': page('What is wrong with the installation, and what to do'),
	'GET /search': page('Campaigns, pixels and recipients with a text in their name', { q: 'The text' }),
	'GET /person': page('What is stored of one recipient', { id: 'The recipient ID' }),
	'POST /person/export': {
		summary: 'What the form on the page of a recipient sends to get everything about them',
		access: 'manage',
		answers: ['file'],
	},
	'POST /person/withdraw': {
		summary: 'What the form on the page of a recipient sends to withdraw consent for them',
		access: 'manage',
		status: 303,
		answers: ['redirect'],
	},
	'POST /person/erase': {
		summary: 'What the form on the page of a recipient sends to erase them',
		access: 'manage',
		answers: ['html'],
	},
	'POST /dashboard/pixels': {
		summary: 'What the form on the dashboard sends to make a pixel',
		access: 'manage',
		status: 303,
		answers: ['redirect'],
	},
	'POST /dashboard/sample/delete': {
		summary: 'What the form on the dashboard sends to delete sample data',
		access: 'manage',
		status: 303,
		answers: ['redirect'],
	},
	'GET /logs/:id': {
		summary: 'The log of one pixel',
		access: 'read',
		answers: ['html'],
		query: { page: 'Number of the page, from 1' },
	},
	'POST /logs/:id/delete': {
		summary: 'What the form on a log page sends to delete the pixel',
		access: 'manage',
		status: 303,
		answers: ['redirect'],
	},
};

const MEDIA: Record<Exclude<Answer, ResponseName | 'redirect'>, object> = {
	html: { 'text/html': { schema: text } },
	csv: { 'text/csv': { schema: text } },
	file: { 'application/json': { schema: { type: 'object' } } },
	jsonl: { 'application/x-ndjson': { schema: { $ref: '#/components/schemas/Event' } } },
	image: { 'image/*': { schema: { type: 'string', contentEncoding: 'binary' } } },
};

/**
 * The description of all routes, as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0).
 *
 * @param headerName where programs send their key
 */
export function openApiDocument({ baseUrl, headerName }: { baseUrl: string; headerName: string }) {
	const paths: Record<string, Record<string, object>> = {};
	for (const [route, operation] of Object.entries(OPERATIONS)) {
		const [method, path] = route.split(' ');
		(paths[pathOf(path)] ??= {})[method.toLowerCase()] = operationOf(path, operation);
	}
	const schemas = Object.fromEntries(
		Object.entries(RESPONSE_SCHEMAS).map(([name, schema]) => [name, jsonSchemaOf(schema)]),
	);
	return {
		openapi: '3.1.0',
		info: { title: 'Email open tracking', version: '1' },
		servers: [{ url: baseUrl }],
		paths,
		components: {
			schemas,
			securitySchemes: {
				key: { type: 'apiKey', in: 'header', name: headerName },
				signIn: { type: 'http', scheme: 'basic' },
			},
		},
	};
}

function pathOf(path: string): string {
	return path.replace(/:(\w+)/g, '{$1}');
}

function operationOf(path: string, operation: Operation): object {
	const { summary, access, status = 200, answers, query = {}, body, others = {} } = operation;
	const named = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
	const parameters = [
		...named.map((name) => ({ name, in: 'path', required: true, schema: text })),
		...Object.entries(query).map(([name, description]) => ({
			name,
			in: 'query',
			description,
			schema: text,
		})),
	];
	const isPage = !path.startsWith('/api/');
	const error = {
		description: 'What is wrong',
		content: isPage ? MEDIA.html : jsonOf('Error'),
	};
	return {
		summary: access === 'anybody' ? summary : `${summary} (to ${access})`,
		...(parameters.length > 0 && { parameters }),
		...(body && {
			requestBody: {
				required: true,
				content: {
					'application/json': {
						schema: { type: 'object', properties: body.fields, required: body.required },
					},
				},
			},
		}),
		responses: {
			[status]: { description: summary, ...contentOf(answers) },
			...(access !== 'anybody' && { default: error }),
			...Object.fromEntries(
				Object.entries(others).map(([code, name]) => [
					code,
					{ description: name, content: jsonOf(name) },
				]),
			),
		},
		security: access === 'anybody' ? [] : [{ [isPage ? 'signIn' : 'key']: [] }],
	};
}

function contentOf(answers: readonly Answer[]): { content?: object } {
	const content = answers.map((answer) => {
		if (answer === 'redirect') return {};
		return answer in MEDIA ? MEDIA[answer as keyof typeof MEDIA] : jsonOf(answer as ResponseName);
	});
	const all = Object.assign({}, ...content) as object;
	return Object.keys(all).length > 0 ? { content: all } : {};
}

function jsonOf(name: ResponseName): object {
	return { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } };
}

/** What OpenAPI 3.1 takes a schema to be written in. */
const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

function jsonSchemaOf(schema: z.ZodType): object {
	// As input: more fields may come, so a client must not refuse those that it does not know.
	const { $schema, ...described } = z.toJSONSchema(schema, { io: 'input' });
	if ($schema !== DIALECT) throw new Error(`OpenAPI 3.1 takes ${DIALECT} alone.`);
	return described;
}
