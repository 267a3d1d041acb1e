import { sql } from 'kysely';

import { StoreError } from '../../port/store-error';
import type { StoreDatabase } from '../store-database';

/** What the user of a connection finds, and may do. */
interface Rights {
	user: string;
	database: string;
	/** `null` where the schema does not exist */
	owner: string | null;
	may_create_schema: boolean;
	may_use_schema: boolean | null;
}

/**
 * Makes sure that the schema of the store is there for this user, or that the user may make it.
 * Changes nothing.
 *
 * @returns whether the schema is there
 * @throws StoreError that names the statement which gives the missing right
 */
export async function demandSchema(database: StoreDatabase): Promise<boolean> {
	const schema = String(database.schema);
	const { rows } = await database.read((db) =>
		sql<Rights>`select current_user as user, current_database() as database,
			namespace.nspowner::regrole::text as owner,
			has_database_privilege(current_database(), 'create') as may_create_schema,
			has_schema_privilege(namespace.oid, 'usage')
				and has_schema_privilege(namespace.oid, 'create') as may_use_schema
			from (select 1) as one left join pg_namespace namespace on namespace.nspname = ${schema}`.execute(
			db,
		),
	);
	const [{ user, database: name, owner, may_create_schema, may_use_schema }] = rows;
	if (owner === null && !may_create_schema) {
		throw new StoreError(
			'unavailable',
			`The tracking store needs the schema ${schema} in the database ${name}, and the user ${user} may not make one. Let an administrator of PostgreSQL run there: CREATE SCHEMA ${quoted(schema)} AUTHORIZATION ${quoted(user)}; Or name another server in the credential Email Open Tracking.`,
		);
	}
	if (owner !== null && !may_use_schema) {
		throw new StoreError(
			'unavailable',
			`The schema ${schema} in the database ${name} belongs to ${owner}, and the user ${user} may not use it. If it is the tracking store, let an administrator of PostgreSQL run there: GRANT USAGE, CREATE ON SCHEMA ${quoted(schema)} TO ${quoted(user)}; Otherwise name another database in the credential Email Open Tracking.`,
		);
	}
	return owner !== null;
}

/** A name as it stands in a statement. */
export function quoted(name: string): string {
	return `"${name.replaceAll('"', '""')}"`;
}
