import { existsSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BuiltStacks, buildStacks } from "../stacks/built-stacks.ts";
import { PROJECT_ROOT } from "../start.ts";

/** This project's stacks, built by whoever asks first. Two that ask at once build both, and the later one's are kept. */
export async function shareBuiltStacks(dir: string): Promise<BuiltStacks> {
  const file = join(dir, "stacks.json");
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  const outDir = mkdtempSync(join(dir, "build-"));
  const built = await buildStacks(PROJECT_ROOT, outDir);
  const draft = join(outDir, "stacks.json");
  writeFileSync(draft, JSON.stringify(built));
  renameSync(draft, file);
  return built;
}
