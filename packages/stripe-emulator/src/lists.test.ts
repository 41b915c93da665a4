import { afterAll, beforeAll, expect, test } from "vitest";
import { operationOf, stripeApi } from "./api/stripe-api.ts";
import { ROUTES } from "./resources/routes.ts";
import { type Bench, createPlan, openBench } from "./testing/bench.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const ids = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id);

test("a list takes the filters that the SDK declares for it, and no others", async () => {
  const lists = ROUTES.filter(({ method, path }) => stripeApi.operations[operationOf(method, path)]?.list === true);
  expect(lists.length).toBeGreaterThan(25);
  for (const { method, path } of lists) {
    const { params = "" } = stripeApi.operations[operationOf(method, path)] ?? {};
    for (const [filter, value] of Object.entries({ created: "1", customer: "cus_1", query: "x" })) {
      const address = `${bench.origin}${path.replaceAll(/:\w+/g, "x_1")}?${filter}=${value}`;
      const answer = await fetch(address, { headers: { authorization: "Bearer sk_test_1" } });
      const { error = {} } = (await answer.json()) as { error?: { code?: string; param?: string } };
      const fields = stripeApi.hashes[params] ?? {};
      const isUnknown = error.code === "parameter_unknown" && error.param === filter;
      expect([path, filter, isUnknown]).toEqual([path, filter, !(filter in fields || `${filter}!` in fields)]);
      if (filter === "created") expect([path, error.code]).not.toEqual([path, "emulator_parameter_not_modelled"]);
    }
  }
});

test("payment methods are listed for the account or a customer, by type and whether they are shown again", async () => {
  const { stripe } = bench;
  const { id: customer } = await stripe.customers.create({});
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  const debit = await stripe.paymentMethods.create({
    type: "sepa_debit",
    sepa_debit: { iban: "DE89370400440532013000" },
  });
  await stripe.paymentMethods.attach(debit.id, { customer });
  const free = await stripe.paymentMethods.create({ type: "card", card: { token: "tok_visa" } });
  const { list } = stripe.paymentMethods;
  const listed = async (...params: Parameters<typeof list>) => ids(await stripe.paymentMethods.list(...params));
  expect(await listed()).toEqual([free.id, debit.id, card.id]);
  expect(await listed({ customer })).toEqual([debit.id, card.id]);
  expect(await listed({ customer, type: "card" })).toEqual([card.id]);
  expect(await listed({ customer, allow_redisplay: "always" })).toEqual([]);
  expect(ids(await stripe.customers.listPaymentMethods(customer, { type: "sepa_debit" }))).toEqual([debit.id]);
  const nobody = { statusCode: 400, code: "resource_missing", param: "customer" };
  await expect(stripe.paymentMethods.list({ customer: "cus_nobody" })).rejects.toMatchObject(nobody);
  await expect(stripe.customers.listPaymentMethods("cus_nobody")).rejects.toMatchObject({ statusCode: 404 });
});

test("payments of all invoices are listed by status, payment and moment", async () => {
  const { stripe } = bench;
  const { id: price } = await createPlan(stripe);
  const { id: customer } = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  for (const _each of [1, 2]) await stripe.subscriptions.create({ customer, items: [{ price }] });
  const { data } = await stripe.invoicePayments.list();
  const [last, first] = data;
  expect(data).toHaveLength(2);
  expect(first?.created).toBeLessThanOrEqual(last?.created ?? 0);
  const intent = String(first?.payment.payment_intent);
  const of = { type: "payment_intent", payment_intent: intent } as const;
  expect(ids(await stripe.invoicePayments.list({ payment: of }))).toEqual([first?.id]);
  expect(ids(await stripe.invoicePayments.list({ invoice: String(last?.invoice) }))).toEqual([last?.id]);
  expect(ids(await stripe.invoicePayments.list({ status: "open" }))).toEqual([]);
  expect(ids(await stripe.invoicePayments.list({ created: { gt: Number(last?.created) } }))).toEqual([]);
  expect(ids(await stripe.invoicePayments.list({ limit: 1, starting_after: String(last?.id) }))).toEqual([first?.id]);
  const missing = { statusCode: 400, code: "resource_missing", param: "invoice" };
  await expect(stripe.invoicePayments.list({ invoice: "in_none" })).rejects.toMatchObject(missing);
});

test("features are listed by key and archive status; a customer's entitlements only by the customer", async () => {
  const { stripe } = bench;
  const reports = await stripe.entitlements.features.create({ lookup_key: "reports", name: "Reports" });
  const old = await stripe.entitlements.features.create({ lookup_key: "old", name: "Old" });
  await stripe.entitlements.features.update(old.id, { active: false });
  const { features } = stripe.entitlements;
  expect(ids(await features.list())).toEqual([old.id, reports.id]);
  expect(ids(await features.list({ archived: true }))).toEqual([old.id]);
  expect(ids(await features.list({ archived: false }))).toEqual([reports.id]);
  expect(ids(await features.list({ lookup_key: "reports" }))).toEqual([reports.id]);
  const unnamed = stripe.entitlements.activeEntitlements.list({} as { customer: string });
  await expect(unnamed).rejects.toMatchObject({ code: "parameter_missing", param: "customer" });
});

test("what lives on a test clock is listed with its clock or customer only", async () => {
  const { stripe } = bench;
  const { id: test_clock } = await stripe.testHelpers.testClocks.create({ frozen_time: 1_700_000_000 });
  const { id: customer } = await stripe.customers.create({
    email: "clocked@example.com",
    test_clock,
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const { id: price } = await createPlan(stripe);
  const { id } = await stripe.subscriptions.create({ customer, items: [{ price }] });
  expect(ids(await stripe.customers.list({ email: "clocked@example.com" }))).toEqual([]);
  expect(ids(await stripe.customers.list({ test_clock }))).toEqual([customer]);
  expect(ids(await stripe.subscriptions.list())).not.toContain(id);
  expect(ids(await stripe.subscriptions.list({ test_clock }))).toEqual([id]);
  expect(ids(await stripe.subscriptions.list({ customer }))).toEqual([id]);
});

test("an account says when it was made", async () => {
  const before = Math.floor(Date.now() / 1000);
  const { created = 0 } = await bench.stripe.accounts.retrieveCurrent();
  expect(created).toBeGreaterThan(before - 3600);
  expect(created).toBeLessThanOrEqual(before);
});
