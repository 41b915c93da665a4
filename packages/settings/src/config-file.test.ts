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

it("a file that is named and not there is no file without a say", () => {
  expect(read(undefined)).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^There is no .*billing\.config\.ts\.\n$/),
  });
});
