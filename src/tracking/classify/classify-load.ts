import type { ActorReason } from '../event/actor-reasons';
import type { Actor, Client } from '../event/open-event';
import { CURRENT_RULES, type LoadRule, type RuleSet } from './classify-rules';
import { extractFeatures, type ImageLoad } from './extract-features';
import type { LoadFeature } from './feature';

/** Who loaded an image, and why we think so. */
export interface Verdict {
	actor: Actor;
	actorReason: ActorReason;
	rulesVersion: string;
	client: Client;
}

/** A verdict with the facts it was made from, fit to be stored. */
export interface ClassifiedLoad extends Verdict {
	features: string[];
}

/**
 * Says who loaded an image. Pure; never throws; bounded in time whatever the load holds.
 *
 * @example
 * classifyLoad({ method: 'GET', headers: {}, userAgent: 'Mozilla/5.0', ip: null, secondsSinceSend: null })
 * // { actor: 'prefetch', actorReason: 'apple-mpp-agent', … }
 */
export function classifyLoad(load: ImageLoad): ClassifiedLoad {
	const features = extractFeatures(load);
	const { actor, actorReason, rulesVersion, client } = classifyFeatures(features);
	return { actor, actorReason, rulesVersion, client, features };
}

/**
 * Judges stored features again, without address or user agent. `classifyLoad` is this function
 * over `extractFeatures`, so an event judged later gets what it would have got then.
 *
 * @param features words of `feature.ts`; words that no rule knows are left alone
 */
export function classifyFeatures(
	features: readonly string[],
	ruleSet: RuleSet = CURRENT_RULES,
): Verdict {
	const rule = ruleSet.rules[firstThatHolds(compiled(ruleSet), features)];
	return {
		actor: rule?.actor ?? 'unknown',
		actorReason: rule?.reason ?? 'unrecognised',
		rulesVersion: ruleSet.version,
		client: clientOf(features),
	};
}

/** Features as bits: the first 31 that the rules ask for, and the others. */
interface FeatureBits {
	low: number;
	high: number;
}

/** A rule set as sets of bits, because every load is held against every rule. */
interface CompiledRules {
	readonly bitOf: ReadonlyMap<string, FeatureBits>;
	/** Of each rule, the groups of which a load must have one feature */
	readonly groups: ReadonlyArray<readonly FeatureBits[]>;
}

const BITS = 31;
const compiledRules = new WeakMap<RuleSet, CompiledRules>();

function compiled(ruleSet: RuleSet): CompiledRules {
	const known = compiledRules.get(ruleSet);
	if (known !== undefined) return known;
	const groupsOf = ({ all = [], anyOf = [] }: LoadRule): ReadonlyArray<readonly LoadFeature[]> => [
		...all.map((feature) => [feature]),
		...anyOf,
	];
	const asked = [...new Set(ruleSet.rules.flatMap(groupsOf).flat())];
	if (asked.length > 2 * BITS) throw new Error('The rules ask for more features than have a bit.');
	const bitOf = new Map(
		asked.map((feature, place): [string, FeatureBits] => [
			feature,
			place < BITS ? { low: 1 << place, high: 0 } : { low: 0, high: 1 << (place - BITS) },
		]),
	);
	const groups = ruleSet.rules.map((rule) => groupsOf(rule).map((group) => bitsOf(group, bitOf)));
	compiledRules.set(ruleSet, { bitOf, groups });
	return { bitOf, groups };
}

function bitsOf(features: readonly string[], bitOf: CompiledRules['bitOf']): FeatureBits {
	let low = 0;
	let high = 0;
	for (const feature of features) {
		const bit = bitOf.get(feature);
		if (bit === undefined) continue;
		low |= bit.low;
		high |= bit.high;
	}
	return { low, high };
}

/** The place of the first rule that holds, or -1. */
function firstThatHolds({ bitOf, groups }: CompiledRules, features: readonly string[]): number {
	const { low, high } = bitsOf(features, bitOf);
	for (let place = 0; place < groups.length; place += 1) {
		let holds = true;
		for (const group of groups[place]) {
			if (((group.low & low) | (group.high & high)) === 0) {
				holds = false;
				break;
			}
		}
		if (holds) return place;
	}
	return -1;
}

function clientOf(features: readonly string[]): Client {
	const client: Client = { family: null, os: null, device: null };
	for (const feature of features) {
		switch (feature.charCodeAt(0)) {
			case LETTER_C:
				if (feature.startsWith('client:')) client.family ??= feature.slice(7);
				break;
			case LETTER_O:
				if (feature.startsWith('os:')) client.os ??= feature.slice(3);
				break;
			case LETTER_D:
				if (feature.startsWith('device:')) client.device ??= feature.slice(7);
		}
	}
	return client;
}

const LETTER_C = 99;
const LETTER_D = 100;
const LETTER_O = 111;
