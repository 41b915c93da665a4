import { expect, test } from "vitest";
import { parametersOf } from "../scripts/conformance.ts";
import { IGNORED } from "../scripts/ignored.ts";

/** The names of what is taken without effect, with the operations that do. */
function ignoredBy(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [operation, { ignored }] of parametersOf()) {
    for (const path of ignored) {
      const name = path.replace(/^.*\[(\w+)\]$/, "$1");
      found.set(name, [...(found.get(name) ?? []), operation]);
    }
  }
  return found;
}

test("no parameter is taken without effect but those that change nothing for anybody", () => {
  const unexplained = [...ignoredBy()].filter(([name]) => IGNORED[name] === undefined);
  expect(unexplained).toEqual([]);
});

test("what decides over money is never among them", () => {
  const found = ignoredBy();
  for (const name of [
    "payment_settings",
    "liability",
    "forgive",
    "quantity",
    "discounts",
    "trial_end",
    "billing_mode",
    "tax_id_collection",
  ])
    expect(found.get(name), name).toBeUndefined();
  const charged = (found.get("off_session") ?? []).filter((operation) => operation.includes("payment_intents"));
  expect(charged).toEqual([]);
});
