import { createHmac, hash, type KeyObject } from 'node:crypto';

const MIN_KEY_BYTES = 16;
/** Of SHA-256. */
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Bytes of a text for which there is room behind a key; longer ones are rare. */
const MAX_TEXT_BYTES = 2048;

/** The two blocks that a key becomes, each with room for what is hashed behind it. */
interface KeyBlocks {
	inner: Buffer;
	outer: Buffer;
}

const known = new WeakMap<KeyObject, KeyBlocks>();

/**
 * HMAC-SHA-256 (RFC 2104) of a text, as 64 hex digits.
 *
 * @param key at least 16 bytes; works several times faster with a `KeyObject` that is used again
 * @param name what the key is called in the error for one that is too short
 */
export function keyedHash(text: string, key: Buffer | KeyObject, name: string): string {
	const bytes = Buffer.isBuffer(key) ? key.length : (key.symmetricKeySize ?? 0);
	if (bytes < MIN_KEY_BYTES) {
		throw new Error(`The ${name} key is too short. Pass at least ${MIN_KEY_BYTES} bytes.`);
	}
	// A character takes three bytes at most.
	if (Buffer.isBuffer(key) || bytes > BLOCK_BYTES || text.length * 3 > MAX_TEXT_BYTES) {
		return createHmac('sha256', key).update(text).digest('hex');
	}
	// Every load needs three of these. node:crypto takes twice as long to make an `Hmac`.
	const { inner, outer } = blocksOf(key);
	const end = BLOCK_BYTES + inner.write(text, BLOCK_BYTES);
	outer.write(hash('sha256', inner.subarray(0, end), 'binary'), BLOCK_BYTES, 'binary');
	return hash('sha256', outer, 'hex');
}

function blocksOf(key: KeyObject): KeyBlocks {
	let blocks = known.get(key);
	if (blocks === undefined) {
		const inner = Buffer.alloc(BLOCK_BYTES + MAX_TEXT_BYTES, 0x36);
		const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES, 0x5c);
		for (const [at, byte] of key.export().entries()) {
			inner[at] ^= byte;
			outer[at] ^= byte;
		}
		blocks = { inner, outer };
		known.set(key, blocks);
	}
	return blocks;
}
