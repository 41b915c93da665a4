import { type FunctionDescription, readStacks, type SystemDescription } from "@turnpike/local/testing/stacks";
import { useFunctions } from "sst/constructs/Function.js";
import { useRuntimeHandlers } from "sst/runtime/handlers.js";

/** A function as `sst deploy` uploads it. */
export interface Artifact {
  description: FunctionDescription;
  taskRoot: string;
  handler: string;
}

export interface Artifacts {
  system: SystemDescription;
  functions: Artifact[];
}

/**
 * Builds every function with SST's own builder. Once per thread: SST keeps its project in module state.
 * @param outDir where they go; SST's usual folder is left as it is
 * @throws when one does not build
 */
export async function buildArtifacts(root: string, outDir: string): Promise<Artifacts> {
  const { system } = await readStacks(root, outDir);
  const functions = await Promise.all(
    Object.entries(useFunctions().all).map(async ([id, { handler }]) => {
      const description = system.functions.find((each) => each.handler === handler);
      if (!description) return [];
      const built = await useRuntimeHandlers().build(id, "deploy");
      if (built.type === "error") throw new Error(built.errors.join("\n"));
      return [{ description, taskRoot: built.out, handler: built.handler }];
    }),
  );
  return { system, functions: functions.flat() };
}
