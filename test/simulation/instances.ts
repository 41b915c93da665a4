import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { compileFunction } from "node:vm";
import type { NodeJSProps } from "sst/constructs";
import { type CodeMutant, mutate } from "./mutants-in-code.ts";

/**
 * What a function remembers between two requests is one instance's, and ends with it. So each instance runs the function's modules anew: all
 * of ours in one piece that is compiled once. What others have written is loaded once.
 */

type BuildOptions = NonNullable<NodeJSProps["esbuild"]>;
type Plugin = NonNullable<BuildOptions["plugins"]>[number];
interface Built {
  outputFiles: { path: string; text: string }[];
}

const FUNCTIONS = fileURLToPath(new URL("../../packages/functions/src/", import.meta.url));
/** A guarantee that is taken away, in a process that plays for nothing else. */
const mutant = process.env.CODE_MUTANT && (JSON.parse(process.env.CODE_MUTANT) as CodeMutant);

const requireFromSst = createRequire(createRequire(import.meta.url).resolve("sst/package.json"));
const esbuild: { build(options: BuildOptions): Promise<Built> } = requireFromSst("esbuild");

const modules = new Map<string, object>();

/** What others have written: a module of our own piece that hands on what is loaded already. */
async function handOn(href: string): Promise<string> {
  const module = await import(href);
  modules.set(href, module);
  const names = Object.keys(module).map((name, place) => {
    const value = `/* @__PURE__ */ (() => given.get("${href}")["${name}"])()`;
    return name === "default"
      ? `export default ${value};`
      : `const $${place} = ${value}; export { $${place} as ${name} };`;
  });
  return names.join("\n");
}

const ours: Plugin = {
  name: "ours",
  setup({ onResolve, onLoad, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...from }) => {
      if (path.startsWith("@turnpike/") || path.startsWith("node:") || pluginData === "asked") return undefined;
      const found = await resolve(path, { ...from, pluginData: "asked" });
      return { path: pathToFileURL(found.path).href, namespace: "of others" };
    });
    onLoad({ filter: /./, namespace: "of others" }, async ({ path }) => ({ contents: await handOn(path) }));
    if (mutant)
      onLoad({ filter: /\/packages\/.*\.ts$/ }, ({ path }) => ({
        contents: mutate(path, readFileSync(path, "utf8"), mutant),
        loader: "ts",
      }));
  },
};

/** What runs the modules of each function, by its name. */
const starts = new Map<string, (...given: unknown[]) => void>();

/** To be called once, before any is loaded. */
export async function buildFunctions(names: readonly string[]): Promise<void> {
  const { outputFiles } = await esbuild.build({
    entryPoints: names.map((name) => join(FUNCTIONS, `${name}.ts`)),
    bundle: true,
    write: false,
    outdir: FUNCTIONS,
    platform: "node",
    format: "cjs",
    target: "node22",
    conditions: ["import"], // as Node itself resolves
    minifySyntax: true,
    plugins: [ours],
  });
  for (const { path, text } of outputFiles)
    starts.set(
      basename(path, ".js"),
      compileFunction(text, ["module", "require", "given"], { filename: path }) as never,
    );
}

const require = createRequire(import.meta.url);

/** Runs a function's modules, as a process does that has just started. */
export function loadAnew<Module>(name: string): Module {
  const module = { exports: {} };
  starts.get(name)?.(module, require, modules);
  return module.exports as Module;
}
