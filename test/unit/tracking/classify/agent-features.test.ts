import {
	agentFeatures,
	MAX_AGENT_LENGTH,
	MAX_REMEMBERED_AGENTS,
} from '../../../../src/tracking/classify/agent-features';
import * as claimedClientModule from '../../../../src/tracking/classify/claimed-client';

jest.mock('../../../../src/tracking/classify/claimed-client', () => {
	const real = jest.requireActual<typeof claimedClientModule>(
		'../../../../src/tracking/classify/claimed-client',
	);
	return { ...real, claimedClient: jest.fn(real.claimedClient) };
});
const judged = jest.mocked(claimedClientModule.claimedClient);

beforeEach(() => judged.mockClear());

test('an agent is judged once, and again only after enough others came by', () => {
	agentFeatures('first');
	agentFeatures('first');
	expect(judged).toHaveBeenCalledTimes(1);

	for (let index = 1; index < MAX_REMEMBERED_AGENTS; index += 1) agentFeatures(`agent ${index}`);
	agentFeatures('first');
	expect(judged).toHaveBeenCalledTimes(MAX_REMEMBERED_AGENTS);

	agentFeatures('one more');
	agentFeatures('first');
	expect(judged).toHaveBeenCalledTimes(MAX_REMEMBERED_AGENTS + 2);
});

test('no pattern sees more than the beginning of a long agent, and it is not remembered', () => {
	const long = 'x'.repeat(MAX_AGENT_LENGTH + 1);
	agentFeatures(long);
	agentFeatures(long);
	expect(judged.mock.calls.map(([agent]) => agent.length)).toEqual([
		MAX_AGENT_LENGTH,
		MAX_AGENT_LENGTH,
	]);
	expect(agentFeatures(long)).toContain('ua:cut');
	expect(agentFeatures('x'.repeat(MAX_AGENT_LENGTH))).not.toContain('ua:cut');
});
