import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";

/** Has the stacks' reader read a file. */
function read(source: string | undefined) {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-config-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "billing.config.ts");
  if (source !== undefined) writeFileSync(file, source);
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/checkout-options.ts"], {
    env: { BILLING_CONFIG: file, NODE_OPTIONS: "--disable-warning=ExperimentalWarning" },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

const SOURCE = `import { defineBilling } from "@turnpike/core/setup";

export default defineBilling({
  checkout: {
    automaticTax: false,
    locale: "de",
  },
});
`;

it("what the file says of Checkout is what the stacks are told", () => {
  expect(read(SOURCE)).toEqual({ status: 0, stdout: '{"automaticTax":false,"locale":"de"}\n', stderr: "" });
  expect(read("export default { products: [] };")).toEqual({ status: 0, stdout: "", stderr: "" });
});

it("each wrong value is named by its line and column, and nothing comes of the file", () => {
  const wrong = SOURCE.replace("false", '"no"').replace('"de"', '"klingon"');
  const { status, stdout, stderr } = read(wrong);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr.split("\n")).toEqual([
    expect.stringMatching(/billing\.config\.ts is not as it should be:$/),
    expect.stringMatching(/billing\.config\.ts:5:5 checkout\.automaticTax: automaticTax must be true or false$/),
    expect.stringMatching(/billing\.config\.ts:6:5 checkout\.locale: locale must be one of auto, bg, /),
    "",
  ]);
});

it("what is no currency, or a key that JavaScript does not keep, is named by its line", () => {
  const wrong = SOURCE.replace("automaticTax: false", 'currency: "xxx"').replace(
    'locale: "de"',
    'metadata: ["__proto__"]',
  );
  const { status, stderr } = read(wrong);
  expect(status).toBe(1);
  expect(stderr.split("\n").slice(1)).toEqual([
    expect.stringMatching(/billing\.config\.ts:5:5 checkout\.currency: no money is called so: .*ISO 4217/),
    expect.stringMatching(/billing\.config\.ts:6:\d+ checkout\.metadata\[0\]: nothing can be kept under this key/),
    "",
  ]);
  for (const key of ["__proto__", '"__proto__"', '["__proto__"]']) {
    const lost = `export default {\n  products: [{ key: "a", name: "A", prices: [], metadata: { ${key}: "x" } }],\n};\n`;
    expect(read(lost)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/billing\.config\.ts:2:\d+ nothing can be kept under the key __proto__/),
    });
  }
});

it("a file that exports nothing by default is named, with what to write", () => {
  for (const source of ["export const billing = { checkout: {} };", "const billing = {};"]) {
    expect(read(source)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/billing\.config\.ts has no default export\. .*export default defineBilling\(\{/),
    });
  }
});

it("a file that is named and not there is no file without a say", () => {
  expect(read(undefined)).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^There is no .*billing\.config\.ts\.\n$/),
  });
});
