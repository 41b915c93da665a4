import { constants } from "node:buffer";
import {
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
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

const LARGE = "x".repeat(2 ** 20);
type Customer = Parameters<ReturnType<typeof openStore>["customers"]["put"]>[0];
const named = (name: string) => ({ id: "cus_1", name, description: LARGE }) as Customer;

/** Changes one customer so often, in turns of their own; the file's greatest size. */
async function change(store: ReturnType<typeof openStore>, file: string, times: number): Promise<number> {
  let greatest = 0;
  for (let turn = 1; turn <= times; turn++) {
    store.customers.put(named(`turn ${turn}`));
    await Promise.resolve();
    greatest = Math.max(greatest, statSync(file).size);
  }
  return greatest;
}

test("a file that is written for long stays as large as what is there now, and is never there in part", async () => {
  const file = stateFile("long.jsonl", [customer]);
  writeFileSync(`${file}.new`, '[["customers","cus_torn"'); // of a process that was killed on the way
  const store = openStore(file);
  const before = openSync(file, "r");
  expect(await change(store, file, 20)).toBeLessThan(7 * LARGE.length);
  // Whoever had it open still has the whole of it: it was replaced.
  expect(fstatSync(before)).toMatchObject({ nlink: 0 });
  expect(fstatSync(before).size).toBeGreaterThan(4 * LARGE.length);
  closeSync(before);
  store.close();
  const again = openStore(file);
  expect(again.customers.all()).toMatchObject([{ name: "turn 20" }]);
  again.close();
});

test("where there is no room for a second file, the first goes on", async () => {
  const file = stateFile("narrow.jsonl", [customer]);
  const store = openStore(file);
  mkdirSync(`${file}.new`);
  expect(await change(store, file, 8)).toBeGreaterThan(8 * LARGE.length);
  expect(store.trouble()).toBeUndefined();
  store.close();
  rmSync(`${file}.new`, { recursive: true });
  const again = openStore(file);
  expect(again.customers.all()).toMatchObject([{ name: "turn 8" }]);
  again.close();
});

test("a file that is longer than a string may be opens, here with what a machine that stopped leaves behind its last line", () => {
  const file = stateFile("longest.jsonl", [customer]);
  writeFileSync(file, '[["customers"', { flag: "a" });
  truncateSync(file, constants.MAX_STRING_LENGTH + 100);
  const store = openStore(file);
  expect(store.customers.all()).toEqual([{ id: "cus_1" }]);
  store.close();
  expect(statSync(file).size).toBeLessThan(100);
});

test("a group that is too long for a line comes with a file of its own", async () => {
  const file = stateFile("wide.jsonl", [customer]);
  const store = openStore(file);
  const before = openSync(file, "r");
  for (let made = 0; made < 17; made++) store.customers.put({ ...named("wide"), id: `cus_${made}` });
  await Promise.resolve();
  expect(fstatSync(before).size).toBeLessThan(100);
  closeSync(before);
  expect(statSync(file).size).toBeGreaterThan(17 * LARGE.length);
  store.close();
});

test("behind a link it is the same file: one emulator has it, and the link stays", () => {
  const file = stateFile("real.jsonl", [customer]);
  const link = join(folder, "link.jsonl");
  symlinkSync(file, link);
  const store = openStore(link);
  expect(() => openStore(file)).toThrow("in use by another emulator");
  store.customers.put({ ...named("by the link"), description: null });
  store.close();
  expect(readFileSync(file, "utf8")).toContain("by the link");

  const ahead = join(folder, "ahead.jsonl");
  symlinkSync("made-there.jsonl", ahead);
  openStore(ahead).close();
  expect(statSync(join(folder, "made-there.jsonl")).isFile()).toBe(true);
});

test("a name that is no file's is refused, and no folder on the way to a name is made that it does not need", () => {
  const within = join(folder, "names");
  mkdirSync(within);
  for (const name of ["new/", "new/../"])
    expect(() => openStore(`${within}/${name}`)).toThrow("names a folder, and cannot keep the state");
  expect(readdirSync(within)).toEqual([]);
  openStore(`${within}/missing/../state.jsonl`).close();
  expect(readdirSync(within)).toEqual(["state.jsonl", "state.jsonl.lock"]);
});

test("what is undone leaves each row as it was, on disk, too", () => {
  const file = stateFile("undone.jsonl", [customer]);
  const store = openStore(file);
  const rows = () => [...store.snapshot()].sort();
  const before = rows();
  const act = () => {
    store.customers.put({ ...store.customers.get("cus_1"), name: "Other" });
    store.entitlementSets.put({ id: "cus_1", keys: ["seats"] });
    store.customers.delete("cus_1");
    store.entitlementSets.put({ id: "cus_1", keys: [] });
    throw new Error("refused");
  };
  expect(() => store.undoing(act, () => true)).toThrow("refused");
  expect(rows()).toEqual(before);
  expect(() => store.undoing(act, () => false)).toThrow("refused");
  expect(store.snapshot()).toEqual([["entitlementSets", "cus_1", { id: "cus_1", keys: [] }]]);
  store.close();
  expect(openStore(file).snapshot()).toEqual([["entitlementSets", "cus_1", { id: "cus_1", keys: [] }]]);
});
