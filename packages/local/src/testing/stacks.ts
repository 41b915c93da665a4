/** Apart from the other faces: it loads SST, which takes seconds. */
export type { FunctionDescription, SystemDescription } from "../stacks/description.ts";
export { readStacks } from "../stacks/read-stacks.ts";
