import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { placeOf } from "./place-of.ts";

const FILE = `import { defineBilling } from "@turnpike/core/setup";
const yearly = { lookupKey: "y", amount: 1 };
export default defineBilling({
  // products: [{ key: "commented out" }]
  products: [
    { key: "a, { b", "name": 'It\\'s', prices: [{ lookupKey: "m", amount: sum(1, [2, 3]) }, yearly] },
    {
      key: "c" as const, /* } */ features: ["one", "two"],
      prices: [{ amount: 2.5 }],
    },
    ...more.map((each) => ({ key: each })),
  ] as Product[],
  portal: { termsOfServiceUrl: \`\${base}/terms\` },
});
`;

it.each<[string, string]>([
  ["products", "  products: ["],
  ["products[0].key", 'key: "a, { b"'],
  ["products[0].name", '"name": '],
  ["products[0].prices[0].amount", "amount: sum(1"],
  ["products[1]", "{\n      key"],
  ["products[1].features[1]", '"two"'],
  ["products[1].prices[0].amount", "amount: 2.5"],
  ["portal.termsOfServiceUrl", "termsOfServiceUrl: "],
  // What is not written here: what holds it.
  ["products[0].prices[1].amount", "yearly] }"],
  ["products[1].name", "{\n      key"],
  ["products[2].key", "  products: ["],
])("%s is found where it is written", (path, text) => {
  const at = FILE.indexOf(text) + (text.length - text.trimStart().length);
  const before = FILE.slice(0, at).split("\n");
  expect(placeOf(FILE, path)).toEqual({ line: before.length, column: (before.at(-1)?.length ?? 0) + 1 });
});

it("of the example, too", () => {
  const example = readFileSync("docs/billing.config.ts", "utf8");
  const { line = 0 } = placeOf(example, "products[1].prices[0].currency") ?? {};
  expect(example.split("\n")[line - 1]).toContain("credits_1000");
});

it("a default export that is no object has no places", () => {
  expect(placeOf("export default config;", "products")).toBeUndefined();
});
