import { randomUUID } from 'node:crypto';

import { Client } from 'pg';

/** A database of its own on a PostgreSQL server. */
export interface OwnDatabase {
	url: URL;
	/** Runs one statement in it */
	run(text: string): Promise<void>;
	/** Ends the connections to it and removes it */
	drop(): Promise<void>;
}

/** Makes an empty database on the server behind `serverUrl`. */
export async function newDatabase(serverUrl: string): Promise<OwnDatabase> {
	const name = `open_tracking_test_${randomUUID().slice(0, 8)}`;
	await runOn(serverUrl, `create database ${name}`);
	const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` });
	return {
		url,
		run: async (text) => await runOn(url.href, text),
		drop: async () => await runOn(serverUrl, `drop database ${name} with (force)`),
	};
}

async function runOn(connectionString: string, text: string): Promise<void> {
	const client = new Client({ connectionString });
	await client.connect();
	await client.query(text).finally(async () => await client.end());
}
