import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { NodeJSProps } from "sst/constructs";

type BuildOptions = NonNullable<NodeJSProps["esbuild"]>;

interface BuildContext {
  watch(): Promise<void>;
  rebuild(): Promise<unknown>;
  dispose(): Promise<void>;
}

interface BuildError {
  text: string;
  location: { file: string; line: number; column: number } | null;
}

// The very esbuild that `sst deploy` bundles with: SST's own.
const requireFromSst = createRequire(createRequire(import.meta.url).resolve("sst/package.json"));
const esbuild: { context(options: BuildOptions): Promise<BuildContext> } = requireFromSst("esbuild");

const EXTENSIONS = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

/** A function to bundle. */
export interface BundleTask {
  name: string;
  /** As the stacks name it: `packages/functions/src/health.handler`. */
  handler: string;
  nodejs: NodeJSProps;
}

export type BuildResult = { file: string } | { errors: string[] };

export interface BundleOptions {
  root: string;
  outDir: string;
  /** Whether to bundle anew on every save. */
  watch: boolean;
  /** Called when a function's code is there or has changed, and when it does not build; its last good file then stays. */
  onBuilt(name: string, result: BuildResult): void;
}

export interface Bundling {
  /** Ends the watching. */
  close(): Promise<void>;
}

/**
 * Bundles handlers as SST does (sst/runtime/handlers/node.js), so that what runs here is what is deployed. Functions
 * with the same options are bundled together: esbuild then reads what they share once, a third of the time for ours.
 */
export async function bundle(tasks: BundleTask[], options: BundleOptions): Promise<Bundling> {
  const groups: Group[] = [];
  for (const task of tasks) {
    const group = groups.find(([first]) => isDeepStrictEqual(first.nodejs, task.nodejs));
    if (group) group.push(task);
    else groups.push([task]);
  }
  const run: Run = { ...options, contexts: new Set(), digests: new Map() };
  await Promise.all(groups.map((group) => bundleGroup(group, run)));
  return {
    close: async () => {
      await Promise.all([...run.contexts].map((context) => context.dispose()));
    },
  };
}

type Group = [BundleTask, ...BundleTask[]];

interface Run extends BundleOptions {
  /** What esbuild holds open. */
  contexts: Set<BuildContext>;
  /** Of each function's code as it was last told of. */
  digests: Map<string, string>;
}

async function bundleGroup(group: Group, run: Run): Promise<void> {
  const [first] = group;
  const context = await esbuild.context({
    ...buildOptions(first.nodejs),
    absWorkingDir: run.root,
    entryPoints: group.map((task) => ({ in: entryFile(run.root, task.handler), out: task.name })),
    outdir: run.outDir,
    plugins: [...(first.nodejs.esbuild?.plugins ?? []), { name: "report", setup: (build) => build.onEnd(onEnd) }],
  });
  run.contexts.add(context);
  if (run.watch) return context.watch();
  await context.rebuild().catch(() => undefined); // `onEnd` has said it

  function onEnd({ errors }: { errors: BuildError[] }): void {
    if (errors.length === 0) reportChanges(group, run);
    else if (group.length === 1) run.onBuilt(first.name, { errors: errors.map(describeError) });
    else {
      // One broken handler must not hold up the others.
      run.contexts.delete(context);
      void context.dispose();
      for (const task of group) void bundleGroup([task], run);
    }
  }
}

/** A save builds the whole group anew; only the functions whose code has changed by it are told of. */
function reportChanges(group: Group, { outDir, digests, onBuilt }: Run): void {
  for (const { name, nodejs } of group) {
    const file = join(outDir, `${name}${extension(nodejs)}`);
    const digest = createHash("sha256").update(readFileSync(file)).digest("hex");
    if (digests.get(name) !== digest) onBuilt(name, { file });
    digests.set(name, digest);
  }
}

function buildOptions(nodejs: NodeJSProps): BuildOptions {
  const { external = [], ...override } = nodejs.esbuild ?? {};
  return {
    bundle: true,
    platform: "node",
    external: ["sharp", "pg-native", ...(nodejs.install ?? []), ...external],
    ...(nodejs.loader && { loader: nodejs.loader }),
    keepNames: true,
    logLevel: "silent",
    outExtension: { ".js": extension(nodejs) },
    ...formatOptions(nodejs),
    sourcemap: nodejs.sourcemap === false ? false : "linked",
    ...(nodejs.minify !== undefined && { minify: nodejs.minify }),
    ...override,
  };
}

function formatOptions(nodejs: NodeJSProps): BuildOptions {
  if (nodejs.format === "cjs") {
    return { format: "cjs", target: "node14", ...(nodejs.banner && { banner: { js: nodejs.banner } }) };
  }
  return {
    format: "esm",
    target: "esnext",
    mainFields: ["module", "main"],
    banner: {
      js: [
        `import { createRequire as topLevelCreateRequire } from 'module';`,
        `const require = topLevelCreateRequire(import.meta.url);`,
        `import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "url"`,
        `const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url))`,
        nodejs.banner ?? "",
      ].join("\n"),
    },
  };
}

/** Node tells the module format by the ending. */
function extension(nodejs: NodeJSProps): string {
  return nodejs.format === "cjs" ? ".cjs" : ".mjs";
}

/** The handler's source; one that is missing is named as SST would find it first, for esbuild to say so. */
function entryFile(root: string, handler: string): string {
  const stem = resolve(root, handler.replace(/\.[^./]+$/, ""));
  return EXTENSIONS.map((ending) => stem + ending).find((file) => existsSync(file)) ?? `${stem}.ts`;
}

function describeError({ text, location }: BuildError): string {
  return location ? `${location.file}:${location.line}:${location.column}: ${text}` : text;
}
