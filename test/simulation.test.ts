import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("./simulation/main.ts", import.meta.url));
const run = promisify(execFile);

test("what once failed in the simulation holds, and each seed comes to the same run again", {
  timeout: 300_000,
}, async () => {
  const { stdout } = await run(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, "--corpus"]);
  const lines = stdout.trim().split("\n");
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(line).toMatch(/holds$/);
});
