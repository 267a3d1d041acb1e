import { answerLikeOthers, noteAnswer } from '../../nodes/EmailOpenTrigger/answers-so-far';
import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';

describe('the answer to a load that is not kept', () => {
	it('is the default pixel at once while there is nothing to imitate', () => {
		expect(answerLikeOthers('new', () => 0)).toMatchObject({ image: PIXEL_PNG, afterMs: 0 });
	});

	it('is the image of the workflow, after a time one of its latest answers took', () => {
		const image = Buffer.from('own image');
		for (let tookMs = 1; tookMs <= 100; tookMs += 1) {
			noteAnswer('busy', { image, contentType: 'image/png', tookMs });
		}
		const times = Array.from({ length: 64 }, (_, index) => {
			const answer = answerLikeOthers('busy', () => index / 64);
			expect(answer).toMatchObject({ image, contentType: 'image/png' });
			return answer.afterMs;
		});
		// The first 36 answers are no longer remembered.
		expect(times.sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, i) => i + 37));
	});

	it('starts earlier where timers are late, until it takes as long as the others', () => {
		noteAnswer('late', { image: PIXEL_PNG, contentType: undefined, tookMs: 20 });
		let took = 0;
		for (let turn = 0; turn < 200; turn += 1) {
			const answer = answerLikeOthers('late', () => 0);
			took = answer.afterMs + 4;
			answer.sent(took);
		}
		expect(took).toBeCloseTo(20, 1);
	});
});
