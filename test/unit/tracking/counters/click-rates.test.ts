import {
	clickRates,
	clicksInWords,
	type ClickCounts,
} from '../../../../src/tracking/counters/click-rates';

const counts = (over: Partial<ClickCounts> = {}): ClickCounts => ({
	clicks: 70,
	machineClicks: 12,
	sentRecipients: 1000,
	clickedOfSent: 44,
	opened: 238,
	openedAndClicked: 40,
	...over,
});
const wordsOf = (over: Partial<ClickCounts> = {}) => clicksInWords(clickRates(counts(over)));

describe('the click rates', () => {
	it('are of those who were sent to, and of those who were seen to open', () => {
		expect(clickRates(counts())).toEqual({
			clicked: { recipients: 44, sentRecipients: 1000, rate: 0.044 },
			clickToOpen: {
				recipients: 40,
				opened: 238,
				rate: 40 / 238,
				// By hand with Wilson's formula.
				low: expect.closeTo(0.126, 3),
				high: expect.closeTo(0.221, 3),
			},
		});
	});

	it('are none where no link was ever followed, and 0 where only machines followed one', () => {
		const none = { clicks: 0, clickedOfSent: 0, openedAndClicked: 0 };
		expect(clickRates(counts({ ...none, machineClicks: 0 }))).toBeNull();
		expect(clickRates(counts(none))).toMatchObject({
			clicked: { rate: 0 },
			clickToOpen: { rate: 0, low: 0 },
		});
	});

	it('divide by nobody nowhere', () => {
		const rates = clickRates(
			counts({ sentRecipients: 0, clickedOfSent: 0, opened: 0, openedAndClicked: 0 }),
		);
		expect(rates).toMatchObject({
			clicked: { rate: null },
			clickToOpen: { rate: null, low: null, high: null },
		});
	});

	it('are said in a sentence that names what each is of', () => {
		expect(wordsOf()).toBe(
			'44 of 1,000 recipients clicked (4.4 %); of the 238 with a counted open, 17 % clicked as well',
		);
		expect(wordsOf({ opened: 0, openedAndClicked: 0 })).toBe(
			'44 of 1,000 recipients clicked (4.4 %)',
		);
		expect(wordsOf({ sentRecipients: 0, clickedOfSent: 0 })).toBe(
			'No message is registered as sent, so there is no click rate; of the 238 with a counted open, 17 % clicked as well',
		);
		expect(clicksInWords(null)).toBe('No link was followed, so there is no click rate');
	});
});
