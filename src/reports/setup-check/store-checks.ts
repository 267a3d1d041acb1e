import { findingOf } from './finding-of';
import type { SetupFacts, SetupFinding } from './setup-facts';

/** Whether the store can be used, and whether opens wait for it on disk. */
export function storeCheck({ store, waiting }: SetupFacts): SetupFinding {
	const { ok, warning, problem } = findingOf('Store');
	if ('error' in store) {
		const count = 'value' in waiting ? waiting.value.waiting : 0;
		return problem(
			`It cannot be used: ${store.error}${count > 0 ? ` Opens that wait on disk: ${count}` : ''}`,
			'Correct that. Opens wait on disk meanwhile, and are written when it is back',
		);
	}
	const answers = `It answers (${store.value.kind}, ${store.value.location})`;
	if ('error' in waiting) {
		return problem(
			`${answers}, but the logs on disk in which opens wait cannot be read: ${waiting.error}`,
			'Look at the rights and the room on the disk of the folder of n8n',
		);
	}
	const { oldestAt, reason, unfinished, refused, waiting: count } = waiting.value;
	if (count > 0) {
		const since = oldestAt === null ? '' : `, the oldest since ${oldestAt}`;
		return warning(
			`${answers}, but opens wait on disk: ${count}${since}${reason === null ? '' : `. ${reason}`}`,
			'They are written by themselves; where the number does not fall, look into the log of n8n',
		);
	}
	if (unfinished > 0) {
		return warning(
			`${answers}, but opens on disk are not through their workflow yet: ${unfinished}`,
			'The workflow gets them again by itself. Publish it, and where it fails, look at its executions',
		);
	}
	if (refused > 0) {
		return warning(
			`${answers}, but it or a workflow does not take some opens, which stay on disk for 30 days: ${refused}`,
			'The log of n8n says why',
		);
	}
	return ok(`${answers}, and no opens wait on disk`);
}

/** Whether links can be signed, with keys that the store was used with. */
export function keysCheck({ keys }: SetupFacts): SetupFinding {
	const { ok, problem, notChecked } = findingOf('Signing keys');
	if ('error' in keys) return problem(keys.error, 'Put the keys back that belong to this store');
	const { source, id, others, knownToStore } = keys.value;
	const which = `"${id}" signs, from ${source}${others > 0 ? `, and ${others} more verify` : ''}`;
	return knownToStore
		? ok(`${which}. The store knows them`)
		: notChecked(`${which}. Whether they belong to the store cannot be asked while it is away`);
}
