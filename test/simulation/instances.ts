import { readFileSync } from "node:fs";
import { createRequire, registerHooks } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { NodeJSProps } from "sst/constructs";
import { type CodeMutant, mutate } from "./mutants-in-code.ts";

/**
 * What a function remembers between two requests is one instance's, and ends with it. So each instance loads the function's code anew: all
 * of ours in one piece, for modules one by one would take a third of a world's time. What others have written is loaded once.
 */

type BuildOptions = NonNullable<NodeJSProps["esbuild"]>;
type Plugin = NonNullable<BuildOptions["plugins"]>[number];
interface Built {
  outputFiles: { path: string; text: string }[];
}

const FUNCTIONS = fileURLToPath(new URL("../../packages/functions/src/", import.meta.url));
const INSTANCE = /\?instance=\d+$/;
/** A guarantee that is taken away, in a process that plays for nothing else. */
const mutant = process.env.CODE_MUTANT && (JSON.parse(process.env.CODE_MUTANT) as CodeMutant);

const requireFromSst = createRequire(createRequire(import.meta.url).resolve("sst/package.json"));
const esbuild: { build(options: BuildOptions): Promise<Built> } = requireFromSst("esbuild");

const ours: Plugin = {
  name: "ours",
  setup({ onResolve, onLoad, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...from }) => {
      if (path.startsWith("@turnpike/") || path.startsWith("node:") || pluginData === "asked") return undefined;
      const found = await resolve(path, { ...from, pluginData: "asked" });
      return { path: pathToFileURL(found.path).href, external: true };
    });
    if (mutant)
      onLoad({ filter: /\/packages\/.*\.ts$/ }, ({ path }) => ({
        contents: mutate(path, readFileSync(path, "utf8"), mutant),
        loader: "ts",
      }));
  },
};

/** The code of each function, by its name. */
let codes: ReadonlyMap<string, string> = new Map();
let instances = 0;

/** To be called once, before any is loaded. */
export async function buildFunctions(names: readonly string[]): Promise<void> {
  const { outputFiles } = await esbuild.build({
    entryPoints: names.map((name) => join(FUNCTIONS, `${name}.ts`)),
    bundle: true,
    write: false,
    outdir: FUNCTIONS,
    platform: "node",
    format: "esm",
    target: "node22",
    conditions: [], // as Node itself resolves
    minifySyntax: true,
    plugins: [ours],
  });
  codes = new Map(outputFiles.map(({ path, text }) => [basename(path, ".js"), text]));
}

registerHooks({
  load(url, context, next) {
    if (!INSTANCE.test(url)) return next(url, context);
    return { format: "module", source: codes.get(basename(new URL(url).pathname, ".ts")) ?? "", shortCircuit: true };
  },
});

/** Loads a function's module, as a process does that has just started. */
export function loadAnew<Module>(name: string): Promise<Module> {
  return import(`${pathToFileURL(join(FUNCTIONS, `${name}.ts`))}?instance=${++instances}`);
}
