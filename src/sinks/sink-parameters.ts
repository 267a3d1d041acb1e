import { z } from 'zod4';

interface ParameterBase {
	name: string;
	displayName: string;
	/** Sentence case, without a final period */
	description: string;
	/** Only asked for while another parameter has one of these values */
	showFor?: { parameter: string; values: readonly string[] };
}

/** A setting of one destination, from which forms and documentation are made. */
export type SinkParameter = ParameterBase &
	(
		| { type: 'string'; default: string; required?: boolean; placeholder?: string }
		| { type: 'boolean'; default: boolean }
		| {
				type: 'options';
				default: string;
				options: ReadonlyArray<{ name: string; value: string; description?: string }>;
		  }
	);

export type SinkOptions = Readonly<Record<string, string | boolean>>;

/** The values that a list of parameters leads to. */
export type OptionsOf<P extends readonly SinkParameter[]> = {
	readonly [K in P[number] as K['name']]: K extends { type: 'boolean' } ? boolean : string;
};

/** A setting that is missing or not of its type; the message is fit to be shown. */
export class SinkOptionError extends Error {
	override name = 'SinkOptionError';
}

/**
 * Checks what the user set against the parameters of a sink and fills in the defaults.
 *
 * @param raw values by parameter name; unknown names are left out
 * @throws SinkOptionError that names the first parameter at fault
 */
export function readOptions(
	parameters: readonly SinkParameter[],
	raw: SinkRawOptions,
): SinkOptions {
	const options: Record<string, string | boolean> = {};
	for (const parameter of parameters) {
		const value = raw[parameter.name] ?? parameter.default;
		const result = schemaOf(parameter).safeParse(value);
		if (!result.success) {
			throw new SinkOptionError(
				`${parameter.displayName} is not valid. ${result.error.issues[0].message}`,
			);
		}
		options[parameter.name] = result.data;
	}
	for (const parameter of parameters) {
		if (parameter.type !== 'string' || !parameter.required) continue;
		if (isShown(parameter, options) && options[parameter.name] === '') {
			throw new SinkOptionError(`${parameter.displayName} is empty. Fill it in.`);
		}
	}
	return options;
}

export type SinkRawOptions = Readonly<Record<string, unknown>>;

/** Whether a parameter applies under the other values. */
export function isShown(parameter: SinkParameter, options: SinkRawOptions): boolean {
	const { showFor } = parameter;
	return !showFor || showFor.values.includes(String(options[showFor.parameter]));
}

function schemaOf(parameter: SinkParameter): z.ZodType<string | boolean> {
	if (parameter.type === 'boolean') return z.boolean('Use true or false.');
	if (parameter.type === 'string') return z.string('Use text.').trim();
	const values = parameter.options.map((option) => option.value);
	return z.enum(values, `Use one of ${values.join(', ')}.`);
}
