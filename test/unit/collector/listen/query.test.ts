import fc from 'fast-check';

import { readQuery } from '../../../../src/collector/listen/query';

const NAMES = ['id', 't', 'pixelId', 'my id', '__proto__'];

describe('reading the query of a tracking link', () => {
	it.each([
		['/o.png?id=42', { id: '42' }],
		['/o.png?id=', { id: '' }],
		['/o.png?id', { id: '' }],
		['/o.png', {}],
		['/o.png?', {}],
		['?id=1', { id: '1' }],
		['/o.png?x=1&id=a%20b+c&t=A_-z', { id: 'a b c', t: 'A_-z' }],
		['/o.png?id=first&id=second', { id: 'first' }],
		['/o.png?my%20id=7', { 'my id': '7' }],
		['/o.png?id=%zz%41', { id: '%zzA' }],
		['/o.png?id=%ff', { id: '\ufffd' }],
		['/o.png?&&=&id=1=2', { id: '1=2' }],
		['/o.png?__proto__=x', { ['__proto__']: 'x' }],
		['*', {}],
		['', {}],
	])('%s', (target, expected) => {
		expect({ ...readQuery(target, NAMES) }).toEqual({ ...expected });
	});

	it('reads what URLSearchParams reads', () => {
		const piece = fc.constantFrom(
			'id',
			't',
			'x',
			'=',
			'&',
			'%',
			'%4',
			'%41',
			'%c3%a9',
			'+',
			'é',
			'?',
		);
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
				const query = `x&${pieces.join('')}`;
				const reference = new URLSearchParams(query);
				const values = readQuery(`/o.png?${query}`, NAMES);
				for (const name of NAMES) expect(values[name]).toBe(reference.get(name) ?? undefined);
			}),
			{ numRuns: 300 },
		);
	});

	it('looks at no more than 64 parameters', () => {
		const filler = (count: number) => Array.from({ length: count }, () => 'x=1').join('&');
		expect(readQuery(`/?${filler(63)}&id=in`, NAMES).id).toBe('in');
		expect(readQuery(`/?${filler(64)}&id=out`, NAMES).id).toBeUndefined();
	});
});
