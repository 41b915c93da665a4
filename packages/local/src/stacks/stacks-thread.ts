import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { type BuildResult, bundle } from "./bundle.ts";
import type { SystemDescription } from "./description.ts";
import { readStacks } from "./read-stacks.ts";

export interface StacksThreadInput {
  root: string;
  outDir: string;
  watch: boolean;
}

export interface Build {
  functionName: string;
  result: BuildResult;
}

export type StacksThreadMessage = { kind: "described"; system: SystemDescription } | { kind: "built"; build: Build };

const { root, outDir, watch }: StacksThreadInput = workerData;
const post = (message: StacksThreadMessage) => parentPort?.postMessage(message);

const { system, functions } = await readStacks(root, join(outDir, "sst"));
post({ kind: "described", system });

await bundle(
  system.functions.map(({ name, handler }) => ({ name, handler, nodejs: functions.bundling(name) })),
  { root, outDir, watch, onBuilt: (functionName, result) => post({ kind: "built", build: { functionName, result } }) },
);
