import { DomUtils, parseDocument } from 'htmlparser2';

import {
	consentMessagePage,
	consentPage,
	rightsPage,
} from '../../../../src/reports/consent-page/consent-page';
import {
	PAGE_LANGUAGES,
	PAGE_WORDS,
} from '../../../../src/reports/consent-page/consent-page-words';

const NOTICE = 'We count <b>opens</b> & more.\n\nSecond paragraph.';

const all = (html: string, name: string) =>
	DomUtils.getElementsByTagName(name, parseDocument(html), true);
const textOf = (html: string, name: string) =>
	all(html, name).map((element) => DomUtils.textContent(element));
const page = (over: Partial<Parameters<typeof consentPage>[0]> = {}) =>
	consentPage({
		language: 'de',
		notice: NOTICE,
		states: [
			{ purpose: 'performance', status: 'given' },
			{ purpose: 'image-held', status: 'unknown' },
		],
		message: null,
		...over,
	});

describe('the consent page', () => {
	it('shows the notice as it was written, and a choice for each purpose with none made', () => {
		const html = page();
		expect(textOf(html, 'p')).toContain(NOTICE);
		const inputs = all(html, 'input').map(({ attribs }) => attribs);
		expect(inputs.map(({ name, value }) => `${name}=${value}`)).toEqual([
			// Lynx chooses the first of a group by itself: it must not be an answer.
			'performance=',
			'performance=given',
			'performance=no',
			'image-held=',
			'image-held=given',
			'image-held=no',
		]);
		expect(inputs.filter((input) => 'checked' in input)).toEqual([]);
	});

	it.each(PAGE_LANGUAGES)('speaks %s alone', (language) => {
		const words = PAGE_WORDS[language];
		for (const html of [page({ language }), rightsPage(language)]) {
			expect(all(html, 'html')[0].attribs.lang).toBe(language);
			expect(textOf(html, 'title')).toEqual(textOf(html, 'h1'));
			// The other pages start with a link in English.
			expect(all(html, 'a')).toEqual([]);
		}
		const said = consentMessagePage(language, 'erased', '<i>1</i>');
		expect(textOf(said, 'p')).toEqual([words.erased, '<i>1</i>']);
	});

	it('sends its forms to its own address, which carries the token, and asks nobody for anything', () => {
		for (const html of [page(), rightsPage('en')]) {
			expect(all(html, 'form').map(({ attribs }) => attribs)).not.toHaveLength(0);
			for (const { attribs } of all(html, 'form')) expect(attribs).toEqual({ method: 'post' });
			for (const name of ['script', 'img', 'iframe', 'base']) expect(all(html, name)).toEqual([]);
			for (const link of all(html, 'link')) expect(link.attribs.href).toBe('data:,');
			const referrer = all(html, 'meta').find(({ attribs }) => attribs.name === 'referrer');
			expect(referrer?.attribs.content).toBe('no-referrer');
		}
	});
});
