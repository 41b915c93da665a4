import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { deleteDataDir, lockDataDir } from "./data-dir.ts";
import { keepGeneratedSettings } from "./settings/generated.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "turnpike-data-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("is one process's at a time", () => {
  const lock = lockDataDir(folder);
  expect(() => lockDataDir(folder)).toThrow(/in use by another Turnpike/);
  lock.close();
  lockDataDir(folder).close();
});

it("is deleted with all that is in it", () => {
  keepGeneratedSettings(folder);
  mkdirSync(join(folder, "postgres"));
  deleteDataDir(folder);
  expect(existsSync(folder)).toBe(false);
});

it("is not deleted while it is in use", () => {
  keepGeneratedSettings(folder);
  const lock = lockDataDir(folder);
  expect(() => deleteDataDir(folder)).toThrow(/in use/);
  lock.close();
  expect(existsSync(folder)).toBe(true);
});

it("is not deleted when it is somebody else's folder", () => {
  writeFileSync(join(folder, "thesis.txt"), "years of work");
  expect(() => deleteDataDir(folder)).toThrow(/may not be Turnpike's/);
  expect(existsSync(join(folder, "thesis.txt"))).toBe(true);
});
