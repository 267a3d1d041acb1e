import { isDeepStrictEqual } from 'node:util';

import {
	selectors,
	type Browser,
	type BrowserContext,
	type Locator,
	type Page,
} from 'playwright-core';

/** n8n's editor with one workflow open, as a signed-in person sees it. */
export interface Editor {
	context: BrowserContext;
	page: Page;
	/** Double-clicks a node of the canvas, once the panel of another one is closed. */
	openPanel(nodeName: string): Promise<Panel>;
	/** Fills the workflow that is open from a file: ⋯ → Import → From file. */
	importFile(path: string): Promise<void>;
	/** Publishes the workflow that is open, and confirms what n8n says then. */
	publish(): Promise<void>;
	/** Takes the workflow that is open off the air. */
	unpublish(): Promise<void>;
	/** Points at a trigger of the canvas, and presses *Execute workflow* beside it. */
	run(triggerName: string): Promise<void>;
}

/** The panel of one node. Whatever is chosen, is chosen with the mouse. */
export interface Panel {
	/** The names above the fields and the texts of notices that are on screen, from the top */
	labels(): Promise<string[]>;
	/** The credentials that can be connected, from the top */
	credentials(): Promise<string[]>;
	/** Opens the list of a parameter, and gives the names in it. */
	list(parameter: string): Promise<string[]>;
	/** Opens the list of a parameter, and chooses a name in it. */
	choose(parameter: string, optionName: string): Promise<void>;
	/** Opens the list of what can be added to a collection, and gives the names in it. */
	addable(collection: string): Promise<string[]>;
	/** Searches the list of what the store knows, gives the names in it, and takes the first one. */
	pick(parameter: string, search: string): Promise<string[]>;
	type(parameter: string, text: string): Promise<void>;
	/**
	 * Makes a credential: clicks on *Connect to …*, flips switches, fills fields, and saves it, which
	 * tries it.
	 */
	connect(credential: string, fields: Record<string, string>, flipped?: string[]): Promise<void>;
	/** The address that stands under Webhook URLs → Production URL */
	productionUrl(): Promise<string>;
	/** Clicks on Execute step, and waits until the node has run and its output shows a text. */
	execute(expected: string): Promise<void>;
	close(): Promise<void>;
}

/** Signs in and opens a workflow, `new` for one that is not there yet. */
export async function openEditor(
	browser: Browser,
	n8n: { url: string; owner: { email: string; password: string } },
	workflowId: string,
): Promise<Editor> {
	selectors.setTestIdAttribute('data-test-id');
	const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
	const login = await context.request.post(`${n8n.url}/rest/login`, {
		data: { emailOrLdapLoginId: n8n.owner.email, password: n8n.owner.password },
	});
	if (!login.ok()) throw new Error(`n8n refused the sign-in (${login.status()})`);
	const page = await context.newPage();
	await page.goto(`${n8n.url}/workflow/${workflowId}`);
	// Lists that fade in and out would make up most of the time.
	await page.addStyleTag({
		content: '* { transition: none !important; animation: none !important }',
	});
	return {
		context,
		page,
		openPanel: async (nodeName) => {
			const ndv = page.getByTestId('ndv');
			if (await ndv.isVisible()) await panelOf(page).close();
			await page.locator(`[data-test-id=canvas-node][data-node-name="${nodeName}"]`).dblclick();
			await ndv.getByTestId('node-parameters').waitFor();
			return panelOf(page);
		},
		importFile: async (path) => {
			await page.getByTestId('workflow-menu').click();
			await page.getByRole('menuitem', { name: 'Import', exact: true }).click();
			const asked = page.waitForEvent('filechooser');
			await page.getByRole('menuitem', { name: 'From file' }).click();
			await (await asked).setFiles(path);
			await page.getByTestId('canvas-node').first().waitFor();
		},
		publish: async () => {
			await page.getByTestId('workflow-open-publish-modal-button').click();
			await page.getByTestId('workflow-publish-button').click();
			const dialog = page.getByRole('dialog').filter({ hasText: 'Workflow published' });
			await dialog.getByRole('button', { name: 'Got it' }).click();
			await dialog.waitFor({ state: 'hidden' });
		},
		run: async (triggerName) => {
			// n8n greets somebody who publishes for the first time with a list that hides the canvas.
			const greeting = page.getByTestId('suggested-actions-close');
			if (await greeting.isVisible()) await greeting.click();
			const trigger = page.locator(`[data-test-id=canvas-node][data-node-name="${triggerName}"]`);
			await trigger.hover();
			await page.getByTestId(`execute-workflow-button-${triggerName}`).click();
		},
		unpublish: async () => {
			await page.getByTestId('version-menu-button').click();
			await page.getByRole('menuitem', { name: 'Unpublish' }).click();
			const dialog = page.getByRole('dialog').filter({ hasText: 'Unpublish' });
			await dialog.getByRole('button', { name: 'Unpublish' }).click();
			await dialog.waitFor({ state: 'hidden' });
		},
	};
}

function panelOf(page: Page): Panel {
	const ndv = page.getByTestId('ndv');
	const form = ndv.getByTestId('node-parameters');
	const field = (parameter: string) => form.getByTestId(`parameter-input-${parameter}`);
	const openedBy = async (trigger: Locator) => {
		await trigger.click();
		const list = page.locator(`[id="${await trigger.getAttribute('aria-controls')}"]`);
		await list.getByRole('option').first().waitFor();
		return list;
	};
	const namesIn = async (list: Locator) => await firstLines(list.getByRole('option'));
	const read = async (trigger: Locator) => {
		const list = await openedBy(trigger);
		const names = await namesIn(list);
		await page.keyboard.press('Escape');
		await list.waitFor({ state: 'hidden' });
		return names;
	};

	return {
		labels: async () =>
			await firstLines(form.locator('[data-test-id=input-label]:visible, .notice-content:visible')),
		credentials: async () =>
			(await form.getByRole('button', { name: 'Connect to ' }).allInnerTexts()).map((text) =>
				text.replace(/^Connect to /, ''),
			),
		list: async (parameter) => await read(field(parameter).getByRole('combobox')),
		choose: async (parameter, optionName) => {
			const list = await openedBy(field(parameter).getByRole('combobox'));
			const position = (await namesIn(list)).indexOf(optionName);
			if (position < 0) throw new Error(`${parameter} does not offer "${optionName}"`);
			await list.getByRole('option').nth(position).click();
			await list.waitFor({ state: 'hidden' });
		},
		addable: async (collection) =>
			await read(
				form
					.getByTestId('parameter-item')
					.filter({ has: page.getByText(collection, { exact: true }) })
					.getByTestId('collection-parameter-add')
					.getByRole('combobox'),
			),
		pick: async (parameter, search) => {
			const locator = form.getByTestId(`resource-locator-${parameter}`);
			await locator.getByTestId('rlc-input').click();
			await page.getByTestId('rlc-search').locator('visible=true').fill(search);
			const found = page
				.getByTestId('rlc-item')
				.locator('visible=true')
				.filter({ hasText: new RegExp(search, 'i') });
			await found.first().waitFor();
			const names = await firstLines(page.getByTestId('rlc-item').locator('visible=true'));
			await found.first().click();
			return names;
		},
		type: async (parameter, text) => {
			const locator = form.getByTestId(`resource-locator-${parameter}`);
			if (await locator.isVisible()) {
				await locator.getByTestId('rlc-mode-selector').click();
				await page.getByRole('option', { name: 'By ID' }).locator('visible=true').click();
				const byId = locator.getByTestId('rlc-input').locator('visible=true');
				await byId.fill(text);
				await byId.blur();
				// n8n takes the text over a moment later, and runs nothing before.
				await locator.getByTestId('parameter-issues').waitFor({ state: 'hidden' });
				return;
			}
			const input = field(parameter).locator('input, textarea');
			await input.fill(text);
			await input.blur();
		},
		connect: async (credential, fields, flipped = []) => {
			await form.getByRole('button', { name: `Connect to ${credential}` }).click();
			const dialog = page.getByTestId('editCredential-modal');
			for (const name of flipped) {
				await dialog.getByTestId(`parameter-input-${name}`).locator('.el-switch').click();
			}
			for (const [name, value] of Object.entries(fields)) {
				await dialog.getByTestId(`parameter-input-${name}`).locator('input').fill(value);
			}
			await dialog.getByTestId('credential-save-button').click();
			// It stays open where its test fails.
			await dialog.waitFor({ state: 'hidden' });
		},
		productionUrl: async () => {
			await form.getByText('Webhook URLs').click();
			await form.getByRole('radio', { name: 'Production URL' }).click();
			const address = form.getByText('/webhook/');
			await address.waitFor();
			return (await address.innerText()).trim();
		},
		execute: async (expected) => {
			const output = ndv.getByTestId('output-panel');
			const result = output.locator('[data-test-id^=node-run-status-]');
			// What came out for other settings is marked as stale.
			await result.waitFor({ state: 'hidden' });
			await ndv.getByTestId('node-execute-button').click();
			await result.waitFor();
			await output.getByText(expected).first().waitFor();
		},
		close: async () => {
			await ndv.getByTestId('ndv-close-button').click();
			await ndv.waitFor({ state: 'hidden' });
		},
	};
}

/** What stands first in each: the name, without the hint or description below it. */
async function firstLines(elements: Locator): Promise<string[]> {
	return (await elements.allInnerTexts()).map((text) => text.trim().split('\n')[0]);
}

/** Reads until it is what is wanted, for at most ten seconds; gives what was read last. */
export async function settled<T>(read: () => Promise<T>, wanted: T): Promise<T> {
	const giveUpAt = Date.now() + 10_000;
	for (;;) {
		const value = await read();
		if (isDeepStrictEqual(value, wanted) || Date.now() > giveUpAt) return value;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}
