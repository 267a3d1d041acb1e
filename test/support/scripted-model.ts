import { startStandIn, type HttpStandIn, type Received } from './http-stand-in';

/** What a model is sent: OpenAI's chat API, as far as tests look at it. */
export interface ChatRequest {
	messages: Array<{ role: string; content: string }>;
	tools?: Array<{
		function: {
			name: string;
			description: string;
			parameters: { properties: Record<string, unknown>; required?: string[] };
		};
	}>;
}

/** What a model says next: a call of a tool, or the answer. */
export type Turn = { tool: string; arguments: object } | { answer: string };

/**
 * A server that speaks OpenAI's chat API, below `/v1`, with a script in place of a model.
 *
 * @param play gives the next turn; what it throws, the agent is told as an error of the model
 */
export async function startScriptedModel(
	play: (request: ChatRequest) => Turn,
): Promise<HttpStandIn> {
	return await startStandIn(({ body }: Received) => {
		const request = JSON.parse(body) as ChatRequest;
		let turn: Turn;
		try {
			turn = play(request);
		} catch (error) {
			return { status: 400, body: { error: { message: String(error) } } };
		}
		const message =
			'answer' in turn
				? { role: 'assistant', content: turn.answer }
				: { role: 'assistant', content: null, tool_calls: [callOf(turn, request)] };
		return {
			status: 200,
			body: {
				id: 'turn',
				object: 'chat.completion',
				created: 1,
				model: 'scripted',
				choices: [{ index: 0, message, finish_reason: 'answer' in turn ? 'stop' : 'tool_calls' }],
				usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
			},
		};
	});
}

function callOf(
	{ tool, arguments: given }: Extract<Turn, { tool: string }>,
	{ messages }: ChatRequest,
) {
	return {
		// The agent takes a call with the id of an earlier one for that one.
		id: `call-${messages.length}`,
		type: 'function',
		function: { name: tool, arguments: JSON.stringify(given) },
	};
}
