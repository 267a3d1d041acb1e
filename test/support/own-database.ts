import { randomUUID } from 'node:crypto';

import { Client } from 'pg';

/** A database of its own on a PostgreSQL server. */
export interface OwnDatabase {
	url: URL;
	/** Ends the connections to it and removes it */
	drop(): Promise<void>;
}

/** Makes an empty database on the server behind `serverUrl`. */
export async function newDatabase(serverUrl: string): Promise<OwnDatabase> {
	const name = `open_tracking_test_${randomUUID().slice(0, 8)}`;
	const admin = async (text: string) => {
		const client = new Client({ connectionString: serverUrl });
		await client.connect();
		await client.query(text).finally(async () => await client.end());
	};
	await admin(`create database ${name}`);
	return {
		url: Object.assign(new URL(serverUrl), { pathname: `/${name}` }),
		drop: async () => await admin(`drop database ${name} with (force)`),
	};
}
