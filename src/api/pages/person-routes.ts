import { Hono, type Context } from 'hono';

import { messagePage } from '../../reports/pages/message-page';
import { erasureInWords } from '../../reports/people/erasure-words';
import { personPage } from '../../reports/people/person-page';
import type { ApiDeps } from '../api-deps';
import { ApiError } from '../api-error';
import { formToken } from './form-token';
import { frameOf } from './page-frame';
import { backToDashboard, html } from './page-response';
import { readForm } from './read-form';

const MAX_FIELD = 200;

/** The page of one person, and what an officer does for them there. */
export function personRoutes(deps: ApiDeps): Hono {
	const app = new Hono();

	const show = async (c: Context, recipientId: string, notice: string | null = null) => {
		const store = await deps.openStore();
		const { keyRing } = await deps.signing();
		const frame = frameOf(c, deps);
		const page = await personPage(store, {
			...frame,
			recipientId,
			token: formToken(keyRing, frame.now),
			erasing: c.req.query('erase') !== undefined,
			notice,
		});
		if (page === null) throw new ApiError(404, 'Person not found');
		return html(c, page);
	};

	app.get('/person', async (c) => {
		const notice =
			c.req.query('done') === 'withdrawn'
				? 'The withdrawal is recorded. It counts from now on, also for emails that were sent.'
				: null;
		return await show(c, c.req.query('id') ?? '', notice);
	});

	app.post('/person/export', async (c) => {
		const form = await readForm(c, deps);
		const controller = { name: field(form, 'controller'), contact: field(form, 'contact') };
		const document = await deps.rights.exportPerson(personOf(form), controller);
		return c.body(JSON.stringify(document, null, '\t'), 200, {
			'content-type': 'application/json; charset=utf-8',
			'content-disposition': 'attachment; filename="open-tracking-data.json"',
		});
	});

	app.post('/person/withdraw', async (c) => {
		const id = personOf(await readForm(c, deps));
		await deps.rights.withdraw(id);
		return c.redirect(
			`../person?${new URLSearchParams({ id, done: 'withdrawn' }).toString()}`,
			303,
		);
	});

	app.post('/person/erase', async (c) => {
		const receipt = await deps.rights.erasePerson(personOf(await readForm(c, deps)));
		return html(
			c,
			messagePage({
				title: receipt.found ? 'The person was erased' : 'Nothing was erased',
				text: erasureInWords(receipt),
				back: backToDashboard(c),
			}),
		);
	});

	return app;
}

function personOf(form: URLSearchParams): string {
	const id = form.get('id') ?? '';
	if (id === '')
		throw new ApiError(400, 'The form names nobody. Load the page of the person again.');
	return id;
}

function field(form: URLSearchParams, name: string): string {
	const text = (form.get(name) ?? '').trim();
	if (text !== '' && text.length <= MAX_FIELD) return text;
	throw new ApiError(
		400,
		'Fill in Controller and Contact, each with at most 200 characters: an export names who answers for the tracking.',
	);
}
