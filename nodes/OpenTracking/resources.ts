import { getManyOpens } from './open/get-many';
import type { Operation, Resource } from './operation';

/** Every resource and operation of the node; the fields in the editor follow from this list. */
export const resources: Resource[] = [{ value: 'open', name: 'Open', operations: [getManyOpens] }];

/** The operation that the user chose. */
export function findOperation(resource: string, operation: string): Operation | undefined {
	return resources
		.find(({ value }) => value === resource)
		?.operations.find(({ value }) => value === operation);
}
