import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { sst } from "./sst.ts";

it("sst builds nothing by a wrong file of what is sold, and says the file and the lines that are wrong", async () => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-refused-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "billing.config.ts");
  writeFileSync(file, 'export default {\n  checkout: {\n    terms: 1,\n    currency: "euro",\n  },\n};\n');
  const made = join(folder, "made");
  const failed = await sst(["build", "--stage", "dev", "--to", made], { BILLING_CONFIG: file }).catch(String);
  expect(failed).toMatch(/billing\.config\.ts:3:\d+ checkout\.terms: terms must be true or false/);
  expect(failed).toMatch(/billing\.config\.ts:4:\d+ checkout\.currency: currency must be three small letters/);
  expect(existsSync(join(made, "manifest.json"))).toBe(false);
}, 120_000);
