import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createReceiveDeps } from '../../../../src/intake/receive-deps';
import { RECEIVE_DEFAULTS } from '../../../../src/intake/receive-defaults';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { parseKeyRing } from '../../../../src/tracking/links/key-ring';
import type { ReceivedOpen } from '../../../../src/tracking/receive/receive-types';
import { receiveClick } from '../../../../src/tracking/receive/receive-click';
import { receiveEvent } from '../../../../src/tracking/receive/receive-event';
import { linkOfClaims } from '../../../../src/tracking/receive/received-link';
import { MAIL_PROGRAM, PERSONS_BROWSER } from '../../../support/browser';
import { onEachEngine, type StorePlace } from '../../../support/stores';

const PAGE = join(__dirname, '../../../../docs/machine-opens.md');
const START_MARK = '<!-- simulated: start -->';
const END_MARK = '<!-- simulated: end -->';

const WINDOWS =
	'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
const PHONE =
	'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1';
const GMAIL_PROXY =
	'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
/** Home, mobile, office; then rented servers of a gateway. All are ranges for documentation. */
const [HOME, HOME_V6, MOBILE] = ['192.0.2.10', '2001:db8:1::10', '198.51.100.20'];
const [CLOUD, CLOUD_2, CLOUD_3] = ['203.0.113.30', '198.18.0.40', '198.19.7.50'];

interface Request {
	/** Seconds after the first one */
	at: number;
	/** Position of the link; an image where there is none */
	link?: number;
	method?: 'GET' | 'HEAD';
	ip: string;
	agent: string;
	/** Whether a person made it, in a story that has both */
	byPerson?: boolean;
}
interface Story {
	who: string;
	isMachine: boolean;
	requests: Request[];
}

const load = (at: number, ip = HOME, agent: string = MAIL_PROGRAM): Request => ({ at, ip, agent });
const click = (at: number, link: number, ip = HOME, agent = PERSONS_BROWSER): Request => ({
	...load(at, ip, agent),
	link,
});
const head = (at: number, link: number, ip: string, agent = WINDOWS): Request => ({
	...click(at, link, ip, agent),
	method: 'HEAD',
});
const scan = (at: number, link: number, ip = CLOUD) => click(at, link, ip, WINDOWS);
const links = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const byPerson = (request: Request): Request => ({ ...request, byPerson: true });

const STORIES: Story[] = [
	...[
		{
			who: 'A gateway that follows seven links, one a second',
			requests: links(7).map((link) => scan(link, link)),
		},
		{
			who: 'The same from three networks, a reader opens meanwhile',
			requests: [
				byPerson(load(4)),
				...links(6).map((link) => scan(link * 1.4, link, [CLOUD, CLOUD_2, CLOUD_3][link % 3])),
			],
		},
		{
			who: 'One that asks for each link with HEAD, then with GET',
			requests: links(5).flatMap((link) => [
				head(link * 6, link, CLOUD),
				scan(link * 6 + 0.5, link),
			]),
		},
		{
			who: 'The same in an email with one link',
			requests: [head(1, 1, CLOUD), scan(1.2, 1)],
		},
		{
			who: 'One that asks for all with HEAD, and follows one elsewhere',
			requests: [...links(5).map((link) => head(link, link, CLOUD)), scan(6, 3, CLOUD_2)],
		},
		{
			who: 'A slow one: a link every five seconds, in order',
			requests: links(8).map((link) => scan(link * 5, link)),
		},
		{
			who: 'One in an email with two links, a reader opens meanwhile',
			requests: [scan(20, 1), scan(21, 2), byPerson(load(60))],
		},
		{
			who: 'A second click 12 seconds after the reader, elsewhere, on another system',
			requests: [byPerson(load(0, HOME, PHONE)), byPerson(click(30, 2, HOME, PHONE)), scan(42, 2)],
		},
		{
			who: 'One that loads the image, and follows two links from there',
			requests: [load(0, CLOUD, WINDOWS), scan(1, 1), scan(2, 2)],
		},
		{
			who: 'A very slow one: a link every ten seconds',
			requests: links(6).map((link) => scan(link * 10, link)),
		},
	].map((story) => ({ ...story, isMachine: true })),
	...[
		{ who: 'Opens, reads, follows one link', requests: [load(0), click(40, 2)] },
		{
			who: 'Clicks three times, because the page is slow',
			requests: [load(0), click(10, 1), click(11, 1), click(12, 1)],
		},
		{
			who: 'Opens two links in tabs within two seconds',
			requests: [load(0), click(15, 1), click(17, 3)],
		},
		{
			who: 'Does so by IPv4, where the email was opened by IPv6',
			requests: [load(0, HOME_V6), click(15, 1), click(17, 3)],
		},
		{
			who: 'Comes back for another link every eight seconds',
			requests: [load(0), ...[1, 2, 3, 4].map((link) => click(link * 8, link))],
		},
		{
			who: 'Leaves the house between open and click',
			requests: [load(0, HOME, PHONE), click(50, 1, MOBILE, PHONE), click(80, 2, MOBILE, PHONE)],
		},
		{
			who: 'Opens on a phone, clicks on a computer elsewhere',
			requests: [load(0, MOBILE, PHONE), click(60, 1)],
		},
		{
			who: "Reads through Gmail's image proxy, opens two links in tabs",
			requests: [load(0, '66.249.84.1', GMAIL_PROXY), click(9, 1), click(10, 2)],
		},
		{
			who: 'Clicks what a gateway checks first with HEAD, from elsewhere',
			requests: [load(0), head(29, 1, CLOUD), click(30, 1)],
		},
		{
			who: 'Opens every other link of a digest',
			requests: [load(0), ...[1, 3, 5, 7, 9].map((link) => click(link * 3, link))],
		},
	].map((story) => ({ ...story, isMachine: false })),
];

const KEY_RING = parseKeyRing({ activeKey: `k1:${Buffer.alloc(32, 7).toString('base64')}` });
const deps = createReceiveDeps({
	signing: () => ({ keyRing: KEY_RING, maxAgeDays: undefined }),
	lookups: {
		isErased: async () => false,
		consentOf: async () => ({ status: 'given', record: null }),
		ipKey: async () => Buffer.alloc(32, 2),
		noteProbe: async () => undefined,
	},
});

/** What a door makes of a request, long after the email was sent. */
async function received(story: number, request: Request, run: string): Promise<ReceivedOpen> {
	const { at, link, ip, agent, method = 'GET' } = request;
	const claims = {
		recipientId: `${run}-${story}`,
		pixelId: null,
		campaignId: 'spring',
		messageId: null,
		trackingMode: null,
		purpose: null,
		issuedAt: new Date('2026-11-20T10:00:00Z'),
		preview: false,
	};
	const asked = {
		method,
		query: {},
		headers: { 'user-agent': agent, accept: '*/*', 'accept-language': 'en' },
		ip,
		receivedAt: new Date(Date.parse('2026-11-20T12:00:00Z') + at * 1000),
	};
	if (link !== undefined) {
		const target = { url: 'https://shop.example/', position: link, label: null };
		return await receiveClick(asked, { ...claims, link: target }, RECEIVE_DEFAULTS, deps);
	}
	const opened = { event: 'open', link: linkOfClaims(claims, RECEIVE_DEFAULTS) } as const;
	return await receiveEvent(asked, opened, RECEIVE_DEFAULTS, deps);
}

/** One request reaches the store; that of a HEAD has no event. */
async function arrive(store: TrackingStore, { event, load: burst, looked }: ReceivedOpen) {
	if (event === null) {
		if (!looked) throw new Error('A HEAD leaves a trace for the rules.');
		return await store.recordUnlessErased([], { notes: [looked] });
	}
	return await store.recordUnlessErased([{ event, load: burst, denylistKeys: [] }]);
}

/** Of one story: how many clicks of machines and people were made, and how each came out. */
interface Outcome {
	machine: { made: number; counted: number };
	people: { made: number; counted: number };
	reasons: string[];
}

const ORDERS: Record<string, (received: ReceivedOpen[]) => ReceivedOpen[]> = {
	'as they happened': (all) => all,
	backwards: (all) => [...all].reverse(),
	'every third first': (all) => [0, 1, 2].flatMap((rest) => all.filter((_, n) => n % 3 === rest)),
	'HEAD and images last': (all) =>
		[true, false].flatMap((first) =>
			all.filter(({ event }) => (event?.event === 'click') === first),
		),
};

async function simulate(
	store: TrackingStore,
	run: string,
	order: (received: ReceivedOpen[]) => ReceivedOpen[],
): Promise<Outcome[]> {
	const outcomes: Outcome[] = [];
	for (const [index, { requests, isMachine }] of STORIES.entries()) {
		const all: ReceivedOpen[] = [];
		for (const request of requests) all.push(await received(index, request, run));
		for (const each of order(all)) await arrive(store, each);
		const { opens } = await store.listOpens({
			limit: 100,
			event: 'any',
			recipientId: `${run}-${index}`,
		});
		const outcome: Outcome = {
			machine: { made: 0, counted: 0 },
			people: { made: 0, counted: 0 },
			reasons: [],
		};
		requests.forEach((request, place) => {
			const { event } = all[place];
			if (event === null || event.event !== 'click') return;
			const stored = opens.find(({ eventId }) => eventId === event.eventId);
			const side = isMachine && !request.byPerson ? outcome.machine : outcome.people;
			side.made += 1;
			if (stored?.actor === 'human') side.counted += 1;
			else outcome.reasons.push(stored?.actorReason ?? 'lost');
		});
		outcome.reasons = [...new Set(outcome.reasons)].sort();
		outcomes.push(outcome);
	}
	return outcomes;
}

function matrix(outcomes: readonly Outcome[]): string {
	const of = ({ made, counted }: Outcome['machine']) => (made === 0 ? '' : `${counted} of ${made}`);
	const rows = STORIES.map(({ who }, index) => {
		const { machine, people, reasons } = outcomes[index];
		const labels = reasons.map((reason) => `\`${reason}\``).join(' ');
		return [who, of(machine), of(people), labels];
	});
	const sum = (side: 'machine' | 'people') =>
		outcomes.reduce(
			(all, one) => ({
				made: all.made + one[side].made,
				counted: all.counted + one[side].counted,
			}),
			{ made: 0, counted: 0 },
		);
	return [
		['Who', "Machine's clicks counted", "People's clicks counted", 'Reasons of the others'],
		Array<string>(4).fill('---'),
		...rows,
		['All', of(sum('machine')), of(sum('people')), ''],
	]
		.map((cells) => `| ${cells.join(' | ')} |`)
		.join('\n');
}

onEachEngine('gateways and ten people who click, on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;
	beforeAll(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
	});
	afterAll(async () => await place.dispose());

	test.each(Object.keys(ORDERS))(
		'are labeled as the page says, when they arrive %s',
		async (name) => {
			const outcomes = await simulate(store, name, ORDERS[name]);
			const table = matrix(outcomes);
			process.stdout.write(`\n${engine.name}, ${name}\n${table}\n`);
			const page = readFileSync(PAGE, 'utf8');
			const before = page.slice(0, page.indexOf(START_MARK) + START_MARK.length);
			const expected = `${before}\n${table}\n${page.slice(page.indexOf(END_MARK))}`;
			if (process.env.UPDATE_DOCS) writeFileSync(PAGE, expected);
			expect(readFileSync(PAGE, 'utf8')).toBe(expected);

			// The numbers that may not get worse, whatever the page says.
			outcomes.forEach(({ people }, index) =>
				expect([STORIES[index].who, people.counted]).toEqual([STORIES[index].who, people.made]),
			);
			const missed = STORIES.flatMap(({ who }, index) =>
				outcomes[index].machine.counted > 0 ? [who] : [],
			);
			expect(missed).toEqual([
				'One that loads the image, and follows two links from there',
				'A very slow one: a link every ten seconds',
			]);
			const counted = await store.listOpens({
				limit: 100,
				event: 'click',
				recipientId: `${name}-3`,
			});
			expect(counted.opens).toHaveLength(1);
		},
	);
});
