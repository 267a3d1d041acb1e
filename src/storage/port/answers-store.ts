import type { ClickRates } from '../../tracking/counters/click-rates';
import type { OpenRates } from '../../tracking/counters/open-rates';
import type { ConsentRecord, ConsentState } from '../../tracking/consent/consent-record';
import type { Actor, OpenEvent } from '../../tracking/event/open-event';
import type { DenylistKeysOf } from '../../tracking/people/subject-keys';
import type { CampaignCounts, OpensPerHour, Pixel } from './counts';

/** From the first moment to before the second; what is left out does not limit. */
export interface TimeWindow {
	from?: Date;
	to?: Date;
}

/** A numbered page of a list: 1 to 1,000 rows after those that are skipped. */
export interface ListRequest {
	limit: number;
	/** Rows to skip, from 0 */
	offset?: number;
}

/** One page of a list. */
export interface ListPage<Row> {
	rows: Row[];
	/** Whether more rows follow */
	hasMore: boolean;
}

export interface CampaignReportRequest extends TimeWindow {
	campaignId: string;
}

/** Opens in one hour of a campaign's age; hour 0 begins with the hour of the first sending. */
export interface OpensPerAge {
	hour: number;
	opens: number;
	uniqueOpens: number;
	machineOpens: number;
}

/** Counted opens by what they were read with. */
export interface ProgramCount {
	family: string | null;
	os: string | null;
	device: string | null;
	opens: number;
	/** Different recipients among them; loads that name nobody are left out */
	people: number;
}

/** Recipients whose addresses are at one domain, of those that a message was sent to. */
export interface MailboxProvider {
	/** `null`: all domains with fewer than ten people together */
	domain: string | null;
	rates: OpenRates;
}

/** Loads by machines, by the reason they are known by. */
export interface MachineLoads {
	actor: Actor;
	/** Code of the rule, `null` where none is noted */
	reason: string | null;
	loads: number;
}

/** What one campaign did. */
export interface CampaignReport {
	/** Counts and rates of all time */
	campaign: CampaignCounts;
	/** Loads by hour (UTC) within the window; hours without loads are left out */
	hours: OpensPerHour[];
	/** The same by age; empty where no message is registered as sent */
	ages: OpensPerAge[];
	/** Most opens first */
	programs: ProgramCount[];
	/** Most people first; `null` where no addresses are known */
	providers: MailboxProvider[] | null;
	/** Most loads first */
	machineLoads: MachineLoads[];
	/** How many of the latest loads in the window stand behind programs and machine loads */
	loadsRead: number;
	/** Whether that is all of them */
	allLoadsRead: boolean;
	/** How many recipients with an address stand behind the providers, and whether these are all */
	addressesRead: number;
	allAddressesRead: boolean;
}

/**
 * `opened`: with a counted open or click, which shows a read as well. `hidden`: nothing but a privacy
 * prefetch loaded it. `notOpened`: sent to, can be seen, and not opened. `machineOnly`: those
 * not opened that scanners or bots loaded for; where a message was sent, they are among `notOpened`.
 * `clicked`: with a counted click. `notClicked`: opened, and no counted click.
 */
export const RECIPIENT_STATES = [
	'opened',
	'notOpened',
	'hidden',
	'machineOnly',
	'clicked',
	'notClicked',
] as const;
export type RecipientState = (typeof RECIPIENT_STATES)[number];

export interface CampaignRecipientsRequest extends ListRequest {
	campaignId: string;
	/** Without one, all recipients of the campaign */
	state?: RecipientState;
	/** A part of a recipient id or address */
	search?: string;
	segment?: string;
	/** Default `recipient`, from A to Z; the others newest first */
	sort?: 'recipient' | 'firstOpen' | 'lastOpen';
}

/** Somebody whom a campaign went to or who loaded it, under one pixel. Times: ISO 8601 in UTC. */
export interface CampaignRecipient {
	pixelId: string | null;
	/** `null`: the loads of a pixel without recipients */
	recipientId: string | null;
	/** The address, where the recipient was added with one */
	email: string | null;
	/** `null`: nothing was sent or loaded */
	state: Extract<RecipientState, 'opened' | 'notOpened' | 'hidden'> | null;
	opens: number;
	machineOpens: number;
	/** Tracked links that were followed, by the recipient and by machines */
	clicks: number;
	machineClicks: number;
	sent: number;
	lastSentAt: string | null;
	firstOpenAt: string | null;
	lastOpenAt: string | null;
	lastLoadAt: string | null;
	segments: string[];
}

/** One of several campaigns at the age that all of them have reached. */
export interface ComparedCampaign {
	campaign: CampaignCounts;
	/** Of those sent to, who had opened at that age */
	openedOfSent: number;
	/** `openedOfSent` of all that were sent to, as they stand today; `null` without any */
	confirmedRate: number | null;
	/** Loads by hour of age, up to that age */
	ages: OpensPerAge[];
}

export interface Comparison {
	/** Whole hours since the youngest campaign was sent first; `null` where one was not sent */
	ageHours: number | null;
	/** In the order asked for, without those that nothing is known of */
	campaigns: ComparedCampaign[];
}

/** What a person did with one email or campaign. */
export interface PersonMessage extends Omit<CampaignRecipient, 'segments' | 'email'> {
	campaignId: string | null;
	pixelName: string | null;
}

/** What the store knows of one person by name: nothing that only a pseudonym stands for. */
export interface PersonReport {
	/** What was asked for, in the normal form, then the other names the person goes by */
	names: string[];
	emails: string[];
	/** Latest load or message first */
	messages: PersonMessage[];
	allMessagesRead: boolean;
	/** The latest 100 opens and clicks; `listOpens` has the others */
	opens: OpenEvent[];
	/** Mode `hygiene`: YYYY-MM-DD */
	lastOpenDay: string | null;
	consents: ConsentState[];
	/** Oldest first per purpose */
	consentRecords: ConsentRecord[];
	segments: string[];
	/**
	 * Counted opens by hour of the day in the zone asked for, 24 numbers, of the latest 1,000; `null`
	 * where the person did not allow to look at when they read (purpose `frequency`), or nothing
	 * is known
	 */
	bestHours: number[] | null;
}

export interface PersonRequest {
	/** An id or address */
	recipientId: string;
	/** IANA name of the zone that `bestHours` are in; default UTC */
	timeZone?: string;
	now: Date;
}

export interface SearchRequest extends ListRequest {
	/** A part of the id or name; without it, all */
	search?: string;
}

/** What to choose from, by a part of its name; without one, everything. */
export interface ChoiceRequest extends SearchRequest {
	of: 'pixel' | 'campaign' | 'recipient';
}

/** One entry of a list to choose from; of a pixel the name says its campaign as well. */
export interface Choice {
	id: string;
	name: string;
}

/** The orders a list of campaigns can be in: by name from A to Z, else the most or latest first. */
export const CAMPAIGN_SORTS = [
	'lastLoad',
	'name',
	'sent',
	'confirmed',
	'likely',
	'uniqueOpens',
	'opens',
	'clicked',
	'lastOpen',
] as const;
export type CampaignSort = (typeof CAMPAIGN_SORTS)[number];

/** The same of pixels; `created` is newest first. */
export const PIXEL_SORTS = ['created', 'name', 'uniqueOpens', 'opens', 'lastOpen'] as const;
export type PixelSort = (typeof PIXEL_SORTS)[number];

/** Somebody with the sums over all emails to this id. Times: ISO 8601 in UTC. */
export interface FoundRecipient {
	recipientId: string;
	email: string | null;
	sent: number;
	opens: number;
	machineOpens: number;
	clicks: number;
	machineClicks: number;
	lastOpenAt: string | null;
	lastLoadAt: string | null;
	segments: string[];
}

/** A change of the labels that a person carries. */
export interface SegmentChange {
	/** An id or address; the change holds for every name that the person goes by */
	recipientId: string;
	/** Labels of 1 to 100 characters, at most 50 */
	segments: readonly string[];
	/** `replace` takes away all others */
	how: 'add' | 'replace' | 'remove';
}

/** The rates of those who carry one segment. */
export interface SegmentRates {
	segment: string;
	/** `null`: the numbers are about fewer than ten people, or would tell of fewer than ten others */
	rates: OpenRates | null;
	/** `null` for the same reason, and where nobody follows tracked links in the campaign */
	clickRates: ClickRates | null;
}

/** One link that was followed, and how often. Path and query of the address are not counted by. */
export interface LinkClicks {
	/** Its place in the email; `null` where the click was reported without it */
	position: number | null;
	label: string | null;
	/** The site that it leads to, for example `https://shop.example/` */
	site: string | null;
	/** The page there, as exactly as the tracking mode keeps it; `null` where that are several */
	page: string | null;
	/** Different recipients with a counted click, of the clicks that were read one by one */
	people: number;
	clicks: number;
	/** Clicks by machines, which are kept and shown apart */
	machineClicks: number;
	/** Why they were taken for those of machines, most clicks first; of the clicks that were read */
	machineReasons: Array<{ actor: Actor; reason: string | null; clicks: number }>;
	/**
	 * How many clicks stand behind page, people and reasons: fewer than `clicks` and `machineClicks`
	 * where the mode or retention kept no single clicks, or there are more than are read
	 */
	clicksRead: number;
}

/** The questions that pages ask; each is answered from counters, or from a bounded number of rows. */
export interface AnswersStore {
	/** `null` for a campaign without pixel, message or open. */
	campaignReport(request: CampaignReportRequest): Promise<CampaignReport | null>;
	/** Who opened a campaign, who did not, and of whom that cannot be seen. */
	campaignRecipients(request: CampaignRecipientsRequest): Promise<ListPage<CampaignRecipient>>;
	/** Throws `invalid` unless two to four different campaigns are given. */
	compareCampaigns(campaignIds: readonly string[], now: Date): Promise<Comparison>;
	/** `null` where nothing is known of the person. */
	personReport(request: PersonRequest): Promise<PersonReport | null>;
	/**
	 * Pixels and campaigns as searched, or recipients in order of their ids, as far as they may be
	 * named: no pseudonyms, nobody who was erased or deleted.
	 */
	listChoices(request: ChoiceRequest): Promise<ListPage<Choice>>;
	/** Campaigns by a part of their id; without another order, most recently loaded first. */
	searchCampaigns(
		request: SearchRequest & { sort?: CampaignSort },
	): Promise<ListPage<CampaignCounts>>;
	/** Pixels by a part of their name or campaign, or by the beginning of their id; newest first. */
	searchPixels(
		request: SearchRequest & { campaignId?: string; sort?: PixelSort },
	): Promise<ListPage<Pixel>>;
	/** Recipients by the beginning of their id or address, from A to Z. */
	searchRecipients(
		request: SearchRequest & { segment?: string },
	): Promise<ListPage<FoundRecipient>>;
	/**
	 * Changes segments, but of people who were erased. Returns for each change, in their order,
	 * whether it was done. Throws `invalid` for what is no label.
	 */
	changeSegments(changes: readonly SegmentChange[], keysOf: DenylistKeysOf): Promise<boolean[]>;
	/** The rates of a campaign by segment, from A to Z; somebody with several stands in each. */
	segmentRates(campaignId: string): Promise<SegmentRates[]>;
	/** The links of a pixel or a campaign that were followed, in the order of the email. */
	listLinkClicks(request: { pixelId: string } | { campaignId: string }): Promise<LinkClicks[]>;
	/** Every segment, from A to Z, with how many recipients carry it. */
	listSegments(): Promise<Array<{ segment: string; recipients: number }>>;
}
