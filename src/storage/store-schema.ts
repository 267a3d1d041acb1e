import type { Selectable } from 'kysely';

/** One row per recorded open. Times are integer milliseconds since 1970. */
export interface OpensTable {
	event_id: string;
	occurred_at: number;
	recipient_id: string | null;
	recipient_reason: string | null;
	pixel_id: string | null;
	campaign_id: string | null;
	message_id: string | null;
	tracking_mode: string;
	purpose: string | null;
	actor: string;
	actor_reason: string | null;
	rules_version: string | null;
	client_family: string | null;
	client_os: string | null;
	client_device: string | null;
	/** JSON array of strings */
	features: string;
	consent_status: string | null;
	consent_record_id: string | null;
	consent_policy: string | null;
	request_ip: string | null;
	request_user_agent: string | null;
	request_referer: string | null;
	request_accept_language: string | null;
}
export type OpenRow = Selectable<OpensTable>;

/** The tables of the store, as the migrations leave them. */
export interface StoreSchema {
	opens: OpensTable;
}
