import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { FunctionDescription } from "../stacks/description.ts";
import { functionEnvironment, type LocalResources } from "./environment.ts";
import { LocalFunction } from "./local-function.ts";

export type LocalFunctions = ReadonlyMap<string, LocalFunction>;

/** Makes the functions of the stacks callable; each starts at its first invocation. */
export function createFunctions(
  descriptions: FunctionDescription[],
  resources: LocalResources,
  log: (functionName: string, line: string) => void,
): LocalFunctions {
  return new Map(
    descriptions.map((fn) => [
      fn.name,
      new LocalFunction(fn, functionEnvironment(fn, resources), (line) => log(fn.name, line)),
    ]),
  );
}

/** @throws When there is no function of that name. */
export function getFunction(functions: LocalFunctions, name: string): LocalFunction {
  const found = functions.get(name);
  if (!found) throw new Error(`The stacks have no function "${name}".`);
  return found;
}

/** Packages that stay outside of the bundles (`@aws-sdk/*`) are found from where the bundles are, wherever that is. */
export function linkNodeModules(root: string, outDir: string): void {
  const link = join(outDir, "node_modules");
  mkdirSync(outDir, { recursive: true });
  rmSync(link, { force: true });
  // The project's own `node_modules`: a folder between it and the root may have a small one.
  const sst = dirname(createRequire(join(root, "sst.config.ts")).resolve("sst/package.json"));
  symlinkSync(dirname(sst), link, "junction");
}
