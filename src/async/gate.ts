/** Lets so much work begin at a time; what comes beyond that waits, and begins together. */
export interface Gate<Item> {
	/**
	 * Asks to begin work with one item.
	 *
	 * @returns what to begin with: this item, or after a wait all that waited, in order; `null` where
	 *   this item is among those of another caller
	 */
	enter(item: Item): Promise<Begun<Item> | null>;
}

export interface Begun<Item> {
	items: Item[];
	/** Says that this work has ended. Calls after the first have no effect. */
	end(): void;
}

interface Waiting<Item> {
	item: Item;
	begin(begun: Begun<Item> | null): void;
}

export interface GateOptions {
	/** Works under way at most */
	most: number;
	/** Items that begin together at most */
	together: number;
	/** A work that has not said that it ended counts as ended after so many milliseconds. */
	forgetAfterMs: number;
}

/**
 * @example
 * const gate = createGate<string>({ most: 50, together: 100, forgetAfterMs: 30_000 });
 * const begun = await gate.enter('open');
 */
export function createGate<Item>({ most, together, forgetAfterMs }: GateOptions): Gate<Item> {
	let underWay = 0;
	let waiting: Array<Waiting<Item>> = [];

	const begin = (items: Item[]): Begun<Item> => {
		underWay += 1;
		let isOver = false;
		const end = () => {
			if (isOver) return;
			isOver = true;
			clearTimeout(forgetting);
			underWay -= 1;
			beginWaiting();
		};
		const forgetting = setTimeout(end, forgetAfterMs).unref();
		return { items, end };
	};
	const beginWaiting = (): void => {
		const [first, ...others] = waiting.slice(0, together);
		if (first === undefined) return;
		waiting = waiting.slice(together);
		first.begin(begin([first, ...others].map(({ item }) => item)));
		for (const other of others) other.begin(null);
	};
	return {
		enter: async (item) => {
			if (underWay < most) return begin([item]);
			return await new Promise((resolve) => waiting.push({ item, begin: resolve }));
		},
	};
}
