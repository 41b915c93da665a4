import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, openBench, typesSince } from "./testing/bench.ts";

let bench: Bench;
let stripe: Bench["stripe"];
beforeAll(async () => {
  bench = await openBench({ webhookEndpoints: [] });
  stripe = bench.stripe;
});
afterAll(() => bench.close());

async function draft() {
  const { id: customer } = await stripe.customers.create();
  await stripe.invoiceItems.create({ customer, amount: 500, currency: "eur" });
  const { id } = await stripe.invoices.create({ customer, currency: "eur" });
  const add = (amount: number) => stripe.invoiceItems.create({ customer, invoice: id, amount, currency: "eur" });
  return { customer, id, add };
}

test("items are put on a draft by its id; what waits stays off it unless it was asked for", async () => {
  const { customer, id, add } = await draft();
  expect(await stripe.invoices.retrieve(id)).toMatchObject({ total: 0, lines: { data: [] } });
  const from = bench.emulator.events().length;
  expect(await add(1000)).toMatchObject({ invoice: id, amount: 1000 });
  expect(typesSince(bench, from)).toEqual(["invoiceitem.created", "invoice.updated"]);
  await add(700);
  const { lines, total, amount_due } = await stripe.invoices.retrieve(id);
  expect(lines.data.map(({ amount }) => amount)).toEqual([700, 1000]);
  expect([total, amount_due]).toEqual([1700, 1700]);
  expect((await stripe.invoiceItems.list({ customer, pending: true })).data).toMatchObject([{ amount: 500 }]);
});

test("an item is taken off a draft again; a final invoice keeps its own, and takes no others", async () => {
  const { id, add } = await draft();
  const [kept, taken] = [await add(1000), await add(700)];
  const from = bench.emulator.events().length;
  await stripe.invoiceItems.del(taken.id);
  expect(typesSince(bench, from)).toEqual(["invoiceitem.deleted", "invoice.updated"]);
  expect(await stripe.invoices.retrieve(id)).toMatchObject({ total: 1000, lines: { data: [{ amount: 1000 }] } });
  await stripe.invoices.finalizeInvoice(id);
  await expect(add(1)).rejects.toMatchObject({ code: "invoice_not_editable", param: "invoice" });
  await expect(stripe.invoiceItems.del(kept.id)).rejects.toMatchObject({ code: "invoice_not_editable" });
});

test("another customer's draft, one of another currency, and one with 250 lines take no item", async () => {
  const { customer, id, add } = await draft();
  const { id: stranger } = await stripe.customers.create();
  const item = { invoice: id, amount: 1, currency: "eur" };
  await expect(stripe.invoiceItems.create({ ...item, customer: stranger })).rejects.toMatchObject({
    code: "resource_missing",
  });
  await expect(stripe.invoiceItems.create({ ...item, customer, currency: "usd" })).rejects.toMatchObject({
    param: "currency",
  });
  for (let lines = 0; lines < 250; lines += 1) await add(1);
  await expect(add(1)).rejects.toThrow("at most 250");
}, 60_000);
