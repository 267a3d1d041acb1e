import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

const MIN_SECRET_BYTES = 32;
const DERIVED_KEY_BYTES = 32;
const KEY_ID_BYTES = 3;
const KEY_TEXT = /^([A-Za-z0-9_-]{1,16}):([A-Za-z0-9+/_-]+={0,2})$/;

/** What a derived key is for. One key per job, so that no job can be turned against another. */
export type KeyLabel =
	| 'pixel-token'
	| 'link-token'
	| 'person-token'
	| 'token-iv'
	| 'recipient-pseudonym'
	| 'denylist'
	| 'recipient-of-address'
	| 'form-token'
	| 'burst'
	| 'request-id'
	| 'fingerprint';

/** One signing key. The secret is a `KeyObject`, which neither prints nor serialises. */
export interface RingKey {
	/** 1 to 16 letters, digits, `_` or `-`; readable in every token */
	readonly id: string;
	readonly secret: KeyObject;
}

/**
 * The keys of one installation. The active one signs, and it alone vouches for rights links. All keys
 * of the ring verify tracking and consent links.
 */
export interface KeyRing {
	readonly active: RingKey;
	/** By key id, the active one included */
	readonly keys: ReadonlyMap<string, RingKey>;
	/**
	 * Keys that left the ring, for example because they leaked. They verify nothing. They find
	 * people whom they once named: on the list of erased people, and by pseudonym.
	 */
	readonly denylistOnly: readonly RingKey[];
}

/** The keys as the credential and the key file hold them. */
export interface KeyTexts {
	/** One key: `id:secret` with at least 32 bytes of Base64 */
	activeKey: string;
	/** Any number of keys, separated by line breaks, spaces or commas */
	previousKeys?: string;
	/** The same, of keys that are kept for erased people only */
	denylistOnlyKeys?: string;
}

/**
 * Reads a key ring.
 *
 * @throws when a key is not of that form, too short, or an id occurs twice; never with the key in
 *   the message
 * @example parseKeyRing({ activeKey: generateKey(randomBytes) })
 */
export function parseKeyRing(texts: KeyTexts): KeyRing {
	const active = parseKey(texts.activeKey.trim(), 'The active key');
	const ids = new Set([active.id]);
	const parseList = (text: string | undefined, name: string): RingKey[] =>
		(text ?? '')
			.split(/[\s,]+/)
			.filter((part) => part !== '')
			.map((part, index) => {
				const nameOfPart = `${name} ${index + 1}`;
				const key = parseKey(part, nameOfPart);
				if (ids.has(key.id)) {
					throw new Error(
						`${nameOfPart} has the id of another key. Give every key an id of its own, and list it once.`,
					);
				}
				ids.add(key.id);
				return key;
			});
	const previous = parseList(texts.previousKeys, 'Previous key');
	const denylistOnly = parseList(texts.denylistOnlyKeys, 'Key for erased people');
	const keys = new Map([active, ...previous].map((key) => [key.id, key]));
	return { active, keys, denylistOnly };
}

function parseKey(text: string, name: string): RingKey {
	const match = KEY_TEXT.exec(text);
	if (!match) {
		throw new Error(
			`${name} is not a signing key. Write it as id:secret, where the id is 1 to 16 letters, digits, "_" or "-" and the secret is Base64.`,
		);
	}
	const secret = Buffer.from(match[2], 'base64');
	if (secret.length < MIN_SECRET_BYTES) {
		throw new Error(
			`${name} is too short: its secret has ${secret.length} bytes. Use at least ${MIN_SECRET_BYTES} random bytes.`,
		);
	}
	return { id: match[1], secret: createSecretKey(secret) };
}

/**
 * A new key in the form the credential and the key file hold.
 *
 * @param randomBytes a source of that many unpredictable bytes, such as node:crypto's
 * @returns `id:secret`, the secret being 32 bytes of Base64
 */
export function generateKey(randomBytes: (size: number) => Uint8Array): string {
	const id = Buffer.from(randomBytes(KEY_ID_BYTES)).toString('hex');
	return `${id}:${Buffer.from(randomBytes(MIN_SECRET_BYTES)).toString('base64')}`;
}

const derived = new WeakMap<RingKey, Map<KeyLabel, KeyObject>>();

/**
 * The key for one job, by HKDF-SHA-256 (RFC 5869) from a ring key. Derived once per ring key and
 * label, then remembered as long as the ring key lives.
 *
 * @returns 32 bytes as a `KeyObject`: node:crypto works several times faster with it than with
 *   bytes, and it does not print; `export()` gives the bytes
 */
export function deriveKey(key: RingKey, label: KeyLabel): KeyObject {
	let byLabel = derived.get(key);
	if (!byLabel) {
		byLabel = new Map();
		derived.set(key, byLabel);
	}
	let subKey = byLabel.get(label);
	if (!subKey) {
		const info = `n8n-nodes-email-open-tracking/${label}`;
		subKey = createSecretKey(
			Buffer.from(hkdfSync('sha256', key.secret, '', info, DERIVED_KEY_BYTES)),
		);
		byLabel.set(label, subKey);
	}
	return subKey;
}

/** Tells keys apart without leading back to them: 32 hexadecimal digits. */
export function keyFingerprint(key: RingKey): string {
	return deriveKey(key, 'fingerprint').export().toString('hex').slice(0, 32);
}
