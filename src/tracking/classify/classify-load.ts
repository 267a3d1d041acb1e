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
	return { ...classifyFeatures(features), features };
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
	const rule = ruleSet.rules.find((candidate) => holds(candidate, features));
	return {
		actor: rule?.actor ?? 'unknown',
		actorReason: rule?.reason ?? 'unrecognised',
		rulesVersion: ruleSet.version,
		client: {
			family: valueOf(features, 'client:'),
			os: valueOf(features, 'os:'),
			device: valueOf(features, 'device:'),
		},
	};
}

function holds({ all, anyOf }: LoadRule, features: readonly string[]): boolean {
	if (all) for (const feature of all) if (!features.includes(feature)) return false;
	if (anyOf) {
		for (const group of anyOf) {
			if (!hasOneOf(group, features)) return false;
		}
	}
	return true;
}

function hasOneOf(group: readonly LoadFeature[], features: readonly string[]): boolean {
	for (const feature of group) if (features.includes(feature)) return true;
	return false;
}

function valueOf(features: readonly string[], prefix: string): string | null {
	for (const feature of features) {
		if (feature.startsWith(prefix)) return feature.slice(prefix.length);
	}
	return null;
}
