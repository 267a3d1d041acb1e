import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { v7 as uuidv7 } from 'uuid';

import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { subjectOf } from '../../nodes/shared/person/subject';
import { TrackingPixel } from '../../nodes/TrackingPixel/TrackingPixel.node';
import { signingOf } from '../../nodes/shared/installation/signing';
import { collectorFolder } from '../../nodes/shared/receive/collector-log';
import { waitingFolders } from '../../nodes/shared/receive/waiting-opens';
import { openCollectorLog } from '../../src/collector/log/collector-log';
import type { OpenEvent } from '../../src/tracking/event/open-event';
import type { KeyRing } from '../../src/tracking/links/key-ring';
import {
	readPersonToken,
	signPersonToken,
	type PersonLinkScope,
} from '../../src/tracking/links/person-link';
import { erasureReceiptSchema, subjectExportSchema } from '../../src/tracking/people/erasure';
import { consentRecord, NOTICE } from '../support/consent-records';
import { allBytes } from '../support/n8n-instance';
import { executeContext, executeNode } from '../support/node-context';
import { openEvent } from '../support/open-events';
import { PURPOSES, type Purpose } from '../../src/tracking/event/purpose';
import { newUserFolder, type UserFolder } from '../support/user-folder';
import { keysOf } from '../support/denylist-keys';

const node = new OpenTracking();
const ADA_WITHDRAWS = { personId: 'ada', withdrawMethod: 'reply to an email' };
const CONTROLLER = { controllerName: 'Example Ltd', controllerContact: 'privacy@example.com' };

/** The log of a node whose store is away. */
function logOf(owner: string, keyRing: () => Promise<KeyRing>) {
	const openStore = async () => await Promise.reject(new Error('away'));
	const writer = { owner, store: 'embedded', openStore, keyRing, say: () => undefined };
	return waitingFolders().of(writer).log();
}

describe('consent, rights and retention in Open Tracking', () => {
	let folder: UserFolder;
	beforeEach(() => {
		folder = newUserFolder();
	});
	afterEach(async () => await folder.remove());

	const run = async (resource: string, operation: string, parameters: object = {}) => {
		const { output, responses } = await executeNode(node, [{ json: {} }], {
			parameters: { resource, operation, ...parameters },
		});
		const answer = responses[0] as { body: Buffer; statusCode: number } | undefined;
		return {
			items: output[0].map(({ json }) => json),
			page: answer && String(answer.body),
			status: answer?.statusCode,
			binary: output[0][0]?.binary,
		};
	};
	const keyRing = async () => (await signingOf(executeContext(node, []).context)).keyRing;
	const token = async (recipientId: string, scope: PersonLinkScope) =>
		signPersonToken({ recipientId, scope, issuedAt: new Date() }, await keyRing(), randomBytes(12));
	const record = {
		personId: 'ada',
		consentMethod: 'checkbox',
		noticeText: NOTICE,
		jurisdiction: 'france',
	};

	it('records a consent with its notice, its law and its end, and says where a person stands', async () => {
		const { items } = await run('consent', 'record', {
			...record,
			consentOptions: { occurredAt: '2026-03-01T10:00:00Z' },
		});
		expect(items).toMatchObject([
			{
				recipientKey: 'ada',
				status: 'given',
				jurisdiction: 'FR',
				noticeVersion: '1',
				noticeHash: expect.stringMatching(/^[0-9a-f]{64}$/),
				expiresAt: '2028-03-01T10:00:00.000Z',
			},
		]);
		const got = await run('consent', 'get', { personId: 'ada' });
		expect(got.items).toMatchObject([{ purpose: 'performance', status: 'given' }]);
		await expect(run('consent', 'record', { ...record, noticeText: '' })).rejects.toThrow(
			'Notice is empty',
		);
		await expect(run('consent', 'get', { personId: ' ' })).rejects.toThrow('Recipient ID is empty');
	});

	it('withdraws from everything at once', async () => {
		await run('consent', 'record', record);
		const { items } = await run('consent', 'withdraw', ADA_WITHDRAWS);
		expect(items[0].withdrawn).toHaveLength(PURPOSES.length);
		const got = await run('consent', 'get', { personId: 'ada', consentPurpose: 'profiling' });
		expect(got.items).toMatchObject([{ status: 'withdrawn' }]);
	});

	it('exports the proof with the whole history', async () => {
		await run('consent', 'record', record);
		await run('consent', 'withdraw', { ...ADA_WITHDRAWS, withdrawPurpose: 'performance' });
		const { items } = await run('consent', 'exportProof', { personId: 'ada', ...CONTROLLER });
		const [proof] = items[0]['@graph'] as Array<Record<string, unknown>>;
		expect(proof['dpv:hasConsentStatus']).toMatchObject([
			{ '@type': 'dpv:ConsentGiven' },
			{ '@type': 'dpv:ConsentWithdrawn' },
		]);
		expect(JSON.stringify(proof)).toContain(NOTICE);
	});

	const form = async (recipientId: string, choiceForm: object) => ({
		personToken: await token(recipientId, 'consent'),
		choiceForm: JSON.stringify(choiceForm),
		noticeText: NOTICE,
		consentPurposes: ['performance', 'profiling'],
	});

	it('shows a page that changes nothing, and applies what the form says and no more', async () => {
		const shown = await run('consent', 'showPage', {
			personToken: await token('ada', 'consent'),
			noticeText: '<b>Notice</b>',
			consentPurposes: ['performance', 'profiling'],
			pageLanguage: 'fr',
		});
		expect(shown.page).toContain('lang="fr"');
		expect(shown.page).toContain('&lt;b&gt;Notice&lt;/b&gt;');
		expect(shown.page).not.toContain('checked');
		expect(shown.page).not.toContain('ada');
		const store = await folder.store();
		expect(await store.listConsentRecords('ada')).toEqual([]);

		const saved = await run(
			'consent',
			'applyChoice',
			await form('ada', { action: 'save', performance: 'given', frequency: 'given' }),
		);
		// A purpose that was not on the page cannot be consented to by sending it.
		expect(saved.items).toEqual([{ changed: [{ purpose: 'performance', status: 'given' }] }]);
		expect(saved.page).toContain('Your answers are saved');
		const no = { action: 'save', performance: 'no', profiling: 'no' };
		const changed = await run('consent', 'applyChoice', await form('ada', no));
		expect(changed.items).toEqual([
			{
				changed: [
					{ purpose: 'performance', status: 'withdrawn' },
					{ purpose: 'profiling', status: 'refused' },
				],
			},
		]);
		const none = await run('consent', 'applyChoice', await form('ada', { action: 'save' }));
		expect(none.page).toContain('Nothing was changed');
		// What a text browser sends of questions that nobody answered.
		const untouched = { action: 'save', performance: '', profiling: '' };
		const left = await run('consent', 'applyChoice', await form('ada', untouched));
		expect(left.items).toEqual([{ changed: [] }]);
		expect(left.page).toContain('Nothing was changed');
	});

	it('keeps no more than the first of answers that say the same, and ends a flood of others', async () => {
		const store = await folder.store();
		const records = async (id: string) => (await store.listConsentRecords(id)).length;
		const answer = async (id: string, choiceForm: object) =>
			await run('consent', 'applyChoice', await form(id, choiceForm));
		for (let n = 0; n < 5; n++) {
			await answer('eve', { action: 'withdraw' });
			await answer('kim', { action: 'save', performance: 'given' });
		}
		expect(await records('eve')).toBe(PURPOSES.length);
		expect(await records('kim')).toBe(1);

		let last: Awaited<ReturnType<typeof answer>> | undefined;
		for (let n = 0; n < 60; n++) {
			last = await answer('max', { action: 'save', performance: n % 2 === 0 ? 'no' : 'given' });
		}
		expect(await records('max')).toBeLessThanOrEqual(41);
		expect(last).toMatchObject({ status: 429, items: [{ changed: [] }] });
		expect(last?.page).toContain('answered very often');
		// Saying no works all the same.
		await answer('max', { action: 'save', performance: 'no' });
		expect(await store.getConsent('max', 'performance', new Date())).toMatchObject({
			status: 'withdrawn',
		});
	});

	describe('one click to unsubscribe (RFC 8058)', () => {
		const ONE_CLICK = JSON.stringify({ 'List-Unsubscribe': 'One-Click' });
		const click = async (recipientId: string, scope: PersonLinkScope = 'unsubscribe') =>
			await run('consent', 'unsubscribe', {
				personToken: await token(recipientId, scope),
				unsubscribeForm: ONE_CLICK,
			});
		const statusOf = async (purpose: Purpose) =>
			(await (await folder.store()).getConsent('ada', purpose, new Date())).status;

		it('ends tracking for opens and clicks, answers without a redirect, and says who it was', async () => {
			await run('consent', 'record', record);
			const { items, page, status } = await click('ada');
			expect(items).toEqual([{ unsubscribed: true, recipientId: 'ada' }]);
			expect(status).toBe(200);
			expect(page).toContain('You are no longer tracked');
			expect(page).toContain('is passed on to whoever sends them');
			expect(await statusOf('performance')).toBe('withdrawn');
			expect(await statusOf('clicks')).toBe('withdrawn');
			const [first] = await (await folder.store()).listConsentRecords('ada');
			const records = await (await folder.store()).listConsentRecords('ada');
			expect(records.at(-1)?.method ?? first.method).toBe('one-click unsubscribe (RFC 8058)');
			// Email programs may send it more than once.
			await click('ada');
			expect(await (await folder.store()).listConsentRecords('ada')).toHaveLength(records.length);
		});

		it('shows a page with one button to whoever only opens the address, and changes nothing', async () => {
			const shown = await run('consent', 'showPage', {
				personToken: await token('ada', 'unsubscribe'),
				noticeText: NOTICE,
				pageLanguage: 'de',
			});
			expect(shown).toMatchObject({ status: 200, items: [{ shown: 'unsubscribe' }] });
			expect(shown.page).toContain(
				'<button class="strong" name="List-Unsubscribe" value="One-Click">Abbestellen</button>',
			);
			const unconfirmed = await run('consent', 'unsubscribe', {
				personToken: await token('ada', 'unsubscribe'),
				unsubscribeForm: JSON.stringify({ 'List-Unsubscribe': 'maybe' }),
			});
			expect(unconfirmed.items).toEqual([{ unsubscribed: false, reason: 'Nothing was confirmed' }]);
			expect(unconfirmed.page).toContain('value="One-Click"');
			expect(await (await folder.store()).listConsentRecords('ada')).toEqual([]);
		});

		it.each(['consent', 'rights'] as const)(
			'takes no link for something else (%s), nor lets this one do more',
			async (scope) => {
				expect(await click('ada', scope)).toMatchObject({
					status: 403,
					items: [{ unsubscribed: false, reason: 'The link does not hold' }],
				});
				const own = { personToken: await token('ada', 'unsubscribe') };
				const choice = await run('consent', 'applyChoice', {
					...(await form('ada', { action: 'save', performance: 'given' })),
					...own,
				});
				expect(choice.status).toBe(403);
				const copy = await run('privacy', 'exportPerson', {
					personBy: 'link',
					...CONTROLLER,
					...own,
				});
				expect(copy.status).toBe(403);
				expect(await (await folder.store()).listConsentRecords('ada')).toEqual([]);
			},
		);

		it('tells who it was of somebody who was erased as well, and keeps nothing', async () => {
			await run('privacy', 'erasePerson', { personId: 'ada' });
			expect((await click('ada')).items).toEqual([{ unsubscribed: true, recipientId: 'ada' }]);
			expect(await (await folder.store()).listConsentRecords('ada')).toEqual([]);
		});
	});

	it('has a person mailed three times a day at most, however often a copy is asked for', async () => {
		const links: unknown[] = [];
		for (let n = 0; n < 6; n++) {
			const { items, page } = await run('privacy', 'getConfirmationLink', {
				personBy: 'link',
				personToken: await token('lou', 'consent'),
				requestKind: 'copy',
				controllerContact: 'privacy@example.com',
			});
			expect(page).toContain('privacy@example.com');
			links.push(...items);
		}
		expect(links).toHaveLength(3);
		expect(await (await folder.store()).listPrivacyRequests()).toHaveLength(1);
	});

	it('believes no other link', async () => {
		const forged = await run('consent', 'showPage', {
			personToken: 'CwNhYmNk',
			noticeText: NOTICE,
		});
		expect(forged).toMatchObject({ status: 403, items: [{ shown: 'invalid' }] });
		const consentOnly = await token('ada', 'consent');
		for (const operation of ['exportPerson', 'erasePerson']) {
			const controller = operation === 'exportPerson' ? CONTROLLER : {};
			const { status, items } = await run('privacy', operation, {
				personBy: 'link',
				personToken: consentOnly,
				...controller,
			});
			expect(status).toBe(403);
			expect(items).toMatchObject([{ reason: 'The link does not hold' }]);
		}
	});

	const ask = async (recipientId: string, requestKind: string, more: object = {}) =>
		await run('privacy', 'getConfirmationLink', {
			personBy: 'link',
			personToken: await token(recipientId, 'consent'),
			controllerContact: 'privacy@example.com',
			requestKind,
			...more,
		});

	it('notes what people ask for on the page, and makes a link for their own address', async () => {
		const { items, page } = await ask('ada', 'copy');
		expect(page).toContain('Your request is noted');
		expect(page).toContain('privacy@example.com');
		// Whether an email is sent, only the nodes behind this one know.
		expect(page).not.toMatch(/you will get|mail with/i);
		const url = new URL(String(items[0].confirmationUrl));
		const verdict = readPersonToken(url.searchParams.get('t')!, await keyRing(), new Date());
		expect(verdict).toMatchObject({ ok: true, link: { recipientId: 'ada', scope: 'rights' } });
		await ask('ada', 'copy');
		await ask('bob', 'erasure');
		const { items: open } = await run('privacy', 'getOpenRequests');
		expect(open).toMatchObject([
			{ recipientId: 'ada', request: 'copy' },
			{ recipientId: 'bob', request: 'erasure' },
		]);
		const month = Date.parse(String(open[0].dueAt)) - Date.parse(String(open[0].askedAt));
		expect(month / 86_400_000).toBeGreaterThanOrEqual(28);
		expect(month / 86_400_000).toBeLessThanOrEqual(31);
	});

	it('notes nothing without a contact that the page could show', async () => {
		await expect(ask('ada', 'copy', { controllerContact: ' ' })).rejects.toThrow(
			'Contact is empty',
		);
		expect((await run('privacy', 'getOpenRequests')).items).toEqual([]);
	});

	it('closes a request when its person has got the answer, or by hand', async () => {
		for (const person of ['ada', 'bob', 'eve']) await ask(person, 'copy');
		await ask('bob', 'erasure');
		const byLink = async (recipientId: string) => ({
			personBy: 'link',
			personToken: await token(recipientId, 'rights'),
		});
		const open = async () => (await run('privacy', 'getOpenRequests')).items;

		const { page } = await run('privacy', 'exportPerson', {
			...(await byLink('ada')),
			...CONTROLLER,
		});
		expect(subjectExportSchema.parse(JSON.parse(page!)).requests).toMatchObject([{ kind: 'copy' }]);
		await run('privacy', 'erasePerson', await byLink('bob'));
		expect(await open()).toMatchObject([{ recipientId: 'eve', request: 'copy' }]);
		// An officer who looks at the data has not answered the person.
		await run('privacy', 'exportPerson', { personId: 'eve', ...CONTROLLER });
		expect(await open()).toHaveLength(1);
		await run('privacy', 'closeRequest', { personId: 'eve', requestKind: 'copy' });
		expect(await open()).toEqual([]);
		await expect(
			run('privacy', 'closeRequest', { personId: 'eve', requestKind: 'copy' }),
		).rejects.toThrow('no such open request');
	});

	it('tells an erased person that they are, and stores nothing of them again', async () => {
		const store = await folder.store();
		await run('privacy', 'erasePerson', { personId: 'marker-ada' });
		const shown = await run('consent', 'showPage', {
			personToken: await token('marker-ada', 'consent'),
			noticeText: NOTICE,
		});
		expect(shown.page).toContain('Your data was erased and you are not tracked');
		expect(shown.page).not.toContain('<form');
		for (const action of ['save', 'withdraw']) {
			const answer = await form('marker-ada', { action, performance: 'given' });
			const { page, items } = await run('consent', 'applyChoice', answer);
			expect(page).toContain('Your data was erased');
			expect(page).not.toContain('saved');
			expect(items).toEqual([{ changed: [] }]);
		}
		const asked = await ask('marker-ada', 'copy');
		expect(asked.page).toContain('Your data was erased');
		expect(asked.items).toEqual([]);
		expect(await store.listConsentRecords('marker-ada')).toEqual([]);
		expect(await store.listPrivacyRequests()).toEqual([]);
	});

	it('exports and erases one person, with a receipt that does not name them', async () => {
		const store = await folder.store();
		await store.recordOpens([openEvent({ recipientId: 'marker-ada' })]);
		await store.recordConsent([consentRecord({ recipientKey: 'marker-ada' })], new Date(), keysOf);
		const exported = await run('privacy', 'exportPerson', {
			personId: 'marker-ada',
			...CONTROLLER,
		});
		const document = subjectExportSchema.parse(exported.items[0]);
		expect(document.opens).toHaveLength(1);

		const { items } = await run('privacy', 'erasePerson', {
			personId: 'marker-ada',
			destinations: 'HubSpot, data warehouse',
		});
		const receipt = erasureReceiptSchema.parse(items[0]);
		expect(JSON.stringify(receipt)).not.toContain('marker');
		expect(receipt.erased).toContainEqual({ dataClass: 'open', records: 1 });
		expect(receipt.passedOnTo.map(({ sink }) => sink)).toEqual(['HubSpot', 'data warehouse']);
		expect((await store.listOpens({ limit: 10 })).opens).toEqual([]);
	});

	it('exports, reports and erases clicks as it does opens', async () => {
		const store = await folder.store();
		await store.savePart({
			...tracker,
			settings: { ...tracker.settings, clicks: true },
		});
		const placed = { pixelId: 'p', campaignId: 'spring' };
		await store.createPixel({ id: 'p', name: 'Letter', campaignId: 'spring' });
		await store.addRecipients('p', [{ recipientId: 'ada' }], keysOf);
		const link = { url: 'https://shop.example/boots', position: 1, label: 'Boots' };
		const click = (recipientId: string) =>
			openEvent({ ...placed, recipientId, event: 'click', purpose: 'clicks', link });
		await store.recordOpens([
			openEvent({ ...placed, recipientId: 'ada' }),
			click('ada'),
			click('ada'),
			click('bob'),
		]);
		const { items } = await run('privacy', 'exportPerson', { personId: 'ada', ...CONTROLLER });
		const document = subjectExportSchema.parse(items[0]);
		expect(document.purposes).toContain('clicks');
		expect(document.opens.filter(({ event }) => event === 'click')).toMatchObject([
			{ recipientId: 'ada', purpose: 'clicks', link },
			{ recipientId: 'ada', purpose: 'clicks', link },
		]);
		expect(document.recipients).toContainEqual(
			expect.objectContaining({ counts: expect.objectContaining({ opens: 1, clicks: 2 }) }),
		);
		const { said, page } = await report();
		expect(said).toMatchObject({ counts: { 'Single opens': 1, 'Single clicks': 3 } });
		expect(page).toContain('Clicks, kept for the purpose clicks');
		expect(page).not.toContain('shop.example');

		const erased = await run('privacy', 'erasePerson', { personId: 'ada' });
		expect(erasureReceiptSchema.parse(erased.items[0]).erased).toContainEqual({
			dataClass: 'open',
			records: 3,
		});
		expect(await store.getCampaign('spring')).toMatchObject({
			opens: 0,
			clicks: 1,
			uniqueClicks: 1,
			openedAndClicked: 0,
		});
		expect(await store.listLinkClicks({ campaignId: 'spring' })).toMatchObject([
			{ people: 1, clicks: 1 },
		]);
		const left = await store.listOpens({ limit: 10, event: 'any' });
		expect(left.opens.map(({ recipientId }) => recipientId)).toEqual(['bob']);
	});

	it('cuts the files of store and logs every night, also where nothing was old enough', async () => {
		const store = await folder.store();
		const { id: pixelId } = await store.createPixel({ name: 'Launch' });
		const list = [{ recipientId: 'marker-ada', email: 'marker-ada@example.com' }];
		const { recipients } = await store.addRecipients(pixelId, list, keysOf);
		await store.deleteRecipient(recipients[0]!.id, keysOf);
		const waiting = logOf('w1.n', keyRing);
		const collected = openCollectorLog({ folder: collectorFolder(), durable: true });
		for (const log of [waiting, collected]) {
			log.setConsumers(['store']);
			log.append([JSON.stringify(openEvent({ recipientId: 'marker-bob' }))]);
			log.advance('store', 1);
		}
		expect(allBytes(folder.path).toString('latin1')).toContain('marker-');
		const { items } = await run('retention', 'run');
		expect(items.map(({ records }) => records)).not.toContain(1);
		expect(allBytes(folder.path).toString('latin1')).not.toContain('marker-');
		collected.close();
	});

	it('exports and erases what waits for the store too, and dead letters that name the person', async () => {
		const subject = subjectOf('marker-ada', await keyRing());
		const [pseudonym] = subject.pseudonymsOf('marker-ada', 'spring');
		const newOpen = (changes: Partial<OpenEvent>) =>
			JSON.stringify(openEvent({ eventId: uuidv7(), ...changes }));
		const [one, two] = [logOf('w1.n', keyRing), logOf('w2.n', keyRing)];
		one.append([newOpen({ recipientId: 'marker-ada' }), newOpen({ recipientId: 'grace' })]);
		two.append([newOpen({ recipientId: pseudonym, trackingMode: 'pseudonymous' })]);
		two.append([newOpen({ recipientId: 'marker-ada', occurredAt: '2026-11-20T11:00:00.000Z' })]);
		const [, letter] = two.read('store', 2);
		two.setAside('store', [{ ...letter, reason: 'broken' }], 0, new Date());
		const collector = openCollectorLog({ folder: collectorFolder(), durable: true });
		const lost = newOpen({ recipientId: 'marker-ada' });
		collector.setAside('workflow', [{ seq: 7, event: lost, reason: 'broken' }], 0, new Date());

		const { items: exported } = await run('privacy', 'exportPerson', {
			personId: 'marker-ada',
			...CONTROLLER,
		});
		expect(exported[0].opens).toHaveLength(5);
		const { items } = await run('privacy', 'erasePerson', { personId: 'marker-ada' });
		expect(items[0].erased).toContainEqual({ dataClass: 'waiting-open', records: 5 });
		expect([one.backlog('store', 9), two.backlog('store', 9)]).toEqual([1, 0]);
		expect([two.deadLetterCount(), collector.deadLetterCount()]).toEqual([0, 0]);
		collector.close();
		const bytes = allBytes(join(folder.path, '.n8n')).toString('latin1');
		const found = ['marker-ada', pseudonym, 'grace'].filter((name) => bytes.includes(name));
		expect(found).toEqual(['grace']);
	});

	it('gives with the totals what is not in them, because it waits for the store', async () => {
		expect((await run('statistics', 'dashboard')).items[0].waitingOpens).toEqual({
			waiting: 0,
			oldestAt: null,
			reason: null,
			unfinished: 0,
			refused: 0,
		});
		const event = openEvent();
		logOf('w1.n', keyRing).append([JSON.stringify(event)]);
		expect((await run('statistics', 'dashboard')).items[0].waitingOpens).toMatchObject({
			waiting: 1,
			oldestAt: event.occurredAt,
		});
	});

	it('counts what a run would delete, deletes it, and reports the periods it used', async () => {
		const store = await folder.store();
		await store.recordOpens([openEvent({ occurredAt: '2020-01-01T00:00:00.000Z' })]);
		const periods = { openDays: 30, denylistMonths: 12 };
		const dry = await run('retention', 'dryRun', { periods });
		expect(dry.items).toContainEqual(
			expect.objectContaining({ dataClass: 'open', records: 2, dryRun: true }),
		);
		expect((await store.listOpens({ limit: 10 })).opens).toHaveLength(1);
		const done = await run('retention', 'run', { periods });
		expect(done.items.map(({ records }) => records)).toEqual(
			dry.items.map(({ records }) => records),
		);
		expect((await store.listOpens({ limit: 10 })).opens).toEqual([]);
		expect(await store.listParts()).toMatchObject([
			{ kind: 'retention', settings: { open: { days: 30 }, denylist: { months: 12 } } },
		]);
	});

	const report = async (parameters: object = {}) => {
		const { items, binary } = await run('report', 'getPrivacyReport', {
			...CONTROLLER,
			...parameters,
		});
		const page = Buffer.from(Object.values(binary!)[0].data, 'base64').toString();
		return { said: items[0], page };
	};
	const tracker = {
		kind: 'tracker' as const,
		id: 'w/n',
		name: 'Letters: Email Open Trigger',
		settings: {
			mode: 'identified',
			purpose: 'performance',
			policy: 'objection-honoured',
			policyLabel: 'objection-honoured',
			jurisdiction: null,
			keepAsAggregate: false,
			keep: { ip: 'drop', userAgent: false, referer: false, acceptLanguage: false },
		},
	};

	it('reports what the store holds, also where it is more than what is set', async () => {
		const store = await folder.store();
		await store.savePart(tracker);
		await store.createPixel({ id: 'p', name: 'Letter' });
		await store.addRecipients('p', [{ recipientId: 'h1', email: 'ada@example.com' }], keysOf);
		const request = { ip: '203.0.113.9', userAgent: 'UA', referer: null, acceptLanguage: null };
		await store.recordOpens([openEvent({ trackingMode: 'full', request })]);
		await run('consent', 'withdraw', ADA_WITHDRAWS);
		await run('privacy', 'erasePerson', { personId: 'bob' });

		const { said, page } = await report({ jurisdictions: ['eu'], legalBasis: 'consent' });
		expect(said).toMatchObject({
			trackers: 1,
			counts: {
				'Email addresses': 1,
				'Single opens': 1,
				'People who withdrew': 1,
				'Names of erased people': 1,
			},
		});
		const findings = (said.findings as Array<{ about: string; finding: string }>).map(
			({ about, finding }) => `${about}: ${finding}`,
		);
		for (const finding of [
			/^Letters: Email Open Trigger: It tracks people until they object, though the preset EU Default/,
			/^Legal basis: It is consent, but "Letters: Email Open Trigger" tracks people until they object/,
			/^Stored opens: 1 of mode "full" are kept \(IP address: 1, user agent: 1\)/,
			/^Stored opens: 1 hold an IP address.* not known to consent/,
			/^Retention: It never ran/,
			/^Email addresses: 1 were added and never used/,
			/^Roles: The contact privacy@example\.com is an example/,
		]) {
			expect(findings).toEqual(expect.arrayContaining([expect.stringMatching(finding)]));
		}
		expect(page).not.toContain('203.0.113.9');
		expect(page).not.toContain('ada@example.com');

		await run('retention', 'run');
		const after = JSON.stringify((await report()).said.findings);
		expect(after).not.toContain('It never ran');
	});

	it('compares the report of this month with the one before, which the store keeps', async () => {
		const store = await folder.store();
		await store.savePart(tracker);
		const first = await report();
		expect(first.said).toMatchObject({ comparedWith: null, changed: null, changes: [] });
		// The same month again is no other month to compare with.
		expect((await report()).said).toMatchObject({ comparedWith: null });

		const month = first.said.month as string;
		const made = await store.getPrivacyReportBefore('9999-12');
		expect(made).toMatchObject({ month });
		await store.savePrivacyReport({ ...made!, month: '2020-01' });
		expect((await report()).said).toMatchObject({
			comparedWith: '2020-01',
			changed: false,
			changes: [],
		});

		await store.savePart({ ...tracker, settings: { ...tracker.settings, mode: 'full' } });
		await run('privacy', 'erasePerson', { personId: 'bob' });
		const { said, page } = await report();
		expect(said).toMatchObject({ comparedWith: '2020-01', changed: true });
		expect(said.changes).toEqual([
			{
				about: 'Place: Letters: Email Open Trigger',
				change: 'changed',
				what: 'Mode at most',
				before: 'identified',
				now: 'full',
			},
			{ about: 'Counts', change: 'changed', what: 'Names of erased people', before: '0', now: '1' },
		]);
		expect(page).toContain('What changed since 2020-01');
	});

	it('shows no number about fewer than ten people, and none to work one out from', async () => {
		const store = await folder.store();
		const client = (family: string) => ({ family, os: null, device: null });
		await store.recordOpens([
			...Array.from({ length: 25 }, (_, index) =>
				openEvent({ recipientId: `a${index}`, client: client('Gmail') }),
			),
			...Array.from({ length: 3 }, (_, index) =>
				openEvent({ recipientId: `b${index}`, client: client('Outlook') }),
			),
		]);
		const all = await run('statistics', 'countPeople');
		expect(all.items).toMatchObject([
			{ campaign: 'spring', by: 'family', value: 'Gmail', count: null, hidden: true },
			{ campaign: 'spring', by: 'family', value: 'Outlook', count: null, hidden: true },
			{ campaign: 'spring', value: null, count: 28, hidden: false, because: null },
			{ campaign: null, value: 'Gmail', count: null, hidden: true },
			{ campaign: null, value: 'Outlook', count: null, hidden: true },
			{ campaign: null, value: null, count: 28, hidden: false },
		]);
		const only = await run('statistics', 'countPeople', { peopleOptions: { only: 'Outlook' } });
		expect(only.items).toEqual(all.items.filter(({ value }) => value === 'Outlook'));
		await expect(run('statistics', 'countPeople', { peopleOptions: { k: 2 } })).rejects.toThrow(
			'Minimum Group Size must be 10 or more',
		);
	});

	it('makes no link for whoever objected or was erased, and says so', async () => {
		const link = async (recipientId: string, linkOptions: object = {}) => {
			const { output } = await executeNode(new TrackingPixel(), [{ json: {} }], {
				parameters: { operation: 'createLink', recipientId, campaignId: 'c', linkOptions },
			});
			return output[0][0].json.tracking as { url: string | null; untracked: string | null };
		};
		expect(await link('ada')).toMatchObject({ url: expect.any(String), untracked: null });
		await run('consent', 'withdraw', ADA_WITHDRAWS);
		expect(await link('ada')).toMatchObject({
			url: null,
			untracked: expect.stringContaining('withdrew'),
		});
		await run('privacy', 'erasePerson', { personId: 'bob' });
		expect(await link('bob')).toMatchObject({
			url: null,
			untracked: expect.stringContaining('erased'),
		});

		const store = await folder.store();
		await store.savePart({
			kind: 'tracker',
			id: 'w/n',
			name: 'Trigger',
			settings: { path: 'email-open/pixel.png', mode: 'pseudonymous' },
		});
		await expect(link('eve', { trackingMode: 'identified' })).rejects.toThrow(
			'allows at most "pseudonymous"',
		);
		await store.createPixel({ id: 'p', name: 'P', trackingMode: 'aggregate' });
		await expect(link('eve', { trackingMode: 'hygiene', pixelId: 'p' })).rejects.toThrow(
			'the pixel allows at most "aggregate"',
		);
	});
});
