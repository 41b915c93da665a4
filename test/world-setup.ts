import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the stacks are kept that the first world of a run builds. */
    builtStacks: string;
  }
}

export default function setup(project: TestProject): () => void {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-stacks-"));
  project.provide("builtStacks", dir);
  return () => rmSync(dir, { recursive: true, force: true });
}
