import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "@turnpike/settings/dotenv";
import { expect, it, onTestFinished } from "vitest";
import { readSettings, stacksEnvironment } from "../settings/settings.ts";
import { PROJECT_ROOT } from "../start.ts";
import { buildStacks, collectBuilds, reuseStacks } from "./built-stacks.ts";
import { startStacks } from "./start-stacks.ts";

it("stacks that are reused are the system's own, and one with a setting of its own gets none", async () => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-built-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const given: Environment = { PATH: process.env.PATH ?? "" };
  const environment = stacksEnvironment(given, readSettings(given, dir, 3210));
  const [built, own] = await Promise.all([
    buildStacks(PROJECT_ROOT, join(dir, "built")),
    startStacks({ root: PROJECT_ROOT, outDir: join(dir, "own"), watch: false, environment }),
  ]);
  expect(reuseStacks(built, environment)?.system).toEqual(own.system);
  expect(built.builds.filter(({ result }) => "file" in result)).toHaveLength(own.system.functions.length);
  expect(reuseStacks(built, { ...environment, TRACING: "on" })).toBeUndefined();
  await collectBuilds(own);
  await own.close();
}, 120_000);
