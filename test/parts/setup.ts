import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the parts are lent out. */
    parts: string;
  }
}

export default async function setup(project: TestProject) {
  const env = { ...process.env, ...project.config.env };
  const thread = new Worker(new URL("./thread.ts", import.meta.url), { env });
  const [port] = await once(thread, "message");
  project.provide("parts", `http://127.0.0.1:${port}`);
  return () => thread.terminate();
}
