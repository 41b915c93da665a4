import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openStore } from "./store.ts";

const folder = mkdtempSync(join(tmpdir(), "store-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A state file with these groups of changes, a line each. */
function stateFile(name: string, ...groups: unknown[]): string {
  const file = join(folder, name);
  writeFileSync(file, groups.map((group) => `${JSON.stringify(group)}\n`).join(""));
  return file;
}

const customer = ["customers", "cus_1", { id: "cus_1" }];

test("a state file from before a table was added opens, and the new table is kept from then on", () => {
  const file = stateFile("old.jsonl", [customer]);
  const store = openStore(file);
  expect(store.customers.all()).toHaveLength(1);
  expect(store.entitlementSets.all()).toEqual([]);
  store.entitlementSets.put({ id: "cus_1", keys: ["seats"] });
  store.close();
  const again = openStore(file);
  expect([again.customers.all(), again.entitlementSets.all()]).toMatchObject([
    [{ id: "cus_1" }],
    [{ keys: ["seats"] }],
  ]);
  again.close();
});

test("a state file with a table of another version is refused in one line, and stays as it is", () => {
  const file = stateFile("new.jsonl", [customer, ["loyaltyPoints", "lp_1", { id: "lp_1" }]], [customer]);
  const before = readFileSync(file, "utf8");
  const open = () => openStore(file);
  expect(open).toThrow(
    /^The state file .*new\.jsonl is from another version of the emulator: it has loyaltyPoints\..*$/,
  );
  expect(open).toThrow("another version"); // and not: in use by another emulator
  expect(readFileSync(file, "utf8")).toBe(before);
});

test("rows that another version had and removed again are in nobody's way", () => {
  const row = ["loyaltyPoints", "lp_1"];
  const store = openStore(stateFile("removed.jsonl", [customer, [...row, { id: "lp_1" }]], [[...row, null]]));
  expect(store.customers.find("cus_1")).toEqual({ id: "cus_1" });
  store.close();
});
