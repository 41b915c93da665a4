import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** `npx billing …` as a process, as npm has linked it. Beside it the local system may run in this very process. */
export async function runBilling(
  args: string[],
  environment: Record<string, string> = {},
  options: Start = {},
): Promise<Ended> {
  const { child, ended } = startBilling(args, environment, options);
  child.stdin.end();
  return ended;
}

interface Start {
  /** The folder that it is called in; default: the project's. */
  cwd?: string;
  /** A group of processes of its own, so that all of it can be killed. */
  detached?: boolean;
}

/** The same, for what is to be interrupted. */
export function startBilling(args: string[], environment: Record<string, string> = {}, options: Start = {}) {
  const env = { PATH: process.env.PATH, ...environment };
  const child = spawn(resolve("node_modules/.bin/billing"), args, { env, ...options });
  const ended: Ended = { code: null, stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (ended.stdout += chunk));
  child.stderr.on("data", (chunk) => (ended.stderr += chunk));
  return {
    child,
    ended: once(child, "close").then(([code]) => ({ ...ended, code })),
  };
}

/** Where the local system of a test is found. */
export const on = (world: { dataDir: string }) => ({ TURNPIKE_DATA_DIR: world.dataDir });
