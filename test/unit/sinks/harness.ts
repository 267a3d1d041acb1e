import { deliver } from '../../../src/sinks/delivery/deliver';
import type {
	Delivery,
	DeliverDeps,
	DeliverSettings,
	SinkItem,
} from '../../../src/sinks/delivery/delivery';
import type { CredentialValues, Sink, SinkRequest, SinkResponse } from '../../../src/sinks/sink';
import { readOptions } from '../../../src/sinks/sink-parameters';
import { newOpenEvent, type OpenEvent } from '../../../src/tracking/event/open-event';

export const NOW = new Date('2026-11-21T12:00:00.000Z');

/** A full event of an identified recipient; `number` makes its ids distinct. */
export function anOpen(number = 1, changes: Partial<OpenEvent> = {}): OpenEvent {
	const digits = String(number).padStart(12, '0');
	const event = newOpenEvent({
		eventId: `0193495c-7a00-7000-8000-${digits}`,
		occurredAt: new Date(NOW.getTime() - 3_600_000 + number * 1000).toISOString(),
		recipientId: `ada${number}@example.com`,
		pixelId: 'pixel-1',
		campaignId: 'autumn',
		messageId: 'message-1',
		trackingMode: 'identified',
		purpose: 'performance',
		actor: 'human',
		actorReason: 'ua-thunderbird',
		rulesVersion: '1',
		client: { family: 'Thunderbird', os: 'Linux', device: 'desktop' },
		consent: { status: 'given', recordId: 'consent-1', policy: 'consent-required' },
	});
	return { ...event, ...changes };
}

/** A full click of an identified recipient. */
export function aClick(number = 1, changes: Partial<OpenEvent> = {}): OpenEvent {
	return anOpen(number, {
		event: 'click',
		purpose: 'clicks',
		link: { url: 'https://shop.example/boots', position: 2, label: 'boots' },
		...changes,
	});
}

export function opens(count: number, changes: Partial<OpenEvent> = {}): OpenEvent[] {
	return Array.from({ length: count }, (_, index) => anOpen(index + 1, changes));
}

/** The i-th event of `opens` for people whose ids are no addresses. */
export function plainOpens(count: number): OpenEvent[] {
	return opens(count).map((event, index) => ({ ...event, recipientId: `r${index + 1}` }));
}

export function answer(
	status: number,
	body: unknown = '',
	headers: Record<string, string> = {},
): SinkResponse {
	return { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

/** A scripted destination: each request takes the next answer, the last one stays. */
export type Script = ReadonlyArray<SinkResponse | Error | ((request: SinkRequest) => SinkResponse)>;

export interface Run {
	deliveries: Delivery[];
	statuses: string[];
	requests: SinkRequest[];
	/** Milliseconds that passed on the fake clock */
	elapsedMs: number;
}

const SETTINGS: Omit<DeliverSettings, 'options' | 'credential'> = {
	batchSize: 1_000_000,
	concurrency: 1,
	maxAttempts: 4,
	timeoutMs: 30_000,
	maxTotalMs: 600_000,
	backoff: { firstMs: 1000, longestMs: 60_000 },
};

/** A clock that only sleeping moves; `random` gives the middle. */
export function fakeDeps(send: DeliverDeps['send']): DeliverDeps & { elapsedMs(): number } {
	let elapsed = 0;
	return {
		send,
		async sleep(ms) {
			elapsed += ms;
		},
		random: () => 0.5,
		now: () => new Date(NOW.getTime() + elapsed),
		elapsedMs: () => elapsed,
	};
}

export async function run(
	sink: Sink,
	events: ReadonlyArray<OpenEvent | SinkItem>,
	script: Script,
	settings: Partial<DeliverSettings> & { options?: Record<string, string | boolean> } = {},
): Promise<Run> {
	const requests: SinkRequest[] = [];
	const deps = fakeDeps(async (request) => {
		const next = script[Math.min(requests.length, script.length - 1)];
		requests.push(request);
		if (next instanceof Error) throw next;
		return typeof next === 'function' ? next(request) : next;
	});
	const items = events.map((one) =>
		'event' in one && typeof one.event === 'object' ? one : { event: one as OpenEvent },
	);
	const deliveries = await deliver(
		items as SinkItem[],
		sink,
		{
			...SETTINGS,
			credential: sampleCredential(sink),
			...settings,
			options: readOptions(sink.parameters, { ...requiredOptions(sink), ...settings.options }),
		},
		deps,
	);
	return {
		deliveries,
		statuses: deliveries.map((one) => one.status),
		requests,
		elapsedMs: deps.elapsedMs(),
	};
}

/** A value for every credential field, secrets recognisable. */
export function sampleCredential(sink: Sink): CredentialValues {
	const values = sink.credential.fields.map((field) => {
		const isUrl = /url/i.test(field.name);
		const sample = isUrl
			? `https://${sink.name.toLowerCase()}.example.com/`
			: `${field.name}-value`;
		return [field.name, field.default || sample] as const;
	});
	return Object.fromEntries(values);
}

function requiredOptions(sink: Sink): Record<string, string> {
	return Object.fromEntries(
		sink.parameters
			.filter((one) => one.type === 'string' && one.required && one.default === '')
			.map((one) => [one.name, `${one.name}_value`]),
	);
}

export function bodyOf(request: SinkRequest): unknown {
	return JSON.parse(request.body ?? 'null');
}
