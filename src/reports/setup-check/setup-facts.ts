import type { WaitingReport } from '../../storage/port/waiting-report';
import type { Probe } from '../../tracking/links/probe-link';
import type { ReportedTracker } from '../../tracking/receive/reported-tracker';

/** What was found out, or why it could not be, as a sentence. */
export type Found<T> = { value: T } | { error: string };

/** How the server at the address of links answered a HEAD request, which is never an open. */
export interface Answer {
	status: number;
	/** Names in lower case */
	headers: Readonly<Record<string, string>>;
	/** How far its Date is ahead of the clock here, in milliseconds; `null` where it gave none */
	clockAheadMs: number | null;
}

/** One address of this installation, asked by itself. */
export interface Visit {
	/** Below the address of links */
	path: string;
	/** Where a tracked link has to lead to, which only holders of its keys can know; absent for a pixel */
	leadsTo?: string;
	/** `code` as Node.js names what went wrong, such as ENOTFOUND */
	answer: Answer | { code: string };
}

/** All that the checks of a setup look at. */
export interface SetupFacts {
	checkedAt: Date;
	/** What links begin with, and which setting says so */
	address: { text: string; from: 'credential' | 'WEBHOOK_URL' | 'n8n' };
	/** One for each path of {@link imagePaths}, and one for each path of tracked links */
	visits: readonly Visit[];
	/** `null` where the address has none */
	certificate: Found<{
		/** Why this machine does not trust it, as Node.js names it; `null` where it does */
		refusedFor: string | null;
		validFrom: Date;
		validTo: Date;
	}> | null;
	/** The environment of this process of n8n */
	environment: Readonly<Record<string, string | undefined>>;
	/** The headers of a request that came in as readers' do; `null` where none was shown */
	requestHeaders: Readonly<Record<string, unknown>> | null;
	/** In words, and the number of clicks that it counted */
	store: Found<{ kind: string; location: string; clicks: number }>;
	waiting: Found<WaitingReport>;
	/** How far the clock of the database is ahead; `null` where the store has no clock of its own */
	databaseClockAheadMs: Found<number> | null;
	keys: Found<{ source: string; id: string; others: number; knownToStore: boolean }>;
	/** Published places where opens come in; `null` while the store is away */
	doors: readonly ReportedTracker[] | null;
	/** The last probe email; `null` where none was made, or while the store is away */
	probe: Probe | null;
}

/** What one check gave, in words. */
export interface SetupFinding {
	check: string;
	result: 'ok' | 'warning' | 'problem' | 'not checked';
	found: string;
	/** `null` where there is nothing to do */
	todo: string | null;
}
