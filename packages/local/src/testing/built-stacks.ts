import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type BuiltStacks, buildStacks } from "../stacks/built-stacks.ts";
import { PROJECT_ROOT } from "../start.ts";

/** This project's stacks, built by whoever asks first, in whichever process; the others wait. */
export async function shareBuiltStacks(dir: string): Promise<BuiltStacks> {
  const [file, turn] = [join(dir, "stacks.json"), join(dir, "turn")];
  while (!existsSync(file)) {
    if (!takeTurn(turn)) await sleep(100);
    else if (!existsSync(file)) await build(dir, file).finally(() => rmSync(turn, { recursive: true }));
  }
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Of several processes that make the same folder, one makes it. */
function takeTurn(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

async function build(dir: string, file: string): Promise<void> {
  const outDir = mkdtempSync(join(dir, "build-"));
  const draft = join(outDir, "stacks.json");
  writeFileSync(draft, JSON.stringify(await buildStacks(PROJECT_ROOT, outDir)));
  renameSync(draft, file);
}
