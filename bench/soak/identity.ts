/** What the process that makes the load is told. */
export interface LoadOrder {
	/** This machine unless it is given */
	host?: string;
	port: number;
	path?: string;
	/** In front of the ids of its recipients */
	prefix?: string;
	/** Loads per second, of all connections together */
	rate: number;
	seconds: number;
	connections: number;
	/** Each connection has recipients of its own, so that the loads of a recipient have an order */
	recipientsPerConnection: number;
}

/** What it did. */
export interface LoadReport {
	order: LoadOrder;
	/** Per connection: loads sent, and the numbers of those that were not answered with the image */
	clients: Array<{ sent: number; unanswered: number[] }>;
	/** In milliseconds, of all answers */
	latencyMs: { p50: number; p99: number; max: number };
}

/**
 * Who a load is by: the message number of a recipient grows by one with each of their loads.
 *
 * @param client number of the connection
 * @param load number of the load on that connection
 */
export function identityOf(
	client: number,
	load: number,
	{ recipientsPerConnection: recipients, prefix = '' }: LoadOrder,
): { recipientId: string; messageId: string } {
	return {
		recipientId: `${prefix}${client}-${load % recipients}`,
		messageId: String(Math.floor(load / recipients)),
	};
}

/** Counts where loads arrived, in the order of their arrival. */
export function createArrivals() {
	const counts = new Map<string, number[]>();
	const latest = new Map<string, number>();
	let total = 0;
	let outOfOrder = 0;
	return {
		note: (recipientId: string, messageId: string): void => {
			const number = Number(messageId);
			const ofRecipient = counts.get(recipientId) ?? [];
			counts.set(recipientId, ofRecipient);
			ofRecipient[number] = (ofRecipient[number] ?? 0) + 1;
			if (number < (latest.get(recipientId) ?? 0)) outOfOrder += 1;
			latest.set(recipientId, number);
			total += 1;
		},
		total: () => total,
		/** Compares with what was sent. `missing` were answered but never arrived. */
		compare: ({ order, clients }: LoadReport) => {
			let answered = 0;
			let missing = 0;
			let repeated = 0;
			for (const [client, { sent, unanswered }] of clients.entries()) {
				const lost = new Set(unanswered);
				for (let load = 0; load < sent; load += 1) {
					const { recipientId, messageId } = identityOf(client, load, order);
					const times = counts.get(recipientId)?.[Number(messageId)] ?? 0;
					if (!lost.has(load)) answered += 1;
					if (!lost.has(load) && times === 0) missing += 1;
					if (times > 1) repeated += 1;
				}
			}
			return { answered, missing, repeated, outOfOrder, total };
		},
	};
}

export type Arrivals = ReturnType<typeof createArrivals>;
