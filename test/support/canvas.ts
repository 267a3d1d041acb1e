import type { WorkflowJson } from './n8n-instance';

/**
 * Where n8n 2.41 draws a workflow: the numbers are measured in Chromium, in the units of
 * `position`, and hold at each zoom.
 */

export interface Box {
	/** What it is, for a message: `Label of Postgres` */
	what: string;
	x: number;
	y: number;
	width: number;
	height: number;
}

export interface Note extends Box {
	/** The heading and the text in it */
	text: Box;
	/** The lines of its code blocks that are wider than the note, which n8n cuts off */
	cutLines: string[];
}

export interface Line {
	what: string;
	from: string;
	to: string;
	points: Array<[number, number]>;
}

export interface DrawnNode {
	name: string;
	/** The square with its ports, the label below, and the names of its outputs */
	square: Box;
	label: Box;
	outputs: Box[];
	/** The line with the plus sign at an output that leads nowhere */
	plus: Box[];
}

export interface Canvas {
	notes: Note[];
	nodes: DrawnNode[];
	lines: Line[];
	/** The zoom at which n8n opens it in a window of 1600 by 900 */
	zoom: number;
}

const NODE = 96;
const PORT = 8;
/** The width of a character in a code block */
const CODE_CHARACTER = 9.64;

/** Widths of n8n's font (Inter) in hundredths of its size. Other characters count as wide. */
const WIDTHS: Array<[number, string]> = [
	[19, '’'],
	[21, 'ijl'],
	[22, '!,.:;'],
	[23, 'I'],
	[24, '`'],
	[25, " '"],
	[30, '()[]|'],
	[31, 'ft'],
	[32, 'r'],
	[33, '/'],
	[36, '1'],
	[38, '{}'],
	[40, '"'],
	[43, '-'],
	[45, '_'],
	[47, '*s'],
	[48, 'z'],
	[51, 'kvxy'],
	[52, '7?ac'],
	[53, 'J'],
	[54, 'Le'],
	[55, 'Fhnou'],
	[56, '2'],
	[57, 'bdgpq'],
	[58, '5689E'],
	[60, '3#'],
	[61, '0$&PSTZ'],
	[62, '4'],
	[63, '+<=>KR'],
	[64, 'BY'],
	[65, 'AVX'],
	[69, 'D'],
	[70, 'U'],
	[71, 'HN'],
	[72, 'C'],
	[73, 'G'],
	[75, 'OQw'],
	[84, '%m'],
	[86, 'M'],
	[92, '→'],
	[95, 'W'],
	[97, '@'],
];
const widthOf = new Map(
	WIDTHS.flatMap(([width, characters]) => Array.from(characters, (one) => [one, width] as const)),
);

/** The widths above are those of large letters; the font draws small ones this much wider. */
const SMALL_LETTERS = 1.06;

function textWidth(text: string, size: number, weight = 1): number {
	return (
		(Array.from(text).reduce((sum, one) => sum + (widthOf.get(one) ?? 95), 0) *
			size *
			weight *
			SMALL_LETTERS) /
		100
	);
}

/** How many lines a text takes; `**bold**` and `code` are wider than the rest. */
function linesOf(markdown: string, width: number, size: number, weight = 1): number {
	let lines = 1;
	let used = 0;
	let bold = false;
	let code = false;
	for (const word of markdown.split(/(?<=[ -])/)) {
		let wordWidth = 0;
		for (const part of word.split(/(\*\*|`|\*)/)) {
			if (part === '**') bold = !bold;
			else if (part === '`') code = !code;
			else if (part !== '*') {
				wordWidth += code
					? part.length * size * 0.602
					: textWidth(part, size, bold ? 1.035 : weight);
			}
		}
		if (used > 0 && used + wordWidth - (word.endsWith(' ') ? size * 0.25 : 0) > width) {
			lines += 1;
			used = 0;
		}
		used += wordWidth;
	}
	return lines;
}

/** The height of a note's text, from the upper edge of the note. */
export function textHeight(markdown: string, noteWidth: number): number {
	const width = noteWidth - 28;
	let height = 8;
	// A list may begin right below the line before it.
	const blocks = markdown.split(/\n\n|(?<=^#.*)\n|(?<=^(?!\d+\.|-).*)\n(?=(?:\d+\.|-) )/m);
	for (const block of blocks) {
		const heading = /^(#+) (.*)$/.exec(block);
		if (block.startsWith('```')) height += (block.split('\n').length - 2) * 16 + 56;
		else if (heading) {
			const size = heading[1].length === 2 ? 24 : 16;
			height += linesOf(heading[2], width, size, 1.035) * size * 1.35 + 8;
		} else if (/^(\d+\.|-) /.test(block)) {
			for (const item of block.split('\n')) {
				height += linesOf(item.replace(/^(\d+\.|-) /, ''), width - 20, 14) * 18.2 + 3.5;
			}
			height += 8;
		} else height += linesOf(block, width, 14) * 18.9 + 8;
	}
	return Math.round(height - 8);
}

type Node = WorkflowJson['nodes'][number];

function outputNames(node: Node): string[] {
	const type = node.type.split('.').at(-1)!;
	const parameters = node.parameters as {
		rules?: { values: Array<{ renameOutput?: boolean; outputKey?: string }> };
		options?: { fallbackOutput?: string; renameFallbackOutput?: string };
		multipleMethods?: boolean;
		httpMethod?: string | string[];
	};
	if (node.onError === 'continueErrorOutput') return ['Success', 'Error'];
	if (type === 'switch') {
		const names = parameters.rules!.values.map((rule, index) =>
			rule.renameOutput && rule.outputKey ? rule.outputKey : String(index),
		);
		const { fallbackOutput, renameFallbackOutput } = parameters.options ?? {};
		if (fallbackOutput === 'extra') names.push(renameFallbackOutput ?? String(names.length));
		return names;
	}
	if (type === 'webhook') return [parameters.httpMethod ?? 'GET'].flat();
	const named: Record<string, string[]> = {
		if: ['true', 'false'],
		filter: ['Kept'],
		splitInBatches: ['done', 'loop'],
		trackingConsentFilter: ['Allowed', 'Refused'],
		openEventSink: ['Delivered', 'Failed'],
		openCollectorTrigger: ['Opens', 'Refused'],
	};
	return named[type] ?? [''];
}

/** The heights of the ports of one side: 32 apart, around the middle. */
const portY = (y: number, height: number, index: number, count: number) =>
	y + height / 2 + (index - (count - 1) / 2) * 32;

const heightFor = (ports: number) =>
	Math.max(NODE, ports > 3 ? ports * 32 + 32 : ports === 3 ? 128 : NODE);

function drawNode(node: Node, leadsOn: (output: number) => boolean): DrawnNode {
	const [x, y] = node.position;
	const names = outputNames(node);
	const height = heightFor(Math.max(names.length, inputCount(node)));
	// A trigger has a flash of lightning before it in place of a port.
	const before = /(Trigger|webhook)$/.test(node.type) ? 40 : PORT;
	// The label is in the middle below the square, and wraps. The subtitle is below it.
	const full = textWidth(node.name, 16, 0.97);
	const lines = linesOf(node.name, 192, 16, 0.97);
	const width = Math.min(full, 192);
	const labelHeight = lines * 20 + (node.disabled ? 24 : 0) + 20;
	return {
		name: node.name,
		square: { what: node.name, x: x - before, y, width: before + NODE + PORT, height },
		label: {
			what: `label of ${node.name}`,
			x: x + NODE / 2 - width / 2,
			y: y + height + 7,
			width,
			height: labelHeight,
		},
		outputs: names.flatMap((name, index) =>
			name === ''
				? []
				: {
						what: `output ${name} of ${node.name}`,
						x: x + NODE + 12,
						y: portY(y, height, index, names.length) - 8,
						width: textWidth(name, 12),
						height: 15,
					},
		),
		plus: names.flatMap((_name, index) =>
			leadsOn(index)
				? []
				: {
						what: `plus sign of ${node.name}`,
						x: x + NODE + PORT,
						y: portY(y, height, index, names.length) - 12,
						width: 70,
						height: 24,
					},
		),
	};
}

const inputCount = (node: Node) =>
	node.type.endsWith('.merge') ? Number(node.parameters.numberInputs ?? 2) : 1;

function bezier(from: [number, number], to: [number, number]): Array<[number, number]> {
	const bend = (to[0] - from[0]) / 2;
	return Array.from({ length: 65 }, (_value, step) => {
		const t = step / 64;
		const at = (a: number, b: number, c: number, d: number) =>
			a * (1 - t) ** 3 + 3 * b * t * (1 - t) ** 2 + 3 * c * t ** 2 * (1 - t) + d * t ** 3;
		return [at(from[0], from[0] + bend, to[0] - bend, to[0]), at(from[1], from[1], to[1], to[1])];
	});
}

/** A line that leads back goes down, left and up again. */
function around([x, y]: [number, number], [toX, toY]: [number, number]): Array<[number, number]> {
	const corners: Array<[number, number]> = [
		[x, y],
		[x + 40, y],
		[x + 40, y + 130],
		[toX - 40, y + 130],
		[toX - 40, toY],
		[toX, toY],
	];
	return corners.slice(1).flatMap((corner, index) => {
		const [fromX, fromY] = corners[index];
		const steps = Math.ceil(Math.hypot(corner[0] - fromX, corner[1] - fromY) / 8) || 1;
		return Array.from({ length: steps + 1 }, (_value, step): [number, number] => [
			fromX + ((corner[0] - fromX) * step) / steps,
			fromY + ((corner[1] - fromY) * step) / steps,
		]);
	});
}

/** Draws a workflow. */
export function drawCanvas(workflow: WorkflowJson): Canvas {
	const isNote = ({ type }: Node) => type === 'n8n-nodes-base.stickyNote';
	const byName = new Map(workflow.nodes.map((node) => [node.name, node]));
	const notes = workflow.nodes.filter(isNote).map((node): Note => {
		const { content, width, height } = node.parameters as {
			content: string;
			width: number;
			height: number;
		};
		const [x, y] = node.position;
		const box = { what: `note ${node.name}`, x, y };
		const text = { ...box, what: `text of ${node.name}`, x: x + 13, y: y + 8, width: width - 26 };
		const cutLines = [...content.matchAll(/^```.*\n([^]*?)```$/gm)]
			.flatMap(([, code]) => code.split('\n'))
			.filter((line) => line.length * CODE_CHARACTER > width - 58);
		return {
			...box,
			width,
			height,
			cutLines,
			text: { ...text, height: textHeight(content, width) - 8 },
		};
	});
	const nodes = workflow.nodes
		.filter((node) => !isNote(node))
		.map((node) =>
			drawNode(
				node,
				(output) => (workflow.connections[node.name]?.main?.[output] ?? []).length > 0,
			),
		);
	const squares = new Map(nodes.map(({ name, square }) => [name, square]));
	const lines = Object.entries(workflow.connections).flatMap(([from, { main = [] }]) =>
		main.flatMap((targets, output) =>
			(targets ?? []).map((target): Line => {
				const source = squares.get(from)!;
				const end = squares.get(target.node)!;
				const outputs = outputNames(byName.get(from)!).length;
				const start: [number, number] = [
					source.x + source.width,
					portY(source.y, source.height, output, outputs),
				];
				const stop: [number, number] = [
					end.x,
					portY(end.y, end.height, target.index, inputCount(byName.get(target.node)!)),
				];
				const back = start[0] - 20 > stop[0];
				return {
					what: `line from ${from} to ${target.node}`,
					from,
					to: target.node,
					points: back ? around(start, stop) : bezier(start, stop),
				};
			}),
		),
	);
	const boxes = [...notes, ...nodes.map(({ square }) => square)];
	const left = Math.min(...boxes.map(({ x }) => x));
	const top = Math.min(...boxes.map(({ y }) => y));
	const right = Math.max(...boxes.map(({ x, width }) => x + width));
	const bottom = Math.max(...boxes.map(({ y, height }) => y + height));
	const zoom = Math.min(1, 1550 / 1.2 / (right - left), 797 / 1.2 / (bottom - top));
	return { notes, nodes, lines, zoom };
}
