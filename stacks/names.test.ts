import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { appName } from "./names.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "turnpike-names-"));
  writeFileSync(join(root, ".env.prod"), "APP_NAME=shop\n");
});
afterAll(() => rmSync(root, { recursive: true }));

it("a product has the name that its stage's file says; in the same account another one is turnpike", () => {
  expect(appName({ root, stage: "prod" })).toBe("shop");
  expect(appName({ root, stage: "staging" })).toBe("turnpike");
  expect(appName({ root })).toBe("turnpike");
});

it("a name that AWS would not take everywhere is refused before anything has it", () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("APP_NAME", "My Shop");
  expect(() => appName({ root })).toThrow(/^APP_NAME is "My Shop": write up to twenty small letters/);
});
