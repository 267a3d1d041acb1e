const SMALL = new Set(['and', 'as', 'by', 'in', 'of', 'or', 'the', 'through', 'to']);

/** The name of something on a page as n8n writes names in lists. */
export function titleCase(name: string): string {
	return name.replace(/\p{L}[\p{L}\d]*/gu, (word, index) =>
		index > 0 && (SMALL.has(word) || word.length === 1)
			? word
			: word[0].toUpperCase() + word.slice(1),
	);
}
