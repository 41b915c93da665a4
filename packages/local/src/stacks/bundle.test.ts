import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, it } from "vitest";
import { type BuildResult, bundle } from "./bundle.ts";

const roots: string[] = [];
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "turnpike-bundle-"));
  roots.push(root);
  mkdirSync(join(root, "src"));
});
afterAll(() => {
  for (const folder of roots) rmSync(folder, { recursive: true });
});

const write = (name: string, code: string) => writeFileSync(join(root, "src", name), code);
const tasks = (...names: string[]) =>
  names.map((name) => ({ name, handler: `src/${name}.handler`, nodejs: { minify: true } }));

async function build(...names: string[]) {
  const results = new Map<string, BuildResult>();
  const onBuilt = (name: string, result: BuildResult) => void results.set(name, result);
  const { close } = await bundle(tasks(...names), { root, outDir: join(root, "out"), watch: false, onBuilt });
  await expect.poll(() => results.size).toBe(names.length);
  await close();
  return results;
}

it("bundles functions into a file each, with SST's banner and a source map", async () => {
  write("shared.ts", "export const shared = 'shared' as string;");
  for (const name of ["a", "b"])
    write(`${name}.ts`, "import { shared } from './shared'; export const handler = () => shared;");
  const results = await build("a", "b");
  expect([...results.values()]).toEqual([{ file: join(root, "out/a.mjs") }, { file: join(root, "out/b.mjs") }]);
  const code = readFileSync(join(root, "out/a.mjs"), "utf8");
  expect(code).toMatch(/^import \{ createRequire as topLevelCreateRequire \}/);
  expect(code).toMatch(/sourceMappingURL=a\.mjs\.map\n$/);
});

it("builds the others beside a broken one, and says where it is broken", async () => {
  write("good.ts", "export const handler = () => 1;");
  write("bad.ts", "export const handler = () => ;");
  const results = await build("good", "bad", "missing");
  expect(results.get("good")).toEqual({ file: join(root, "out/good.mjs") });
  expect(results.get("bad")).toEqual({ errors: ['src/bad.ts:1:29: Unexpected ";"'] });
  expect(results.get("missing")).toEqual({ errors: [expect.stringContaining("missing.ts")] });
});

it("on a save, tells of the functions that it has changed and of no other", async () => {
  write("a.ts", "export const handler = () => 'a';");
  write("b.ts", "export const handler = () => 'b';");
  const built: string[] = [];
  const { close } = await bundle(tasks("a", "b"), {
    root,
    outDir: join(root, "out"),
    watch: true,
    onBuilt: (name) => built.push(name),
  });
  await expect.poll(() => built).toEqual(["a", "b"]);
  write("b.ts", "export const handler = () => 'changed';");
  await expect.poll(() => built, { timeout: 8000 }).toEqual(["a", "b", "b"]);
  await close();
});
