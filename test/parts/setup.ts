import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the parts are lent out: each of vitest's workers asks always the same. */
    parts: string[];
  }
}

/** As many as there are cores that all are made for: one alone keeps workers waiting. */
const THREADS = 2;

export default async function setup(project: TestProject) {
  const env = { ...process.env, ...project.config.env };
  const threads = Array.from({ length: THREADS }, () => new Worker(new URL("./thread.ts", import.meta.url), { env }));
  const ports = await Promise.all(threads.map((thread) => once(thread, "message")));
  project.provide(
    "parts",
    ports.map(([port]) => `http://127.0.0.1:${port}`),
  );
  return () => Promise.all(threads.map((thread) => thread.terminate()));
}
