import { type Auditing, auditAccount } from "@turnpike/core/sync";
import { expect, it } from "vitest";
import { eachWithAccount } from "../parts/account.ts";

const account = eachWithAccount();
const audit = async (auditing: Auditing = {}) => {
  const asked = { only: ["customer" as const], perSecond: 2000, perEndpoint: 1000, lookAgainAfterMs: 1, ...auditing };
  const { equal, objects } = await auditAccount(account.shop.billing, asked);
  return { ...objects[0], allEqual: equal };
};
const askedFor = async (ids: string[]) =>
  (await Promise.all(ids.map((id) => account.lent.asked(`GET /v1/customers/${id}`)))).map(({ length }) => length);

it("of many that differ none is asked for by itself: all of them are told at once", async () => {
  await account.addOldCustomers(130);
  const { allEqual, objects, equal, differing = [] } = await audit();
  expect({ allEqual, objects, equal }).toEqual({ allEqual: false, objects: 130, equal: 0 });
  expect(new Set(differing.map(({ kind }) => kind))).toEqual(new Set(["missing"]));
  expect(differing).toHaveLength(130);
  expect(new Set(await askedFor(differing.slice(0, 5).map(({ id }) => id)))).toEqual(new Set([0]));
});

it("of a few each is looked at once more, and it is said how many are left", async () => {
  await account.addOldCustomers(6);
  const told: object[] = [];
  const { differing = [] } = await audit({ onLookedAgain: (looked) => told.push(looked) });
  expect(differing).toHaveLength(6);
  expect(await askedFor(differing.map(({ id }) => id))).toEqual([1, 1, 1, 1, 1, 1]);
  expect(told).toEqual([1, 2, 3, 4, 5, 6].map((looked) => ({ object: "customer", looked, of: 6 })));
});

it("of rows that no list shows so many are asked for as takes half a minute, and the others are not taken for equal", async () => {
  await account.supabase.query(
    "insert into customers (id, as_of) select 'cus_' || lpad(n::text, 4, '0'), now() - interval '1 hour' from generate_series(1, 310) n",
  );
  const { allEqual, unasked, objects, equal, differing = [] } = await audit();
  expect({ allEqual, unasked, objects, equal }).toEqual({ allEqual: false, unasked: 10, objects: 300, equal: 0 });
  expect(differing).toHaveLength(300);
  expect(await askedFor(["cus_0300", "cus_0301"])).toEqual([1, 0]);
}, 120_000);
