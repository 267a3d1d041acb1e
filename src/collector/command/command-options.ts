import type { StoreSettings } from '../../intake/intake-settings';
import { CollectorError } from '../config/collector-error';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a command finds the store, as its options say. */
interface StoreOptions {
	'postgres-url-env'?: string;
	'postgres-tls': string;
}

/** The store in PostgreSQL, or without its address the embedded one of a folder. */
export function storeOf(
	values: StoreOptions,
	folder: string,
	environment: Environment,
): StoreSettings {
	const variable = values['postgres-url-env'];
	if (variable === undefined) {
		return { engine: 'embedded', folder, queueMode: false };
	}
	const connectionString = secretFrom(
		environment,
		variable,
		'--postgres-url-env',
		'the PostgreSQL connection string',
	);
	const tls = oneOf('postgres-tls', values['postgres-tls'], [
		'disable',
		'require',
		'verify-full',
	] as const);
	return { engine: 'postgres', connectionString, tls };
}

/** What an environment variable holds that an option names, because it is a secret. */
export function secretFrom(
	environment: Environment,
	variable: string,
	option: string,
	what: string,
): string {
	const secret = environment[variable];
	if (secret) return secret;
	throw new CollectorError(
		`The environment variable ${variable} of ${option} is empty. Put ${what} into it.`,
	);
}

export function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
	const found = allowed.find((candidate) => candidate === value);
	if (found === undefined) {
		throw new CollectorError(`--${name} must be one of ${allowed.join(', ')}.`);
	}
	return found;
}
