import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import type { InstalledPart } from '../../storage/port/privacy-store';
import { RECEIVE_DEFAULTS } from '../../intake/receive-defaults';
import { CONSENT_POLICIES, type ConsentPolicy } from '../../tracking/consent/consent-policy';
import { PURPOSES, type Purpose } from '../../tracking/event/purpose';
import { TRACKING_MODES, type TrackingMode } from '../../tracking/event/tracking-mode';
import { IP_REDUCTIONS } from '../../tracking/minimise/minimise-ip';
import { MODE_STORES } from '../../tracking/minimise/minimise-mode';
import { TIME_PRECISIONS, type TimePrecision } from '../../tracking/minimise/minimise-time';
import type { ReceiveSettings } from '../../tracking/receive/receive-types';
import { reportedSettings } from '../../tracking/receive/reported-tracker';
import { brokerInWords, readBrokerSettings, type BrokerSettings } from '../config/broker-settings';
import { CollectorError } from '../config/collector-error';
import { DEFAULT_LIMITS, defaultHost, type CollectorSettings } from '../config/settings';
import { IMAGE_HOLD_LIMITS } from '../listen/image-holds';
import { oneOf, secretFrom, storeOf } from './command-options';

const GIB = 1024 ** 3;
const DEFAULT_QUEUE = 'email-opens';
const KEPT_HEADERS = ['user-agent', 'referer', 'accept-language'] as const;

/** What `collect --help` prints. */
export const COLLECT_HELP = `Usage: n8n-nodes-email-open-tracking collect --data <folder> [options]

Serves the tracking pixel on a port of its own, logs every open on disk before it answers, and
carries the log into the tracking store, and on to a message broker if you name one.

  --data <folder>            Folder of the log, and of the embedded store and keys (required)
  --port <n>                 Port of the pixel (8380)
  --share-port               Several collectors of this machine on the same port (Linux)
  --host <address>           Address to listen on (all; with --proxy-hops 127.0.0.1)
  --proxy-hops <n>           Own proxies in front, whose X-Forwarded-For is trusted (0)
  --admin-port <n>           Port of /healthz, /readyz and /metrics; 0 for none (8381)
  --admin-host <address>     Address of the admin port (127.0.0.1)
  --keys <folder>            Folder of signing-keys.json with all keys, those kept for erased
                             people only among them (the --data folder)
  --max-age-days <n>         Links older than this no longer count (they never expire)
  --postgres-url-env <name>  Environment variable with the PostgreSQL connection string;
                             without it, opens go to the embedded store in the --data folder
  --postgres-tls <mode>      disable, require or verify-full (verify-full)
  --broker-url-env <name>    Environment variable with the address of a message broker, which gets
                             every open that the store has: amqp://, amqps:// (RabbitMQ),
                             kafka:// or kafkas:// (Kafka, with TLS)
  --broker-queue <name>      Its queue or topic (email-opens)
  --broker-exchange <name>   RabbitMQ: publish to this exchange, with --broker-queue as the
                             routing key (straight to the queue)
  --broker-country <name>    Where the broker keeps the data, for the privacy report
  --mode <mode>              The most an open may leave behind (identified)
  --ip <how>                 With --mode full: drop, truncate, hash or keep the address (drop)
  --keep <names>             With --mode full, separated by commas: user-agent, referer,
                             accept-language (none)
  --time <how>               How exactly the time is kept: exact, hour or day (exact)
  --many-domains             Label opens of recipients at ten or more domains from one address
                             within ten minutes as a scanner's
  --policy <policy>          consent-required or objection-honoured (objection-honoured)
  --keep-refused-as-count    Count an open that consent does not allow, without a recipient
  --purpose <purpose>        What opens are used for where the link does not say; consent is asked
                             for it (performance)
  --clicks                   Follow and record tracked links as well: paths that end in /link
  --signed-only              Only signed links count; a load without a good token is no open
  --id-parameter <name>      Query parameter of plain recipient ids (id)
  --max-log-gib <n>          The log takes no more opens from this size on (4)
  --max-connections <n>      Connections held at once (10000)
  --hold-image <seconds>      Hold the answer open that long at most, to measure how long somebody
                             looks who consented to it; 1 to 300 (not measured)
  --flood-per-second <n>     Loads recorded per second and address; 0 for no limit (1000)
  --flood-burst <n>          Loads recorded at once per address (10000)
  --help                     Show this text

Example, behind a proxy of your own:
  n8n-nodes-email-open-tracking collect --data /var/lib/opens --proxy-hops 1 --signed-only

Exit codes: 0 stopped by a signal, all opens on disk; 1 failed; 2 wrong arguments.
`;

/** What the command line asks for. */
export interface CollectOptions {
	settings: CollectorSettings;
	/** `null` for none */
	admin: { host: string; port: number } | null;
}

/**
 * Reads the command line of `collect`.
 *
 * @returns `null` when only help is asked for
 * @throws CollectorError that names the argument to correct
 */
export function readCollectOptions(
	args: readonly string[],
	environment: Readonly<Record<string, string | undefined>>,
): CollectOptions | null {
	const values = parse(args);
	if (values.help) return null;
	if (!values.data) throw new CollectorError('--data is missing. Name a folder for the log.');
	const folder = resolve(values.data);
	const number = (name: NumberOption, least: number, most: number): number => {
		const text = values[name];
		const value = Number(text);
		if (text === '' || !Number.isFinite(value) || value < least || value > most) {
			throw new CollectorError(`--${name} must be a number from ${least} to ${most}.`);
		}
		return value;
	};
	const whole = (name: NumberOption, least: number, most: number): number => {
		const value = number(name, least, most);
		if (!Number.isInteger(value)) throw new CollectorError(`--${name} must be a whole number.`);
		return value;
	};
	const adminPort = whole('admin-port', 0, 65_535);
	const proxyHops = whole('proxy-hops', 0, 32);
	const port = whole('port', 0, 65_535);
	if (values['share-port'] && port === 0) {
		throw new CollectorError('--share-port needs the --port that is shared.');
	}
	const { leastMs, mostMs } = IMAGE_HOLD_LIMITS;
	const imageHold =
		values['hold-image'] === undefined
			? null
			: { limitMs: number('hold-image', leastMs / 1000, mostMs / 1000) * 1000 };
	const policy = oneOf<ConsentPolicy>('policy', values.policy, CONSENT_POLICIES);
	const receive: ReceiveSettings = {
		mode: oneOf<TrackingMode>('mode', values.mode, TRACKING_MODES),
		purpose: oneOf<Purpose>('purpose', values.purpose, PURPOSES),
		plainIds: { allowed: !values['signed-only'], recipientParameter: values['id-parameter'] },
		consent: { policy, label: policy, keepAsAggregate: values['keep-refused-as-count'] },
		keep: keepOf(values),
		time: oneOf<TimePrecision>('time', values.time, TIME_PRECISIONS),
		manyDomains: values['many-domains'],
	};
	const broker = brokerOf(values, environment);
	return {
		settings: {
			folder,
			maxBytes: number('max-log-gib', 0.001, 10_000) * GIB,
			consumers: [],
			listener: {
				host: values.host ?? defaultHost(proxyHops),
				port,
				sharePort: values['share-port'],
				proxyHops,
				maxConnections: whole('max-connections', 1, 1_000_000),
				flood: {
					perSecond: number('flood-per-second', 0, 1e9),
					burst: number('flood-burst', 1, 1e9),
				},
				receive,
				clicks: values.clicks,
				imageHold,
			},
			keys: {
				keyFolder: values.keys ? resolve(values.keys) : folder,
				maxAgeDays:
					values['max-age-days'] === undefined ? undefined : number('max-age-days', 0.001, 36_500),
			},
			store: storeOf(values, folder, environment),
			broker: broker?.settings ?? null,
			reportedSetup: [
				{
					kind: 'tracker',
					id: `collect ${hostname()} ${folder}`,
					name: `Collector on ${hostname()}, ${port === 0 ? 'any free port' : `port ${port}`}`,
					settings: {
						...reportedSettings(receive, null),
						imageHoldLimitMs: imageHold?.limitMs,
						...(values.clicks && { clicks: true }),
					},
				},
				...(broker ? [broker.reported(folder)] : []),
			],
		},
		admin: adminPort === 0 ? null : { host: values['admin-host'], port: adminPort },
	};
}

const BROKER_OPTIONS = ['broker-queue', 'broker-exchange', 'broker-country'] as const;

type Values = ReturnType<typeof parse>;
type NumberOption =
	| 'port'
	| 'proxy-hops'
	| 'admin-port'
	| 'max-age-days'
	| 'max-log-gib'
	| 'max-connections'
	| 'hold-image'
	| 'flood-per-second'
	| 'flood-burst';

function parse(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			options: {
				data: { type: 'string' },
				port: { type: 'string', default: '8380' },
				'share-port': { type: 'boolean', default: false },
				host: { type: 'string' },
				'proxy-hops': { type: 'string', default: '0' },
				'admin-port': { type: 'string', default: '8381' },
				'admin-host': { type: 'string', default: '127.0.0.1' },
				keys: { type: 'string' },
				'max-age-days': { type: 'string' },
				'postgres-url-env': { type: 'string' },
				'postgres-tls': { type: 'string', default: 'verify-full' },
				mode: { type: 'string', default: RECEIVE_DEFAULTS.mode },
				ip: { type: 'string', default: RECEIVE_DEFAULTS.keep.ip },
				keep: { type: 'string', default: '' },
				time: { type: 'string', default: RECEIVE_DEFAULTS.time },
				'many-domains': { type: 'boolean', default: RECEIVE_DEFAULTS.manyDomains },
				policy: { type: 'string', default: RECEIVE_DEFAULTS.consent.policy },
				'keep-refused-as-count': {
					type: 'boolean',
					default: RECEIVE_DEFAULTS.consent.keepAsAggregate,
				},
				purpose: { type: 'string', default: RECEIVE_DEFAULTS.purpose },
				clicks: { type: 'boolean', default: false },
				'signed-only': { type: 'boolean', default: false },
				'broker-url-env': { type: 'string' },
				'broker-queue': { type: 'string' },
				'broker-exchange': { type: 'string' },
				'broker-country': { type: 'string' },
				'id-parameter': {
					type: 'string',
					default: RECEIVE_DEFAULTS.plainIds.recipientParameter,
				},
				'max-log-gib': { type: 'string', default: String(DEFAULT_LIMITS.maxBytes / GIB) },
				'max-connections': { type: 'string', default: String(DEFAULT_LIMITS.maxConnections) },
				'hold-image': { type: 'string' },
				'flood-per-second': { type: 'string', default: String(DEFAULT_LIMITS.flood.perSecond) },
				'flood-burst': { type: 'string', default: String(DEFAULT_LIMITS.flood.burst) },
				help: { type: 'boolean', default: false },
			},
		}).values;
	} catch (error) {
		const reason = error instanceof Error ? error.message.split('.')[0] : '';
		throw new CollectorError(`${reason}. See collect --help.`);
	}
}

function keepOf(values: Values): ReceiveSettings['keep'] {
	const names = values.keep === '' ? [] : values.keep.split(',');
	const headers = names.map((name) => oneOf('keep', name.trim(), KEPT_HEADERS));
	const keep = {
		ip: oneOf('ip', values.ip, IP_REDUCTIONS),
		userAgent: headers.includes('user-agent'),
		referer: headers.includes('referer'),
		acceptLanguage: headers.includes('accept-language'),
	};
	if (values.mode !== 'full' && (keep.ip !== 'drop' || headers.length > 0)) {
		throw new CollectorError('--ip and --keep need --mode full, the only one that may keep them.');
	}
	return keep;
}

interface ChosenBroker {
	settings: BrokerSettings;
	/** The note for the privacy report, and so for the receipts of erasures */
	reported(folder: string): InstalledPart;
}

function brokerOf(
	values: Values,
	environment: Readonly<Record<string, string | undefined>>,
): ChosenBroker | null {
	const variable = values['broker-url-env'];
	if (variable === undefined) {
		const given = BROKER_OPTIONS.find((name) => values[name] !== undefined);
		if (given) throw new CollectorError(`--${given} needs --broker-url-env.`);
		return null;
	}
	const address = secretFrom(
		environment,
		variable,
		'--broker-url-env',
		'the address of the broker',
	);
	const mode = oneOf<TrackingMode>('mode', values.mode, TRACKING_MODES);
	if (MODE_STORES[mode].keeps !== 'every-open') {
		throw new CollectorError(
			`--broker-url-env needs a --mode that keeps single opens: ${mode} leaves none to hand on.`,
		);
	}
	const settings = readBrokerSettings(address, {
		queue: values['broker-queue'] ?? DEFAULT_QUEUE,
		exchange: values['broker-exchange'] ?? null,
	});
	const destination = brokerInWords(settings);
	return {
		settings,
		reported: (folder) => ({
			kind: 'sink',
			// An earlier destination of this collector still holds what it got.
			id: `collect ${hostname()} ${folder} ${destination}`,
			name: `Collector on ${hostname()}: broker`,
			settings: {
				destination,
				country: values['broker-country'] ?? '',
				fields: [...MODE_STORES[mode].fields],
			},
		}),
	};
}
