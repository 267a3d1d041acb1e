import type { PlacedLoad } from '../../tracking/bursts/burst-rules';
import type { Actor, EventKind, OpenEvent } from '../../tracking/event/open-event';
import type { TrackingMode } from '../../tracking/event/tracking-mode';
import type { DenylistKeysOf, PseudonymsOf } from '../../tracking/people/subject-keys';
import type { LoadInPlace } from '../../tracking/receive/receive-types';
import type { AnswersStore } from './answers-store';
import type { BatchStore } from './batch-store';
import type { CampaignCounts, GroupCounts, OpensPerHour, Pixel } from './counts';
import type { PrivacyStore } from './privacy-store';
import type { OpenCounts, Recipient, RecipientWithCounts } from './recipient';

/** What became of the given events. */
export interface RecordResult {
	/** New events, in the log or in the counters as their tracking mode allows */
	recorded: number;
	/** Events the store knew by their id */
	duplicates: number;
	/** Events that must leave nothing: mode `off`, or the pixel was deleted */
	ignored: number;
}

/**
 * `duplicate`: counted before; `ignored`: mode `off`, or the pixel or recipient was deleted;
 * `erased`: the person was erased
 */
export type SentOutcome = 'recorded' | 'duplicate' | 'ignored' | 'erased';

/** What became of the given messages, in numbers and of each in their order. */
export interface SentResult extends RecordResult {
	outcomes: SentOutcome[];
}

/** Which events a list or export is about; a field left out does not limit, but for `event`. */
export interface OpenFilter {
	/** Opens when left out */
	event?: EventKind | 'any';
	/** An id or address of the person, who is found under all their names */
	recipientId?: string;
	pixelId?: string;
	campaignId?: string;
	/** Opens of recipients that carry this label */
	segment?: string;
	/** `counted`: human, human-via-proxy, unknown. `machine`: prefetch, scanner, bot. */
	actorClass?: 'counted' | 'machine';
	actor?: Actor;
	/** Opens at or after this time */
	from?: Date;
	/** Opens before this time */
	to?: Date;
}

/** One page of a list. */
export interface PageRequest {
	/** 1 to 1,000 */
	limit: number;
	/** The `nextCursor` of the page before; opaque */
	cursor?: string;
}

export interface OpenPageRequest extends PageRequest, OpenFilter {
	/** Opens to skip, for numbered pages; a cursor costs the same on every page, this does not */
	offset?: number;
}

export interface OpenPage {
	opens: OpenEvent[];
	/** Pass it as `cursor` to get the next page; `null` on the last one */
	nextCursor: string | null;
}

export interface StoredOpensPage {
	opens: OpenEvent[];
	/** Where to go on, also after the last page, later; `null` while nothing was ever stored */
	cursor: string | null;
	/** Whether there are more opens by now */
	hasMore: boolean;
}

/** A new judgment about who loaded the image. */
export interface Relabel {
	eventId: string;
	actor: Actor;
	actorReason: string | null;
	rulesVersion: string | null;
	/** Leaves an open alone that is a machine's already: its reason says more, or the same */
	onlyCounted?: boolean;
}

export interface RelabelResult {
	relabeled: number;
	/** Opens that had this label already */
	unchanged: number;
	/** Ids that the log does not hold */
	unknown: number;
}

/** Who loaded the image, and why that is thought. */
export type Label = Omit<Relabel, 'eventId' | 'onlyCounted'>;

/** What the store itself knows of an open, and events come to it without. */
export type StoreKnowledge = Label & Pick<OpenEvent, 'firstOpen' | 'quietDays'>;

/** How long a client kept the connection of an open. */
export interface ImageHeld {
	eventId: string;
	imageHeldMs: number;
}

/** One change of an open's label. */
export interface LabelChange {
	eventId: string;
	from: Label;
	to: Label;
	/** ISO 8601 in UTC */
	changedAt: string;
}

export interface NewPixel {
	/** Default: a new UUID */
	id?: string;
	name: string;
	/** The campaign its opens count in, whatever a link says; without one they count in none */
	campaignId?: string | null;
	/** The most a link of this pixel may ask for */
	trackingMode?: TrackingMode | null;
	/** Whether this is sample data, to be shown as such and deleted in one go */
	sample?: boolean;
}

export interface PixelPage {
	pixels: Pixel[];
	nextCursor: string | null;
}

export interface PixelImage {
	contentType: string;
	bytes: Buffer;
}

export interface NewRecipient {
	recipientId: string;
	email?: string | null;
	token?: string | null;
	/** Labels, beside those the recipient carries already */
	segments?: readonly string[];
}

/** What recipients are counted by, beside the mode of their pixel. */
export interface CountedUnder {
	/** The most that their opens may leave behind */
	trackingMode?: TrackingMode;
	/** Without it recipients of mode `pseudonymous` are not counted */
	pseudonymsOf?: PseudonymsOf;
}

export interface RecipientPage {
	recipients: RecipientWithCounts[];
	nextCursor: string | null;
}

export interface AddRecipientsResult {
	added: number;
	/**
	 * One per given recipient and in its order; those the pixel had already are as they were.
	 * `null` for people who were erased: nothing is stored of them again.
	 */
	recipients: Array<Recipient | null>;
}

/** A message that left, as the denominator of open rates. */
export interface SentMessage {
	messageId: string | null;
	pixelId: string | null;
	campaignId: string | null;
	recipientId: string | null;
	sentAt: Date;
	/**
	 * The mode of the link in the message; one that the pixel sets lowers it. `aggregate` and `hygiene` count the message
	 * without noting to whom it went; `off` leaves nothing, since it can never be opened.
	 */
	trackingMode: TrackingMode;
	/** Labels for the recipient; kept in the modes that keep the recipient by id */
	segments?: readonly string[];
}

export interface NotOpenedRequest extends PageRequest {
	/** Default `open`; `click`: those with a counted open who followed no link */
	missing?: 'open' | 'click';
	/** Leaves out those of whom nobody can see whether they opened */
	leaveOutHidden?: boolean;
	/** Exactly one of the two */
	pixelId?: string;
	campaignId?: string;
	/** Only recipients that carry this label */
	segment?: string;
	/** Only recipients whose last message left before this time */
	sentBefore: Date;
}

/** Somebody who was sent to and has no counted open, or no click. */
export interface NotOpened {
	pixelId: string | null;
	campaignId: string | null;
	recipientId: string | null;
	/** The address, where the recipient was added with one */
	email: string | null;
	/** ISO 8601 in UTC */
	lastSentAt: string;
	sent: number;
	/** Loads by machines: the email arrived, which is all they show */
	machineOpens: number;
}

export interface NotOpenedPage {
	recipients: NotOpened[];
	nextCursor: string | null;
}

/** Whose status is asked for: one recipient of a pixel, or without one all together. */
export interface StatusRequest {
	pixelId: string;
	recipientId?: string;
}

/** Whether an email was opened. Times are ISO 8601 in UTC, `viewTime` in milliseconds. */
export interface OpenStatus extends OpenCounts {
	opened: boolean;
	/** Whether a tracked link was followed; that alone makes no open */
	clicked: boolean;
	/** Mode `hygiene`: the day (YYYY-MM-DD) of the recipient's last open in any email */
	lastOpenDay: string | null;
}

export interface Dashboard {
	totals: GroupCounts;
	/** Pixels made through the store, and those of them with a counted open */
	pixels: number;
	openedPixels: number;
	/** Milliseconds of view time per unique open; `null` before the first one */
	averageViewTimeMs: number | null;
	/** The latest opens, newest first */
	recentOpens: OpenEvent[];
}

/** What a series is about: a pixel, a campaign, or everything when neither is given. */
export interface HoursRequest {
	pixelId?: string;
	campaignId?: string;
	from: Date;
	to: Date;
}

/** An open, and the keys that its person would have on the list of erased people. */
export interface CheckedOpen {
	event: OpenEvent;
	/** Empty where the open names nobody */
	denylistKeys: readonly string[];
	/** What the burst windows are to know of it, if anything */
	load?: PlacedLoad | null;
}

export interface BurstOptions {
	/** Loads of opens that another transaction records, before this one or after it, or nobody */
	notes?: readonly LoadInPlace[];
	/**
	 * The keyed hash of a domain (`domainMark`), for recipients whose domain the load does not say
	 * and whose address is registered with their pixel
	 */
	markOf?: (domain: string) => string;
}

/** What became of checked opens, by the id of the event. */
export interface CheckedRecord {
	/** Left out, because the person was erased, or objected while nobody could be asked */
	erased: ReadonlySet<string>;
	/** New to the store */
	recorded: ReadonlySet<string>;
	/** What the store says of each of them that it has, new or known before */
	knowledge: ReadonlyMap<string, StoreKnowledge>;
}

/**
 * Everything the package keeps, as one interface. All methods throw a `StoreError`, whose message
 * carries nothing personal.
 */
export interface TrackingStore extends PrivacyStore, AnswersStore, BatchStore {
	/** Records opens in one transaction. An `eventId` the store knows already changes nothing. */
	recordOpens(events: readonly OpenEvent[]): Promise<RecordResult>;
	/**
	 * The same, but for people who were erased meanwhile, and for opens that name somebody without a
	 * status of consent whose person objected: they came in while nobody could be asked. In the same transaction the loads are added
	 * to the burst windows, which all processes on this store share, and all opens that turn out a
	 * scanner's are labeled, whether they are recorded by now, earlier or later.
	 */
	recordUnlessErased(opens: readonly CheckedOpen[], bursts?: BurstOptions): Promise<CheckedRecord>;
	/**
	 * Changes labels in one transaction; counters follow and the history keeps the old label. Give
	 * some hundreds at a time: others wait for the transaction.
	 */
	relabelOpens(changes: readonly Relabel[]): Promise<RelabelResult>;
	/**
	 * Adds held times to opens that wait for one, in one transaction. A second one of the same open,
	 * and one of an open that is unknown, erased or not being measured, changes nothing. Returns how
	 * many opens took one. Throws `invalid` for a time that is no whole number from 0.
	 */
	recordImageHeld(times: readonly ImageHeld[]): Promise<number>;
	/** Every change of an open's label, oldest first. */
	listLabelHistory(eventId: string): Promise<LabelChange[]>;
	/**
	 * Opens in the order in which they were stored, so that whoever goes on from the cursor misses
	 * none, however late it came in. An open comes again when its label or its held time changed, or
	 * its recipient was deleted.
	 */
	listStoredOpens(request: PageRequest): Promise<StoredOpensPage>;
	/** Opens, newest first. */
	listOpens(request: OpenPageRequest): Promise<OpenPage>;
	/** All opens that match, newest first, read as they are consumed. */
	streamOpens(filter: OpenFilter): AsyncIterable<OpenEvent>;

	/** Throws `invalid` when the id is taken or was deleted. */
	createPixel(pixel: NewPixel): Promise<Pixel>;
	/** The same for several in one transaction: all, in their order, or none. */
	createPixels(pixels: readonly NewPixel[]): Promise<Pixel[]>;
	/** `null` for an id that no pixel has. */
	getPixel(id: string): Promise<Pixel | null>;
	/** The pixels among these ids, by the id as it was given. */
	findPixels(ids: readonly string[]): Promise<ReadonlyMap<string, Pixel>>;
	/** Pixels, newest first. */
	listPixels(
		request: PageRequest & { campaignId?: string; sample?: boolean; offset?: number },
	): Promise<PixelPage>;
	/**
	 * Removes a pixel with its image, recipients, opens and counters; its later loads leave
	 * nothing. Returns whether there was anything.
	 */
	deletePixel(id: string): Promise<boolean>;
	/** Those of these pixels that were deleted. */
	deletedPixelsAmong(ids: readonly string[]): Promise<ReadonlySet<string>>;
	/** Throws `not-found` for an unknown pixel. */
	setPixelImage(id: string, image: PixelImage): Promise<void>;
	/** `null` where the pixel has no image of its own. */
	getPixelImage(id: string): Promise<PixelImage | null>;

	/**
	 * Adds recipients to a pixel, each once, but for people who were erased. Throws `not-found` for
	 * an unknown pixel.
	 */
	addRecipients(
		pixelId: string,
		recipients: readonly NewRecipient[],
		keysOf: DenylistKeysOf,
		counted?: CountedUnder,
	): Promise<AddRecipientsResult>;
	/** Those of the given recipient ids that the pixel has. */
	findRecipients(pixelId: string, recipientIds: readonly string[]): Promise<Recipient[]>;
	/** Whom a plain token of at most 64 characters stands for. */
	findRecipientByToken(pixelId: string, token: string): Promise<Recipient | null>;
	/** By the id of the row. */
	getRecipient(id: string): Promise<RecipientWithCounts | null>;
	/** Recipients of a pixel in the order they were added. */
	listRecipients(request: PageRequest & { pixelId: string }): Promise<RecipientPage>;
	/** All recipients of a pixel in the order they were added, read as they are consumed. */
	streamRecipients(pixelId: string): AsyncIterable<Recipient>;
	/**
	 * Removes a recipient by the id of its row, with the address. Opens stay, under a random name
	 * that leads to nobody; later loads are recorded without a recipient. Returns whether there
	 * was one.
	 */
	deleteRecipient(
		id: string,
		keysOf: DenylistKeysOf,
		pseudonymsOf?: PseudonymsOf,
	): Promise<boolean>;

	/**
	 * Counts messages as sent, each once per recipient and message id, but none to erased people. In
	 * mode `pseudonymous` they count under the pseudonym that opens have, or without the keys for it
	 * without a recipient.
	 */
	registerSent(
		messages: readonly SentMessage[],
		keysOf: DenylistKeysOf,
		pseudonymsOf?: PseudonymsOf,
	): Promise<SentResult>;
	/** Recipients that were sent to and have no counted open, or no click. */
	listNotOpened(request: NotOpenedRequest): Promise<NotOpenedPage>;

	/** One recipient's status, or a pixel's. `null` where the store knows neither. */
	getStatus(request: StatusRequest): Promise<OpenStatus | null>;
	/** The same for several, in one read and in their order. */
	listStatuses(requests: readonly StatusRequest[]): Promise<Array<OpenStatus | null>>;
	/** Totals and the latest opens. */
	getDashboard(request?: { recentOpens?: number }): Promise<Dashboard>;
	/** Counters per campaign, most recently loaded first. */
	listCampaigns(request: { limit: number; offset?: number }): Promise<CampaignCounts[]>;
	/** `null` for a campaign without pixel, message or open. */
	getCampaign(campaignId: string): Promise<CampaignCounts | null>;
	/** Opens over time; hours without loads are left out. */
	listOpensPerHour(request: HoursRequest): Promise<OpensPerHour[]>;

	/** Closes the store. Stores are shared within a process: for its end, and for tests. */
	close(): Promise<void>;
}
