import 'reflect-metadata';
import { ExecutionLifecycleHooks, WorkflowExecute } from 'n8n-core';
import type {
	IConnections,
	INode,
	INodeExecutionData,
	INodeType,
	INodeTypes,
	IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';
import { NodeConnectionTypes, Workflow } from 'n8n-workflow';

/** A node of a workflow under test: how it is set up, and the code behind it. */
export interface TestedNode {
	type: INodeType;
	parameters?: Record<string, unknown>;
	onError?: INode['onError'];
	credentials?: Record<string, Record<string, unknown>>;
}

/** Gives out the items that it was made with. */
function source(items: INodeExecutionData[]): INodeType {
	return {
		description: {
			displayName: 'Source',
			name: 'source',
			group: ['trigger'],
			version: 1,
			description: '',
			defaults: {},
			inputs: [],
			outputs: [NodeConnectionTypes.Main],
			properties: [],
		},
		execute: async () => [structuredClone(items)],
	};
}

/**
 * Runs items through nodes one behind the other, by n8n's own engine, which does more with what a
 * node gives out than pass it on.
 *
 * @param nodes the first one gets `items`; each further one the error output of the one before it
 * @returns per node what left it at each output, in the end
 */
export async function runWorkflow(
	items: INodeExecutionData[],
	nodes: readonly TestedNode[],
): Promise<INodeExecutionData[][][]> {
	const types = new Map<string, INodeType>([['test.source', source(items)]]);
	const named: INode[] = [node('Source', 'test.source', {})];
	const connections: IConnections = {};
	let from = { name: 'Source', output: 0 };
	for (const [index, tested] of nodes.entries()) {
		const name = `Node ${index}`;
		types.set(`test.node${index}`, tested.type);
		named.push(node(name, `test.node${index}`, tested));
		const outputs = Array.from({ length: from.output + 1 }, (_, output) =>
			output === from.output ? [{ node: name, type: NodeConnectionTypes.Main, index: 0 }] : [],
		);
		connections[from.name] = { main: outputs };
		const { length } = tested.type.description.outputs;
		from = { name, output: tested.onError === 'continueErrorOutput' ? length : 0 };
	}
	const nodeTypes: INodeTypes = {
		getByName: (name) => types.get(name)!,
		getByNameAndVersion: (name) => types.get(name)!,
		getKnownTypes: () => ({}),
	};
	const workflow = new Workflow({
		id: 'tested',
		nodes: named,
		connections,
		active: true,
		nodeTypes,
		settings: { executionOrder: 'v1' },
	});
	const execution = new WorkflowExecute(additionalData(nodes), 'trigger');
	const { data } = await execution.run({ workflow, startNode: named[0] });
	const { error, runData } = data.resultData;
	if (error) throw error;
	return nodes.map((_, index) => {
		const [run] = runData[`Node ${index}`] ?? [];
		return (run?.data?.main ?? []).map((output) => output ?? []);
	});
}

function node(name: string, type: string, tested: Partial<TestedNode>): INode {
	const version = tested.type?.description.version ?? 1;
	return {
		id: name,
		name,
		type,
		typeVersion: Array.isArray(version) ? version[0] : version,
		position: [0, 0],
		parameters: (tested.parameters ?? {}) as INode['parameters'],
		onError: tested.onError,
		credentials: Object.fromEntries(
			Object.keys(tested.credentials ?? {}).map((credential) => [
				credential,
				{ id: credential, name: credential },
			]),
		),
	};
}

function additionalData(nodes: readonly TestedNode[]): IWorkflowExecuteAdditionalData {
	const data: Partial<IWorkflowExecuteAdditionalData> = {
		executionId: 'execution',
		currentNodeExecutionIndex: 0,
		webhookWaitingBaseUrl: 'https://n8n.example.com/webhook-waiting',
		formWaitingBaseUrl: 'https://n8n.example.com/form-waiting',
		instanceBaseUrl: 'https://n8n.example.com/',
		variables: {},
		hooks: new ExecutionLifecycleHooks('trigger', 'execution', {
			id: 'tested',
			name: 'tested',
			active: true,
			createdAt: new Date(),
			updatedAt: new Date(),
			nodes: [],
			connections: {},
			isArchived: false,
			activeVersionId: null,
		} as never),
		credentialsHelper: {
			getDecrypted: async (_data: unknown, _node: unknown, name: string) =>
				nodes.flatMap(({ credentials = {} }) => credentials[name] ?? [])[0],
			getParentTypes: () => [],
			isCredentialUsableByNode: () => true,
		} as never,
	};
	return data as IWorkflowExecuteAdditionalData;
}
