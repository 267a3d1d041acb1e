import { APPLE_EGRESS_RANGES, APPLE_EGRESS_SOURCE } from './apple-egress-ranges';
import type { NetworkFeature } from './feature';
import { isInRanges, parseAddress, rangeTableOf, unpackRanges, type RangeTable } from './ip-ranges';

interface KnownNetwork {
	readonly feature: NetworkFeature;
	readonly name: string;
	/** Where the owner publishes the ranges */
	readonly source: string;
	readonly ranges: readonly string[];
}

/**
 * Networks that say something about an image load. What a match is worth (certain, probable, or
 * nothing at all) is the business of the rules; here are only the facts.
 */
export const KNOWN_NETWORKS: readonly KnownNetwork[] = [
	{
		feature: 'net:exchange-online-protection',
		name: 'Exchange Online Protection',
		// Endpoint sets 9 and 10. Nobody reads email from the filtering tier.
		source: 'https://endpoints.office.com/endpoints/worldwide',
		ranges: [
			'40.92.0.0/15',
			'40.107.0.0/16',
			'52.100.0.0/14',
			'52.238.78.88/32',
			'104.47.0.0/17',
			'2a01:111:f400::/48',
			'2a01:111:f403::/48',
		],
	},
	{
		feature: 'net:barracuda',
		name: 'Barracuda Email Gateway Defense',
		source: 'https://campus.barracuda.com/product/emailgatewaydefense',
		ranges: [
			'3.24.133.128/25',
			'13.200.136.128/25',
			'15.222.16.128/25',
			'18.133.136.96/27',
			'18.133.136.128/26',
			'18.184.203.224/27',
			'18.185.115.192/26',
			'35.157.190.224/27',
			'35.176.92.96/27',
			'209.222.82.0/24',
		],
	},
	{
		feature: 'net:proofpoint',
		name: 'Proofpoint',
		source: 'https://proofpoint.my.site.com/support/PPSup_SupportInfo',
		ranges: [
			'62.209.50.0/24',
			'67.231.144.0/20',
			'91.209.104.0/24',
			'208.84.64.0/22',
			'208.86.200.0/22',
		],
	},
	{
		feature: 'net:mimecast',
		name: 'Mimecast',
		source: 'https://mimecastsupport.zendesk.com (Data Centers and URLs)',
		ranges: [
			'41.74.192.0/20',
			'170.10.128.0/22',
			'170.10.132.0/23',
			'185.58.84.0/22',
			'194.104.108.0/22',
		],
	},
	{
		feature: 'net:exchange-online',
		name: 'Exchange Online',
		// Endpoint set 1. Outlook on the web loads images for its readers from here.
		source: 'https://endpoints.office.com/endpoints/worldwide',
		ranges: [
			'13.107.6.152/31',
			'13.107.18.10/31',
			'13.107.128.0/22',
			'23.103.160.0/20',
			'40.96.0.0/13',
			'40.104.0.0/15',
			'52.96.0.0/14',
			'131.253.33.215/32',
			'132.245.0.0/16',
			'150.171.32.0/22',
			'204.79.197.215/32',
			'2603:1006::/40',
			'2603:1016::/36',
			'2603:1026::/36',
			'2603:1036::/36',
			'2603:1046::/36',
			'2603:1056::/36',
		],
	},
	{
		feature: 'net:google',
		name: 'Google',
		// goog.json without the blocks that cloud.json rents out to customers.
		source: 'https://www.gstatic.com/ipranges/goog.json',
		ranges: [
			'64.233.160.0/19',
			'66.102.0.0/20',
			'66.249.64.0/19',
			'72.14.192.0/18',
			'74.125.0.0/16',
			'108.177.0.0/17',
			'142.250.0.0/15',
			'172.217.0.0/16',
			'172.253.0.0/16',
			'173.194.0.0/16',
			'192.178.0.0/15',
			'209.85.128.0/17',
			'216.58.192.0/19',
			'216.239.32.0/19',
			'2001:4860::/32',
			'2404:6800::/32',
			'2607:f8b0::/32',
			'2800:3f0::/32',
			'2a00:1450::/32',
			'2c0f:fb50::/32',
		],
	},
	{
		feature: 'net:apple-egress',
		name: 'iCloud Private Relay and Mail Privacy Protection',
		source: APPLE_EGRESS_SOURCE,
		// Too long to stand here: 13,745 ranges, packed.
		ranges: [],
	},
];

interface NetworkTables {
	readonly apple: RangeTable;
	/** All the others in one: most addresses lie in none of them */
	readonly others: RangeTable;
	readonly each: ReadonlyArray<{ feature: NetworkFeature; table: RangeTable }>;
}

let tables: NetworkTables | null = null;

/** Compiled at the first load, so that n8n's start pays nothing for it. */
function compileNetworks(): NetworkTables {
	return {
		apple: unpackRanges(APPLE_EGRESS_RANGES),
		others: rangeTableOf(KNOWN_NETWORKS.flatMap(({ ranges }) => ranges)),
		each: KNOWN_NETWORKS.map(({ feature, ranges }) => ({ feature, table: rangeTableOf(ranges) })),
	};
}

/**
 * The known networks an address lies in.
 *
 * @param ip IPv4, IPv6 or IPv4 mapped into IPv6; anything else lies in none
 * @example networkFeatures('104.47.0.1') // ['net:exchange-online-protection']
 */
export function networkFeatures(ip: string | null): NetworkFeature[] {
	const address = parseAddress(ip);
	const features: NetworkFeature[] = [];
	if (address === null) return features;
	tables ??= compileNetworks();
	if (isInRanges(tables.apple, address)) features.push('net:apple-egress');
	if (isInRanges(tables.others, address)) {
		for (const { feature, table } of tables.each) {
			if (isInRanges(table, address)) features.push(feature);
		}
	}
	return features;
}
