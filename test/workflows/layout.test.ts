import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { drawCanvas, type Box } from '../support/canvas';
import { bundledWorkflow } from '../support/n8n-instance';

const files = readdirSync(join(__dirname, '..', '..', 'workflows')).filter((name) =>
	name.endsWith('.json'),
);

/** At less than this zoom nobody reads a note in a window of 1600 by 900. */
const LEAST_ZOOM = 0.44;

const overlap = (a: Box, b: Box) =>
	a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
const within = (inner: Box, outer: Box) =>
	inner.x >= outer.x &&
	inner.y >= outer.y &&
	inner.x + inner.width <= outer.x + outer.width &&
	inner.y + inner.height <= outer.y + outer.height;
const pairs = <T>(all: T[]) =>
	all.flatMap((one, index) => all.slice(index + 1).map((other) => [one, other] as const));

describe.each(files)('the canvas of workflows/%s', (file) => {
	const { notes, nodes, lines, zoom } = drawCanvas(bundledWorkflow(file));
	const parts = nodes.flatMap(({ name, square, label, outputs, plus }) =>
		[square, label, ...outputs, ...plus].map((box) => ({ name, box })),
	);

	it('opens at a zoom at which its notes can be read', () => {
		expect(zoom).toBeGreaterThanOrEqual(LEAST_ZOOM);
	});

	it('has no node, label or name of an output over that of another node', () => {
		const found = pairs(parts)
			.filter(([one, other]) => one.name !== other.name && overlap(one.box, other.box))
			.map(([one, other]) => `${one.box.what} / ${other.box.what}`);
		expect(found).toEqual([]);
	});

	it('has each node wholly in a note or wholly outside, and never over the text of one', () => {
		const found = notes.flatMap((note) => [
			...nodes
				.flatMap(({ square, label }) => [square, label])
				.filter((box) => overlap(box, note) && !within(box, note))
				.map((box) => `${box.what} across the edge of ${note.what}`),
			...parts
				.filter(({ box }) => overlap(box, note.text))
				.map(({ box }) => `${box.what} / ${note.text.what}`),
		]);
		expect(found).toEqual([]);
	});

	it('has no note over another', () => {
		const found = pairs(notes).filter(([one, other]) => overlap(one, other));
		expect(found.map(([one, other]) => `${one.what} / ${other.what}`)).toEqual([]);
	});

	it('leads no line through the text of a note, a node, a label or the name of an output', () => {
		const found = lines.flatMap((line) =>
			[
				...notes.map(({ text }) => text),
				...nodes.flatMap(({ name, square, label, outputs }) => [
					// A line starts and ends at its own nodes, and passes the name of its own output.
					...(name === line.from || name === line.to ? [] : [square]),
					label,
					...(name === line.from ? [] : outputs),
				]),
			]
				.filter((box) =>
					line.points.some(([x, y]) => overlap({ ...box, x, y, width: 0, height: 0 }, box)),
				)
				.map((box) => `${line.what} / ${box.what}`),
		);
		expect(found).toEqual([]);
	});

	it('has notes as tall as what is in them', () => {
		const found = notes.flatMap((note) => {
			const inside = nodes.filter(({ square }) => overlap(square, note));
			const textEnd = note.text.y + note.text.height;
			const first = Math.min(...inside.map(({ square }) => square.y));
			const last = Math.max(textEnd, ...inside.map(({ label }) => label.y + label.height));
			const room = note.y + note.height - last;
			return [
				room < 8 && `${note.what} lacks ${Math.round(8 - room)}`,
				room > 48 && `${note.what} has ${Math.round(room)} empty below`,
				inside.length > 0 &&
					first - textEnd > 96 &&
					`${note.what} has ${Math.round(first - textEnd)} empty above its nodes`,
			].filter((fault) => fault !== false);
		});
		expect(found).toEqual([]);
	});

	it('cuts off no line of code', () => {
		expect(notes.flatMap(({ cutLines }) => cutLines)).toEqual([]);
	});

	it('names the outputs of a switch', () => {
		const numbers = nodes.flatMap(({ outputs }) =>
			outputs.filter(({ what }) => /^output \d+ of /.test(what)),
		);
		expect(numbers.map(({ what }) => what)).toEqual([]);
	});
});
