import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, renameSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BuildResult, bundle } from "@turnpike/local/testing/bundle";
import { inject } from "vitest";

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface Start {
  /** The folder that it is called in; default: the project's. */
  cwd?: string;
}

/** `npx billing …` as a process, to its end. Beside it the local system may run in this very process. */
export async function runBilling(
  args: string[],
  environment: Record<string, string> = {},
  { onStart, ...options }: Start & { onStart?(child: ChildProcess): void } = {},
): Promise<Ended> {
  const { child, ended } = start([...(await inOneFile()), ...args], environment, options);
  onStart?.(child);
  child.stdin.end();
  return ended;
}

/** The same as npm has linked it, for what is to be interrupted: its launcher passes signals on. */
export function startBilling(args: string[], environment: Record<string, string> = {}, options: Start = {}) {
  return start([resolve("node_modules/.bin/billing"), ...args], environment, options);
}

function start([program = "", ...args]: string[], environment: Record<string, string>, options: Start) {
  const { PATH } = process.env;
  const NODE_COMPILE_CACHE = join(inject("builtStacks"), "compiled");
  const child = spawn(program, args, { env: { PATH, NODE_COMPILE_CACHE, ...environment }, ...options });
  const ended: Ended = { code: null, stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (ended.stdout += chunk));
  child.stderr.on("data", (chunk) => (ended.stderr += chunk));
  return {
    child,
    ended: once(child, "close").then(([code]) => ({ ...ended, code })),
  };
}

/**
 * The command line in one file, with the Node.js to run it by. Its sources are five hundred files, and to load them one by one takes
 * four times as long as all else of a process. The first test of a run that needs it makes it.
 */
export async function inOneFile(): Promise<[node: string, file: string]> {
  const dir = inject("builtStacks");
  const file = join(dir, "billing.mjs");
  if (!existsSync(file)) {
    const outDir = mkdtempSync(join(dir, "billing-"));
    const define = { "import.meta.dirname": JSON.stringify(resolve("packages/cli/src")) };
    const task = {
      name: "billing",
      handler: "packages/cli/src/main.ts",
      nodejs: { sourcemap: false, esbuild: { define } },
    };
    const { close } = await bundle([task], { root: resolve(), outDir, watch: false, onBuilt: assertBuilt });
    await close();
    renameSync(join(outDir, "billing.mjs"), file);
  }
  return [process.execPath, file];
}

function assertBuilt(_name: string, result: BuildResult): void {
  if ("errors" in result) throw new Error(result.errors.join("\n"));
}

/** Where the local system of a test is found. */
export const on = (world: { dataDir: string }) => ({ TURNPIKE_DATA_DIR: world.dataDir });
