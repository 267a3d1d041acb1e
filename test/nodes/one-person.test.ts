import { parse } from 'csv-parse/sync';
import type { IDataObject } from 'n8n-workflow';

import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { TrackingPixel } from '../../nodes/TrackingPixel/TrackingPixel.node';
import { erasureReceiptSchema } from '../../src/tracking/people/erasure';
import { allBytes } from '../support/n8n-instance';
import { executeNode } from '../support/node-context';
import { PERSON } from '../support/tracking-api';
import { askTrackingApi } from '../support/tracking-api-request';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const node = new OpenTracking();
const CARLA = 'marker-carla@example.com';
const SPELLED = ' Marker-Carla@EXAMPLE.com';
const BOB = 'bob@example.com';
const CONTROLLER = { controllerName: 'Example Ltd', controllerContact: 'privacy@example.com' };

interface Token {
	email: string;
	token: string | null;
	trackingUrl: string | null;
	untracked?: string;
}

describe('a person whom only the Mail Tracker API knows', () => {
	let folder: UserFolder;
	let pixels: string[];

	const run = async (parameters: Record<string, unknown>, json: IDataObject = {}) => {
		const { output } = await executeNode(node, [{ json }], { parameters });
		return output[0];
	};
	const generate = async (id: string, emails: string[]) => {
		const { body } = await askTrackingApi({
			method: 'POST',
			path: `/api/v1/pixels/${id}/generate-tokens`,
			json: { emails },
			parameters: { access: 'none' },
		});
		return JSON.parse(body) as { generated: number; tokens: Token[] };
	};
	const load = async (id: string, token: string | null) =>
		await askTrackingApi({ path: `/tracker/${id}.png?token=${token ?? ''}`, headers: PERSON });
	const opens = async () => (await (await folder.store()).listOpens({ limit: 100 })).opens;

	beforeEach(async () => {
		folder = newUserFolder();
		const store = await folder.store();
		pixels = [];
		for (const name of ['Launch', 'News']) pixels.push((await store.createPixel({ name })).id);
	});
	afterEach(async () => await folder.remove());

	/** Carla and Bob get a token on both pixels, and load both. */
	const fill = async () => {
		const tokens: string[] = [];
		for (const id of pixels) {
			const { tokens: made } = await generate(id, [SPELLED, BOB]);
			for (const { token } of made) {
				await load(id, token);
				tokens.push(token ?? '');
			}
		}
		expect(await opens()).toHaveLength(4);
		return tokens;
	};
	const withdraw = async (personId: string) =>
		await run({
			resource: 'consent',
			operation: 'withdraw',
			personId,
			withdrawMethod: 'reply to an email',
		});

	it('is exported by the address, with every pixel', async () => {
		await fill();
		for (const personId of [CARLA, SPELLED]) {
			const [{ json }] = await run({
				resource: 'privacy',
				operation: 'exportPerson',
				personId,
				...CONTROLLER,
			});
			expect(json).toMatchObject({ found: true, remark: null });
			expect(json.recipients).toMatchObject([{ pixelId: pixels[0] }, { pixelId: pixels[1] }]);
			expect(json.opens).toHaveLength(2);
			expect(JSON.stringify(json)).not.toContain('bob');
		}
	});

	it('withdraws by the address: later loads leave nothing, and no door makes a link', async () => {
		const [token] = await fill();
		await withdraw(CARLA);
		const [{ json: consent }] = await run({
			resource: 'consent',
			operation: 'get',
			personId: SPELLED,
		});
		expect(consent).toMatchObject({ status: 'withdrawn' });
		for (const id of pixels) await load(id, token);
		await load(pixels[0], token);
		expect((await opens()).filter(({ recipientId }) => recipientId !== null)).toHaveLength(4);

		const { generated, tokens } = await generate(pixels[0], [BOB, CARLA.toUpperCase()]);
		expect(generated).toBe(1);
		expect(tokens).toMatchObject([
			{ email: BOB, token: expect.any(String) },
			{ token: null, trackingUrl: null, untracked: 'The person withdrew consent to be tracked' },
		]);
		const { body } = await askTrackingApi({
			path: `/api/v1/pixels/${pixels[1]}/generate-tokens/csv`,
			parameters: { access: 'none' },
		});
		const rows: string[][] = parse(body);
		expect(rows.slice(1).map(([email, made]) => [email, made !== ''])).toEqual([
			[SPELLED.trim(), false],
			[BOB, true],
		]);
		const [embed] = await run({
			resource: 'pixel',
			operation: 'getEmbedCode',
			pixelId: pixels[0],
			embedRecipientId: SPELLED,
		});
		expect(embed.json).toMatchObject({
			url: null,
			embedCode: null,
			untracked: 'The person withdrew consent to be tracked',
		});
		const { output } = await executeNode(new TrackingPixel(), [{ json: {} }], {
			parameters: { operation: 'createLink', recipientId: SPELLED },
		});
		expect(output[0][0].json.tracking).toMatchObject({
			url: null,
			untracked: 'The person withdrew consent to be tracked',
		});
	});

	it('is erased by the address, stays erased, and is in no file', async () => {
		const [token] = await fill();
		const [{ json }] = await run({
			resource: 'privacy',
			operation: 'erasePerson',
			personId: SPELLED,
		});
		const receipt = erasureReceiptSchema.parse(json);
		expect(receipt.found).toBe(true);
		expect(receipt.erased).toContainEqual({ dataClass: 'open', records: 2 });
		expect(receipt.erased).toContainEqual({ dataClass: 'recipient', records: 2 });

		await load(pixels[0], token);
		await withdraw(CARLA);
		const { generated, tokens } = await generate(pixels[1], [CARLA]);
		expect(generated).toBe(0);
		expect(tokens).toMatchObject([
			{ token: null, untracked: 'The person was erased and is not tracked again' },
		]);
		const [added] = await run({
			resource: 'recipient',
			operation: 'addMany',
			pixelId: pixels[0],
			recipients: JSON.stringify([{ recipientId: 'marker-7', email: CARLA }]),
		});
		expect(added.json).toEqual({
			recipientId: 'marker-7',
			added: false,
			because: 'The person was erased, so nothing is kept about them again',
		});
		const [sent] = await run({
			resource: 'recipient',
			operation: 'registerSent',
			sentPixelId: pixels[0],
			sentRecipientId: CARLA,
		});
		expect(sent.json).toMatchObject({
			registered: false,
			because: 'The person was erased, so nothing is kept about them again',
		});
		expect(await opens()).toHaveLength(2);
		const bytes = allBytes(folder.path).toString('latin1');
		expect(bytes).toContain(BOB);
		expect(bytes.toLowerCase()).not.toContain('marker-');
	});

	it('says in a receipt that nothing was found of somebody unknown', async () => {
		const [{ json }] = await run({
			resource: 'privacy',
			operation: 'erasePerson',
			personId: 'nobody@example.com',
		});
		expect(json).toMatchObject({
			found: false,
			remark: expect.stringMatching(/^Nothing was found under this address/),
		});
	});
});
