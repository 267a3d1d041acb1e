/** Far below the number of values that one statement of either engine can take. */
const MOST_AT_ONCE = 500;

interface Asked<Question, Answer> {
	question: Question;
	resolve(answer: Answer): void;
	reject(error: unknown): void;
}

/**
 * Makes one call of many: what is asked while the first one waits is answered together.
 *
 * @param answer gives one answer per question, in the same order; gets at most 500 at once
 * @param forMs how long the first one waits for others; 0 is the rest of this turn of the event loop
 */
export function batchCalls<Question, Answer>(
	answer: (questions: readonly Question[]) => Promise<readonly Answer[]>,
	forMs = 0,
): (question: Question) => Promise<Answer> {
	let waiting: Array<Asked<Question, Answer>> = [];
	const flush = () => {
		const all = waiting;
		waiting = [];
		for (let start = 0; start < all.length; start += MOST_AT_ONCE) {
			const group = all.slice(start, start + MOST_AT_ONCE);
			answer(group.map(({ question }) => question)).then(
				(answers) => group.forEach(({ resolve }, index) => resolve(answers[index])),
				(error: unknown) => group.forEach(({ reject }) => reject(error)),
			);
		}
	};
	return (question) =>
		new Promise((resolve, reject) => {
			if (waiting.length === 0) {
				if (forMs > 0) setTimeout(flush, forMs);
				else setImmediate(flush);
			}
			waiting.push({ question, resolve, reject });
		});
}
