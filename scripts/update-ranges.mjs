/**
 * Compiles Apple's list of egress ranges (iCloud Private Relay, which Mail Privacy Protection
 * shares) into src/tracking/classify/apple-egress-ranges.ts.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import ipaddr from 'ipaddr.js';

import { readOptions } from './lib/arguments.js';

const APPLE_LIST = 'https://mask-api.icloud.com/egress-ip-ranges.csv';
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CSV = resolve(ROOT, 'data/icloud-private-relay/egress-ip-ranges.csv');
const MODULE = resolve(ROOT, 'src/tracking/classify/apple-egress-ranges.ts');
const MAX_LIST_BYTES = 32 * 1024 * 1024;
const FETCH_TIMEOUT_MS = 60_000;

const USAGE = `Usage: npm run update:ranges [-- <options>]

Compiles Apple's list of egress ranges into src/tracking/classify/apple-egress-ranges.ts.

  --from <file or https URL>   a stored copy or a mirror of the list (default: Apple's)
  --date <YYYY-MM-DD>          the date of the list, needed for a file
  --out <file>                 writes the module elsewhere
  --check                      writes nothing, and fails if the module is not up to date
  --help                       this text`;

let options;
try {
	options = readOptions(USAGE, {
		from: { type: 'string', default: APPLE_LIST },
		date: { type: 'string' },
		out: { type: 'string', default: MODULE },
		check: { type: 'boolean', default: false },
	});
	await main();
} catch (error) {
	process.stderr.write(`${error.message}\n`);
	process.exitCode = error.exitCode ?? 1;
}

async function main() {
	const isRemote = /^https?:\/\//.test(options.from);
	const { csv, date } = isRemote ? await fetchList(options.from) : await readList(options.from);
	const { cidrs, v4, v6 } = compile(csv);
	const origin = isRemote ? options.from : relative(ROOT, resolve(options.from));
	const source = moduleText({ origin, date, count: cidrs.length, v4, v6 });

	if (options.check) {
		if ((await readFile(options.out, 'utf8')) !== source) {
			throw new Error(
				`${options.out} is not what ${options.from} compiles to. Run this script without --check.`,
			);
		}
	} else {
		await writeFile(options.out, source);
		// The tests compare the module with the list it came from.
		if (isRemote && options.out === MODULE) await writeFile(CSV, `${cidrs.join('\n')}\n`);
	}
	process.stdout.write(
		`${cidrs.length} ranges of ${date}: ${v4.length / 2} IPv4 and ${v6.length / 2} IPv6 after merging\n`,
	);
}

async function readList(file) {
	if (!/^\d{4}-\d{2}-\d{2}$/.test(options.date ?? '')) {
		throw new Error('The date of the list is missing. Pass --date YYYY-MM-DD with a file.');
	}
	return { csv: await readFile(file, 'utf8'), date: options.date };
}

async function fetchList(url) {
	const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
	if (!response.ok) {
		throw new Error(`${url} answered ${response.status}. Try later, or pass --from <file>.`);
	}
	if (Number(response.headers.get('content-length')) > MAX_LIST_BYTES) {
		throw new Error(`${url} sent more than ${MAX_LIST_BYTES} bytes. Check the address.`);
	}
	const modified = Date.parse(response.headers.get('last-modified') ?? '');
	const date = new Date(Number.isNaN(modified) ? Date.now() : modified).toISOString().slice(0, 10);
	return { csv: await response.text(), date: options.date ?? date };
}

/** Reads the first column of each line and gives sorted, merged boundaries. */
function compile(csv) {
	const cidrs = [];
	const v4 = [];
	const v6 = [];
	for (const [index, line] of csv.split(/\r?\n/).entries()) {
		const cidr = line.split(',', 1)[0].trim();
		if (cidr === '') continue;
		const parsed = parseRange(cidr);
		if (!parsed) {
			throw new Error(
				`Line ${index + 1} is no address range: ${cidr.slice(0, 60)}. Check that this is Apple's list.`,
			);
		}
		cidrs.push(cidr);
		(parsed.version === 4 ? v4 : v6).push(parsed.range);
	}
	if (cidrs.length === 0) throw new Error("The list is empty. Check that this is Apple's list.");
	return { cidrs, v4: merge(v4), v6: merge(v6) };
}

/** IPv4 counts addresses, IPv6 counts /64 networks. */
function parseRange(text) {
	const cidr = text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`;
	if (!ipaddr.isValidCIDR(cidr)) return null;
	const [network, prefix] = ipaddr.parseCIDR(cidr);
	const version = network.kind() === 'ipv4' ? 4 : 6;
	const bits = version === 4 ? 32 : 64;
	if (prefix > bits) return null;
	const bytes = network.toByteArray().slice(0, bits / 8);
	const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
	const size = 1n << BigInt(bits - prefix);
	const start = value - (value % size);
	return { version, range: [start, start + size] };
}

function merge(ranges) {
	const boundaries = [];
	for (const [start, end] of ranges.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
		if (boundaries.length === 0 || start > boundaries.at(-1)) boundaries.push(start, end);
		else if (end > boundaries.at(-1)) boundaries[boundaries.length - 1] = end;
	}
	return boundaries;
}

function pack(boundaries) {
	const bytes = [];
	let before = 0n;
	for (const boundary of boundaries) {
		let gap = boundary - before;
		before = boundary;
		for (; gap > 0x7fn; gap >>= 7n) bytes.push(Number(gap & 0x7fn) | 0x80);
		bytes.push(Number(gap));
	}
	return Buffer.from(bytes).toString('base64');
}

function moduleText({ origin, date, count, v4, v6 }) {
	return `// Written by scripts/update-ranges.mjs; do not edit.
// From ${origin}
// The list is Apple's. The stored copy it may come from: MIT License, Copyright (c) 2023 hroost.

/** Where Apple publishes the list. */
export const APPLE_EGRESS_SOURCE = '${APPLE_LIST}';

/** Date of the compiled list, ISO 8601. */
export const APPLE_EGRESS_DATE = '${date}';

/** Ranges in the list before merging. */
export const APPLE_EGRESS_COUNT = ${count};

/** ${v4.length / 2} IPv4 and ${v6.length / 2} IPv6 ranges; see \`unpackRanges\`. */
export const APPLE_EGRESS_RANGES = {
	v4: '${pack(v4)}',
	v6: '${pack(v6)}',
};
`;
}
