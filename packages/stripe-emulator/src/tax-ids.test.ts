import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createPlan, openBench, typesSince, until } from "./testing/bench.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

// https://docs.stripe.com/billing/customer/tax-ids
test("a customer's tax ids are listed, expanded, and end with reverse charge on their invoices", async () => {
  const tax_id_data = [{ type: "eu_vat", value: "DE123456789" }] as const;
  const { id: customer } = await stripe.customers.create({
    address: { country: "DE" },
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
    tax_id_data: [...tax_id_data],
  });
  const { data } = await stripe.customers.listTaxIds(customer);
  expect(data).toMatchObject([{ country: "DE", customer, owner: { type: "customer", customer }, ...tax_id_data[0] }]);
  const shown = await stripe.customers.retrieve(customer, { expand: ["tax_ids"] });
  expect(shown).toMatchObject({ tax_ids: { data } });
  expect((await stripe.taxIds.list({ owner: { type: "customer", customer } })).data).toEqual(data);

  const price = await createPlan(stripe, { currency: "usd", tax_behavior: "exclusive" });
  const buys = { customer, items: [{ price: price.id }], automatic_tax: { enabled: true }, expand: ["latest_invoice"] };
  expect(await stripe.subscriptions.create(buys)).toMatchObject({
    latest_invoice: {
      customer_tax_ids: tax_id_data,
      total: 1500,
      total_taxes: [{ taxability_reason: "reverse_charge" }],
    },
  });
  await stripe.customers.createTaxId(customer, { type: "us_ein", value: "12-3456789" });
  expect((await stripe.customers.listTaxIds(customer)).data).toHaveLength(2);
  const id = data[0]?.id ?? "";
  expect(await stripe.customers.retrieveTaxId(customer, id)).toEqual(data[0]);
  expect(await stripe.customers.deleteTaxId(customer, id)).toEqual({ id, object: "tax_id", deleted: true });
  const [held] = (await stripe.subscriptions.list({ customer })).data;
  const taxed = await stripe.invoices.createPreview({ subscription: held?.id ?? "" });
  expect(taxed).toMatchObject({ customer_tax_ids: [{ type: "us_ein" }], total: 1785 });
  await expect(stripe.taxIds.retrieve(id)).rejects.toMatchObject({ statusCode: 404, code: "resource_missing" });
});

// https://docs.stripe.com/billing/customer/tax-ids#validation
test("a tax id is verified later, as its number says; what is none is refused", async () => {
  const { id: customer } = await stripe.customers.create({ name: "Ada GmbH" });
  const from = bench.emulator.events().length;
  const values = ["DE000000000", "DE111111111", "DE222222222"];
  const made = await Promise.all(
    values.map((value) => stripe.taxIds.create({ type: "eu_vat", value, owner: { type: "customer", customer } })),
  );
  expect(made.map(({ verification }) => verification?.status)).toEqual(["pending", "pending", "pending"]);
  await until(() => typesSince(bench, from).filter((type) => type === "customer.tax_id.updated").length === 2);
  const now = await Promise.all(made.map(({ id }) => stripe.taxIds.retrieve(id)));
  expect(now.map(({ verification }) => verification)).toMatchObject([
    { status: "verified", verified_name: "Ada GmbH" },
    { status: "unverified" },
    { status: "pending" },
  ]);
  const wrong = stripe.customers.createTaxId(customer, { type: "eu_vat", value: "DE12" });
  await expect(wrong).rejects.toMatchObject({ code: "tax_id_invalid", param: "value" });
  const nobody = await stripe.customers.list({ email: "nobody@example.com" });
  const named = { email: "nobody@example.com", tax_id_data: [{ type: "eu_vat" as const, value: "?" }] };
  await expect(stripe.customers.create(named)).rejects.toMatchObject({ code: "tax_id_invalid" });
  expect(nobody.data).toEqual((await stripe.customers.list({ email: "nobody@example.com" })).data);
});

// https://docs.stripe.com/api/tax_ids/create
test("the account has tax ids of its own", async () => {
  const { id } = await stripe.taxIds.create({ type: "us_ein", value: "12-3456789" });
  expect((await stripe.taxIds.list({ owner: { type: "self" } })).data).toMatchObject([{ id, customer: null }]);
  expect(await stripe.taxIds.del(id)).toMatchObject({ deleted: true });
});
