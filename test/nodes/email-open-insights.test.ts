import type { IDataObject } from 'n8n-workflow';
import { NodeHelpers } from 'n8n-workflow';

import { EmailOpenInsights } from '../../nodes/EmailOpenInsights/EmailOpenInsights.node';
import { QUESTIONS } from '../../nodes/EmailOpenInsights/questions';
import { generateKey } from '../../src/mailer';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import { keysOf } from '../support/denylist-keys';
import { fillDigests } from '../support/known-answers';
import { executeNode } from '../support/node-context';
import { panelDescriptions } from '../support/node-panel';
import { expectSchema, schemaFile } from '../support/output-schemas';
import { sampleOpen } from '../support/sample-opens';
import { fillSampleStore } from '../support/sample-store';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const node = new EmailOpenInsights();
const CAMPAIGN = { campaignId: 'newsletter' };
/** What a user fills in, by operation, and what the answer begins with. */
const ENTRIES: Record<string, [IDataObject, RegExp]> = {
	compareCampaigns: [
		{ campaignIds: 'newsletter, spring-launch' },
		/^\d+ h after the first message, "[\w-]+" had \d+ % confirmed/,
	],
	setupHealth: [{}, /^Public address: Links begin with http:\/\/localhost:1\/webhook/],
	whatChanged: [{}, /^Campaign digest-7: 5\.0 % have opened after 72 hours/],
	findCampaigns: [{ search: 'Spring' }, /^1 campaign with "Spring" in its ID/],
	campaignRates: [CAMPAIGN, /^Open rate: \d+ % of the \d+ readers who can be seen; \d+ use/],
	whoHasNotOpened: [CAMPAIGN, /^\d+ recipients of 240 have no counted open; the first 50/],
	whoOpened: [CAMPAIGN, /^The 50 recipients who opened last are listed; there are more/],
};

const withAddresses = (parameters: IDataObject) => ({ ...parameters, emailAddresses: true });

describe('Email Open Insights', () => {
	let folder: UserFolder;
	let store: TrackingStore;
	beforeAll(async () => {
		folder = newUserFolder();
		store = await folder.store();
		await fillSampleStore(store, new Date(), { clicks: true });
		await fillDigests(store);
		await store.recordOpens([sampleOpen({ campaignId: 'aggregate', recipientId: null })]);
		await store.changeSegments(
			Array.from({ length: 240 }, (_, index) => ({
				recipientId: `r-${index}`,
				segments: [index < 3 ? 'board' : 'customers'],
				how: 'add' as const,
			})),
			keysOf,
		);
	}, 60_000);
	afterAll(async () => await folder.remove());

	const run = async (
		operation: string,
		parameters: IDataObject = {},
		continueOnFail = false,
		credential: Record<string, string> = {},
	) => {
		const { output } = await executeNode(node, [{ json: { chatInput: 'Who?' } }], {
			parameters: { operation, ...parameters },
			continueOnFail,
			credentials: {
				emailOpenTrackingApi: { baseUrl: 'http://localhost:1/webhook', ...credential },
			},
		});
		return output[0];
	};

	it.each(Object.entries(ENTRIES))(
		'answers %s in one item, with words, and its schema says so',
		async (operation, [parameters, words]) => {
			const output = await run(operation, parameters);
			expect(output).toHaveLength(1);
			const [{ json, pairedItem }] = output;
			expect(pairedItem).toEqual({ item: 0 });
			expect(json.answer).toMatch(words);
			expect(json.caution).toMatch(/not that anybody read it|does not prove that images load/);
			expect(JSON.stringify(json)).not.toContain('@');
			const addressed = 'people' in json ? await run(operation, withAddresses(parameters)) : [];
			const items = [...addressed.map((item) => item.json), json];
			expectSchema(schemaFile('EmailOpenInsights', 1, operation), items);
		},
	);

	it('is tried with every operation', () => {
		expect(Object.keys(ENTRIES).sort()).toEqual(QUESTIONS.map(({ value }) => value).sort());
	});

	it('changes nothing in the store', async () => {
		const before = await store.getDashboard({ recentOpens: 5 });
		for (const [operation, [parameters]] of Object.entries(ENTRIES)) {
			await run(operation, parameters);
		}
		expect(await store.getDashboard({ recentOpens: 5 })).toEqual(before);
	});

	it('says what is wrong with the setup while the store is away, and tells no secret of it', async () => {
		const credential = {
			connectionStringSecret: 'postgresql://tracker:a-password@127.0.0.1:1/opens',
			tls: 'disable',
			activeSecretKey: generateKey(),
		};
		const [{ json }] = await run('setupHealth', {}, false, credential);
		expect(json.answer).toContain('Store: It cannot be used');
		const text = JSON.stringify(json);
		expect(text).not.toContain('a-password');
		expect(text).not.toContain(credential.activeSecretKey.split(':')[1]);
		await expect(run('whatChanged', {}, false, credential)).rejects.toMatchObject({
			context: { itemIndex: 0 },
		});
	});

	it.each(['whoOpened', 'whoHasNotOpened'])(
		'%s gives addresses and more rows only when that is chosen',
		async (operation) => {
			const few = await run(operation, { ...CAMPAIGN, limit: 2, emailAddresses: true });
			expect(few[0].json).toMatchObject({
				more: true,
				people: [
					{ email: expect.stringMatching(/@example\.com$/) },
					{ email: expect.stringMatching(/@example\.com$/) },
				],
			});
		},
	);

	it.each([
		['whoOpened', { campaignId: 'nothing' }, 'There is no campaign with this ID'],
		['campaignRates', { campaignId: 'nothing' }, 'There is no campaign with this ID'],
		['compareCampaigns', { campaignIds: 'newsletter,no' }, 'There is no campaign with this ID'],
		['compareCampaigns', { campaignIds: 'newsletter' }, 'Give two to four different campaigns'],
		['whoHasNotOpened', { campaignId: 'aggregate' }, 'No message of this campaign is registered'],
		['whoOpened', {}, 'Campaign ID is empty'],
		['whoOpened', { ...CAMPAIGN, limit: 0 }, 'Limit is not a number of at least 1'],
		['compareCampaigns', {}, 'Campaign IDs is empty'],
	])('refuses %s with %j', async (operation, parameters, message) => {
		await expect(run(operation, parameters)).rejects.toMatchObject({
			message: expect.stringContaining(message),
			context: { itemIndex: 0 },
		});
		const [{ json }] = await run(operation, parameters, true);
		expect(json).toEqual({ chatInput: 'Who?', error: expect.stringContaining(message) });
	});

	describe('as the tool that n8n makes of it', () => {
		const toolParameters = async (operation: string) => {
			const descriptions = await panelDescriptions();
			const tool = descriptions.find(({ name }) => name === 'emailOpenInsightsTool')!;
			return NodeHelpers.getNodeParameters(
				tool.properties,
				{ operation },
				true,
				false,
				{ typeVersion: 1 },
				tool,
			)!;
		};

		it.each(QUESTIONS.map(({ value }) => value))(
			'tells a model what %s answers and what an open is, in as much as models take',
			async (operation) => {
				const { toolDescription } = await toolParameters(operation);
				expect(toolDescription).toMatch(/^(Compares|Finds|Says|Lists) /);
				expect(toolDescription).toContain(
					operation === 'setupHealth'
						? 'does not prove that images load for readers'
						: 'does not prove that anybody read',
				);
				// The most that OpenAI takes.
				expect(String(toolDescription).length).toBeLessThanOrEqual(1024);
			},
		);

		it.each(QUESTIONS)(
			'has the model fill in what $value asks, and nothing else',
			async (question) => {
				const parameters = JSON.stringify(await toolParameters(question.value));
				const filled = [...parameters.matchAll(/\$fromAI\('(\w+)'/g)].map(([, name]) => name);
				expect(filled).toEqual(question.asked.map(({ property }) => property.name));
			},
		);
	});
});
