import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { OpenDataMinimizer } from '../../nodes/OpenDataMinimizer/OpenDataMinimizer.node';
import { OpenEventSink } from '../../nodes/OpenEventSink/OpenEventSink.node';
import { resources } from '../../nodes/OpenTracking/resources';
import { RespondAndLogOpen } from '../../nodes/RespondAndLogOpen/RespondAndLogOpen.node';
import { TrackingConsentFilter } from '../../nodes/TrackingConsentFilter/TrackingConsentFilter.node';
import { TrackingPixel } from '../../nodes/TrackingPixel/TrackingPixel.node';
import { SINKS } from '../../src/sinks/registry';
import { generateKey } from '../../src/tracking/links/key-ring';
import { executeContext, executeNode } from '../support/node-context';
import { openEvent } from '../support/open-events';
import { eventSchema, expectSchema, schemaFile, schemaOf } from '../support/output-schemas';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const event = openEvent({ recipientId: 'ada' }) as unknown as IDataObject;
const credentials = {
	emailOpenTrackingApi: {
		baseUrl: 'https://n8n.example.com/webhook',
		activeSecretKey: generateKey(randomBytes),
	},
};

describe('the output schemas that n8n shows before a node has run', () => {
	let folder: UserFolder;
	beforeEach(() => (folder = newUserFolder()));
	afterEach(async () => await folder.remove());

	const jsonOf = (output: INodeExecutionData[][]) => output.flat().map(({ json }) => json);

	it('say what Respond and Log Open gives out', async () => {
		const { output } = await executeNode(new RespondAndLogOpen(), [{ json: event }]);
		expectSchema(schemaFile('RespondAndLogOpen', 1), jsonOf(output), eventSchema());
	});

	it('say what Tracking Consent Filter adds', async () => {
		const parameters = { consentPolicy: 'objection-honoured' };
		const { output } = await executeNode(new TrackingConsentFilter(), [{ json: event }], {
			parameters,
		});
		const items = jsonOf(output);
		const schema = eventSchema({ trackingConsent: schemaOf(items[0].trackingConsent) });
		expectSchema(schemaFile('TrackingConsentFilter', 1), items, schema);
	});

	it('say what Open Data Minimizer leaves', async () => {
		const { output } = await executeNode(new OpenDataMinimizer(), [{ json: event }]);
		const items = jsonOf(output);
		const all = eventSchema().properties!;
		const properties = Object.fromEntries(
			Object.entries(items[0]).map(([name, value]) => {
				const { properties: inner, ...rest } = all[name] ?? schemaOf(value);
				const kept = Object.entries(inner ?? {}).filter(
					([one]) => !(name in all) || one in (value as object),
				);
				return [name, inner ? { ...rest, properties: Object.fromEntries(kept) } : rest];
			}),
		);
		expectSchema(schemaFile('OpenDataMinimizer', 1), items, { type: 'object', properties });
	});

	it.each([
		['createLink', { recipientId: 'ada' }],
		['embed', { html: '<body>Hello</body>', link: 'https://n8n.example.com/p.png' }],
	])('say what Tracking Pixel adds: %s', async (operation, parameters) => {
		const { output } = await executeNode(new TrackingPixel(), [{ json: {} }], {
			parameters: { operation, ...parameters },
			credentials: operation === 'createLink' ? credentials : {},
		});
		expectSchema(schemaFile('TrackingPixel', 1, operation), jsonOf(output));
	});

	it.each(SINKS.map(({ name }) => name))('say what Open Event Sink adds: %s', async (operation) => {
		// What every destination gives out is the same; one of them is run.
		const { context } = executeContext(new OpenEventSink(), [{ json: event }], {
			parameters: { operation: 'signedWebhook' },
			credentials: {
				openTrackingSignedWebhookApi: {
					url: 'https://sink.example.com/',
					secret: `whsec_${randomBytes(24).toString('base64')}`,
				},
			},
		});
		Object.assign(context.helpers, {
			httpRequestWithAuthentication: async () =>
				await Promise.resolve({ statusCode: 200, headers: {}, body: '' }),
		});
		const items = jsonOf(await new OpenEventSink().execute.call(context));
		const { type, properties } = schemaOf(items[0].delivery);
		const delivery = { type, properties: { ...properties, reason: { type: ['string', 'null'] } } };
		expectSchema(schemaFile('OpenEventSink', 1, operation), items, eventSchema({ delivery }));
	});

	it.each([
		['OpenTrackingTrigger', 2],
		['OpenCollectorTrigger', 1],
	])('say what %s starts a workflow with', (node, version) => {
		expectSchema(schemaFile(node, version), [event], eventSchema());
	});

	it('are there for every operation, and for no other', () => {
		const folderOf = (resource: string) =>
			join(__dirname, '../../nodes/OpenTracking/__schema__/v1.0.0', resource);
		for (const { value, operations } of resources) {
			expect(readdirSync(folderOf(value)).sort()).toEqual(
				operations.map((operation) => `${operation.value}.json`).sort(),
			);
			for (const { value: name } of operations) {
				const schema = JSON.parse(readFileSync(join(folderOf(value), `${name}.json`), 'utf8'));
				expect(schema).toMatchObject({ type: 'object', version: 1 });
			}
		}
	});
});
