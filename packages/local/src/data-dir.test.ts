import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
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

it("is taken over from a process that was killed, and from none that lives, be its memory tidied or not", async () => {
  const code = `import { lockDataDir } from ${JSON.stringify(import.meta.resolve("./data-dir.ts"))};
    lockDataDir(process.argv[1]);
    gc();
    setTimeout(() => console.log("locked"));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--expose-gc", "--input-type=module", "-e", code, folder]);
  await once(child.stdout, "data");
  expect(() => lockDataDir(folder)).toThrow(/in use by another Turnpike/);
  child.kill("SIGKILL");
  await once(child, "exit");
  lockDataDir(folder).close();
});

it("is its owner's alone", () => {
  const dataDir = join(folder, "data");
  lockDataDir(dataDir).close();
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
});

it("that cannot be written is said to be so, and not to be in use", () => {
  mkdirSync(join(folder, "lock.sqlite"));
  expect(() => lockDataDir(folder)).toThrow(/cannot be written: unable to open.*TURNPIKE_DATA_DIR/);
  writeFileSync(join(folder, "file"), "");
  for (const inTheWay of [join(folder, "file"), join(folder, "file/data"), "/dev/null/data", "/sys/data/of/mine"])
    expect(() => lockDataDir(inTheWay)).toThrow(/cannot be written: E[A-Z]+: .*TURNPIKE_DATA_DIR/);
});

it("that no folder can be made in is said to be so at once", { skip: process.platform !== "linux" }, () => {
  const { stderr, signal } = spawnSync(
    process.execPath,
    [
      "-e",
      `import(process.argv[1]).then(({ lockDataDir }) => lockDataDir("/proc/data/of/mine"))`,
      import.meta.resolve("./data-dir.ts"),
    ],
    { encoding: "utf8", timeout: 20_000 },
  );
  expect(signal).toBeNull();
  expect(stderr).toMatch(/\/proc\/data\/of\/mine cannot be written: ENOENT/);
});

it("is not taken where somebody else's files are: beginning anew would delete them", () => {
  writeFileSync(join(folder, "thesis.txt"), "years of work");
  expect(() => lockDataDir(folder)).toThrow(/may not be Turnpike's/);
  keepGeneratedSettings(folder);
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
