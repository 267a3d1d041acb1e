import type { IDataObject } from 'n8n-workflow';

import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { readSigning } from '../../nodes/shared/installation/signing';
import { TrackingPixel } from '../../nodes/TrackingPixel/TrackingPixel.node';
import { createLookups } from '../../src/intake/lookups';
import { RECEIVE_DEFAULTS } from '../../src/intake/receive-defaults';
import { createReceiveDeps } from '../../src/intake/receive-deps';
import type { RetentionStep } from '../../src/tracking/people/retention';
import { receiveOpen } from '../../src/tracking/receive/receive-open';
import { executeNode } from '../support/node-context';
import { MACHINE, PERSON } from '../support/tracking-api';
import { askTrackingApi } from '../support/tracking-api-request';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const CAMPAIGN = 'spring';
const PEOPLE = ['ada@example.com', 'bob@example.com', 'eve@example.com'];
const ADA = PEOPLE[0];

describe('rates in mode Pseudonymous', () => {
	let folder: UserFolder;
	let pixelId: string;
	/** What the sender calls the three people */
	let ids: string[];

	beforeEach(() => {
		folder = newUserFolder();
	});
	afterEach(async () => await folder.remove());

	const run = async (parameters: Record<string, unknown>) => {
		const { output } = await executeNode(new OpenTracking(), [{ json: {} }], { parameters });
		return output[0].map((item) => item.json);
	};
	const makePixel = async () => {
		const store = await folder.store();
		const made = { name: 'Spring', campaignId: CAMPAIGN, trackingMode: 'pseudonymous' } as const;
		pixelId = (await store.createPixel(made)).id;
	};
	const registerSent = async (message: Record<string, unknown>) => {
		for (const sentRecipientId of ids) {
			const answers = await run({
				resource: 'recipient',
				operation: 'registerSent',
				sentPixelId: pixelId,
				sentRecipientId,
				...message,
			});
			expect(answers).toMatchObject([{ registered: true }]);
		}
	};

	/** By the Mail Tracker API: Ada opens, Apple's prefetch loads for Bob, nobody for Eve. */
	const sendByApi = async () => {
		await makePixel();
		const { body } = await askTrackingApi({
			method: 'POST',
			path: `/api/v1/pixels/${pixelId}/generate-tokens`,
			json: { emails: PEOPLE },
			parameters: { access: 'none' },
		});
		const { tokens } = JSON.parse(body) as { tokens: Array<{ token: string }> };
		const { recipients } = await (await folder.store()).listRecipients({ pixelId, limit: 10 });
		expect(recipients.map(({ email }) => email)).toEqual(PEOPLE);
		ids = recipients.map(({ recipientId }) => recipientId);
		// The field Tracking Mode is left at Identified: the pixel allows less.
		await registerSent({});
		for (const [index, headers] of [PERSON, MACHINE].entries()) {
			const path = `/tracker/${pixelId}.png?token=${tokens[index].token}`;
			await askTrackingApi({ path, headers });
		}
	};

	/** The same by Add Many and Create Tracking Link, under a trigger. */
	const sendByNodes = async () => {
		await makePixel();
		ids = ['ada', 'bob', 'eve'];
		await run({
			resource: 'recipient',
			operation: 'addMany',
			pixelId,
			recipients: JSON.stringify(
				ids.map((recipientId, at) => ({ recipientId, email: PEOPLE[at] })),
			),
		});
		await registerSent({
			sentCampaignId: CAMPAIGN,
			sentFields: { trackingMode: 'pseudonymous' },
		});
		const store = await folder.store();
		const keys = await readSigning({});
		const deps = createReceiveDeps({
			signing: () => keys,
			lookups: createLookups(async () => store),
		});
		for (const [index, headers] of [PERSON, MACHINE].entries()) {
			const { output } = await executeNode(new TrackingPixel(), [{ json: {} }], {
				parameters: {
					operation: 'createLink',
					recipientId: ids[index],
					campaignId: CAMPAIGN,
					linkOptions: { pixelId, trackingMode: 'pseudonymous' },
				},
			});
			const { token: t } = output[0][0].json.tracking as { token: string };
			const load = { method: 'GET', query: { t }, headers, ip: null, receivedAt: new Date() };
			const { event } = await receiveOpen(load, { ...RECEIVE_DEFAULTS }, deps);
			await store.recordOpens(event === null ? [] : [event]);
		}
	};

	for (const [doors, send] of [
		['generate-tokens and the image of the API', sendByApi],
		['Add Many, Create Tracking Link and the trigger', sendByNodes],
	] as const) {
		it(`are those of the people behind the pseudonyms, by ${doors}`, async () => {
			await send();
			const store = await folder.store();
			for (const counts of [
				await store.getCampaign(CAMPAIGN),
				(await store.getPixel(pixelId))?.counts,
			]) {
				expect(counts).toMatchObject({ recipients: 3, sentRecipients: 3, uniqueOpens: 1 });
				expect(counts?.rates.confirmed.recipients).toBe(1);
				expect(counts?.rates.hidden.recipients).toBe(1);
			}
			for (const state of ['opened', 'hidden', 'notOpened'] as const) {
				const asked = { campaignId: CAMPAIGN, state, limit: 10 };
				const { rows } = await store.campaignRecipients(asked);
				expect(rows.map(({ recipientId }) => recipientId)).toEqual([
					expect.stringMatching(/^p_[0-9a-f]{32}$/),
				]);
			}
			const { rows } = await store.campaignRecipients({ campaignId: CAMPAIGN, limit: 10 });
			// With the mail server's log an exact time would say whose pseudonym it is.
			for (const { lastSentAt } of rows) expect(lastSentAt).toMatch(/:00:00\.000Z$/);
			const sentBefore = new Date(Date.now() + 1000);
			const missed = await store.listNotOpened({ pixelId, sentBefore, limit: 10 });
			expect(missed.recipients.map(({ recipientId }) => recipientId)).toEqual(
				Array(2).fill(expect.stringMatching(/^p_/)),
			);
			const { recipients } = await store.listRecipients({ pixelId, limit: 10 });
			expect(recipients.map(({ email, counts }) => [email, counts.opens])).toEqual(
				PEOPLE.map((email) => [email, 0]),
			);
		});

		it(`find a person for a copy and an erasure, by ${doors}`, async () => {
			await send();
			const [copy] = (await run({
				resource: 'privacy',
				operation: 'exportPerson',
				personId: ADA,
				controllerName: 'Example Ltd',
				controllerContact: 'privacy@example.com',
			})) as IDataObject[];
			expect(copy).toMatchObject({ found: true });
			expect(copy.opens).toHaveLength(1);
			expect(copy.recipients).toMatchObject([
				{ pixelId, email: ADA },
				{ pixelId, messages: 1 },
			]);
			await run({ resource: 'privacy', operation: 'erasePerson', personId: ADA });
			const store = await folder.store();
			expect(await store.getCampaign(CAMPAIGN)).toMatchObject({
				recipients: 2,
				sentRecipients: 2,
				uniqueOpens: 0,
			});
			const [answer] = await run({
				resource: 'recipient',
				operation: 'registerSent',
				sentPixelId: pixelId,
				sentRecipientId: ids[0],
			});
			expect(answer).toMatchObject({ registered: false });
		});

		it(`end with the period of opens, the addresses as well, by ${doors}`, async () => {
			await send();
			const store = await folder.store();
			const now = new Date();
			const kept = await store.countKept({ now, endingBefore: now });
			expect(kept).toMatchObject({ addresses: 3, addressesWithoutEnd: 0 });
			const later = new Date(Date.now() + 3_600_000);
			const why = { countsFrom: 'load', period: 'none', because: 'a test' };
			const plan: RetentionStep[] = [
				{ dataClass: 'open', action: 'delete', deleteBefore: later, ...why },
			];
			const [{ records }] = await store.applyRetention(plan, { dryRun: true });
			expect(await store.applyRetention(plan, { dryRun: false })).toMatchObject([{ records }]);
			const left = await store.countKept({ now, endingBefore: now });
			expect(left).toMatchObject({ addresses: 0, people: 0, sentMessages: 0 });
		});

		it(`lose a recipient that is deleted, by ${doors}`, async () => {
			await send();
			const store = await folder.store();
			const [ada] = (await store.listRecipients({ pixelId, limit: 10 })).recipients;
			await run({ resource: 'recipient', operation: 'delete', recipientRowId: ada.id });
			expect((await store.getPixel(pixelId))?.counts).toMatchObject({ recipients: 2, opens: 1 });
			const { rows } = await store.campaignRecipients({
				campaignId: CAMPAIGN,
				state: 'opened',
				limit: 10,
			});
			expect(rows).toMatchObject([{ recipientId: expect.stringMatching(/^deleted-/) }]);
		});
	}
});
