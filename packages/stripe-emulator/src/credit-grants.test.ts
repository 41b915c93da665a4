import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createPlan, openBench, typesSince } from "./testing/bench.ts";
import { type Clocked, DAY, END, HALF, onClock, START } from "./testing/clocked.ts";

/** https://docs.stripe.com/billing/subscriptions/usage-based/billing-credits */
let bench: Bench;
let stripe: Stripe;
let meter: string;
let metered: Stripe.Price;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
  const made = await stripe.billing.meters.create({
    display_name: "Calls",
    event_name: "calls",
    default_aggregation: { formula: "sum" },
  });
  meter = made.id;
  metered = await meteredPlan();
});
afterAll(() => bench.close());

const meteredPlan = () =>
  createPlan(stripe, { unit_amount: 2, recurring: { interval: "month", usage_type: "metered", meter } });

const use = (customer: string, value: number) =>
  stripe.billing.meterEvents.create({
    event_name: "calls",
    payload: { stripe_customer_id: customer, value: String(value) },
  });

const grant = (customer: string, value: number, more: Partial<Stripe.Billing.CreditGrantCreateParams> = {}) =>
  stripe.billing.creditGrants.create({
    customer,
    amount: { type: "monetary", monetary: { currency: "eur", value } },
    applicability_config: { scope: { price_type: "metered" } },
    ...more,
  });

async function left(customer: string, filter?: Stripe.Billing.CreditBalanceSummaryRetrieveParams.Filter) {
  const asked = filter ?? { type: "applicability_scope", applicability_scope: { price_type: "metered" } };
  const { balances } = await stripe.billing.creditBalanceSummaries.retrieve({ customer, filter: asked });
  return balances.map(({ available_balance: balance }) => balance.monetary?.value);
}

const entries = async (customer: string) =>
  (await stripe.billing.creditBalanceTransactions.list({ customer })).data.map(
    ({ credit, debit, credit_grant: of }) => [of, (credit ?? debit)?.type, (credit ?? debit)?.amount.monetary?.value],
  );

const newest = async ({ customer }: Clocked) => (await stripe.invoices.list({ customer })).data[0];

test("what was granted pays for use, in turn, after discounts and before tax; what is paid in advance it leaves alone", async () => {
  const world = await onClock(bench, START);
  const { customer, price: seat, subscribe, advance } = world;
  const { id: paid } = await grant(customer, 300);
  const { id: promotional } = await grant(customer, 50, { category: "promotional" });
  const { id: first } = await grant(customer, 40, { priority: 0 });
  await grant(customer, 1000, {
    amount: { type: "monetary", monetary: { currency: "usd", value: 1000 } },
    priority: 0,
  });
  const other = await meteredPlan();
  await grant(customer, 1000, { applicability_config: { scope: { prices: [{ id: other.id }] } }, priority: 0 });
  const coupon = await stripe.coupons.create({ percent_off: 10, duration: "forever" });
  const rate = await stripe.taxRates.create({ display_name: "VAT", percentage: 10, inclusive: false });
  const { id } = await subscribe({
    items: [{ price: seat.id }, { price: metered.id }],
    discounts: [{ coupon: coupon.id }],
    default_tax_rates: [rate.id],
  });
  expect((await newest(world))?.total).toBe(1350 + 135);
  await use(customer, 250);
  // 500 used, less 10 %, less 390: 60 are left, and taxed.
  const due = 1350 + 60 + 141;
  const upcoming = await stripe.invoices.createPreview({ subscription: id });
  expect(upcoming).toMatchObject({ total: due, amount_due: due });
  expect(upcoming.total_pretax_credit_amounts?.at(-1)).toMatchObject({ credit_balance_transaction: null, amount: 300 });
  const from = bench.emulator.events().length;
  await advance(END + 2 * 3600);
  const invoice = await newest(world);
  expect(invoice).toMatchObject({ status: "paid", subtotal: 2000, total: due, amount_paid: due });
  const line = invoice?.lines.data.find((each) => each.pricing?.price_details?.price === metered.id);
  expect(line?.pretax_credit_amounts?.map(({ type, amount }) => [type, amount])).toEqual([
    ["discount", 50],
    ["credit_balance_transaction", 40],
    ["credit_balance_transaction", 50],
    ["credit_balance_transaction", 300],
  ]);
  expect(line?.taxes).toMatchObject([{ amount: 6, taxable_amount: 60 }]);
  const entry = String(line?.pretax_credit_amounts?.[1]?.credit_balance_transaction);
  const applied = await stripe.billing.creditBalanceTransactions.retrieve(entry, { expand: ["credit_grant"] });
  expect(applied).toMatchObject({
    type: "debit",
    credit_grant: { id: first },
    debit: { type: "credits_applied", credits_applied: { invoice: invoice?.id, invoice_line_item: line?.id } },
  });
  expect((await entries(customer)).slice(0, 3)).toEqual([
    [paid, "credits_applied", 300],
    [promotional, "credits_applied", 50],
    [first, "credits_applied", 40],
  ]);
  expect(await left(customer, { type: "credit_grant", credit_grant: paid })).toEqual([0]);
  expect(typesSince(bench, from)).toContain("billing.credit_balance_transaction.created");
  const page = await (await fetch(invoice?.hosted_invoice_url ?? "")).text();
  expect(page).toContain("Credits");
});

test("a grant counts from its moment to its end; what is left then is gone", async () => {
  const world = await onClock(bench, START);
  const { customer, subscribe, advance } = world;
  const { id } = await grant(customer, 100, { effective_at: HALF, expires_at: END + DAY });
  expect(await left(customer)).toEqual([0]);
  await subscribe({ items: [{ price: metered.id }] });
  await advance(HALF);
  expect(await left(customer)).toEqual([100]);
  await use(customer, 10);
  await advance(END + 2 * 3600);
  expect(await newest(world)).toMatchObject({ subtotal: 20, total: 0, status: "paid" });
  await advance(END + 2 * DAY);
  expect(await entries(customer)).toEqual([
    [id, "credits_expired", 80],
    [id, "credits_applied", 20],
    [id, "credits_granted", 100],
  ]);
  await expect(stripe.billing.creditGrants.update(id, { metadata: { a: "1" } })).rejects.toThrow("has expired");
});

test("a voided invoice gives back what it was paid with; what was used is not void, but expires", async () => {
  const world = await onClock(bench, START, "pm_card_chargeCustomerFail");
  const { customer, subscribe, advance } = world;
  const { id } = await grant(customer, 100, { name: "Welcome" });
  await subscribe({ items: [{ price: metered.id }] });
  await use(customer, 200);
  await advance(END + 2 * 3600);
  const invoice = await newest(world);
  expect(invoice).toMatchObject({ status: "open", total: 300 });
  expect(await left(customer)).toEqual([0]);
  await stripe.invoices.voidInvoice(invoice?.id ?? "");
  expect((await entries(customer))[0]).toEqual([id, "credits_application_invoice_voided", 100]);
  expect(await left(customer)).toEqual([100]);
  await expect(stripe.billing.creditGrants.voidGrant(id)).rejects.toThrow("has been applied");
  const later = await stripe.billing.creditGrants.update(id, { expires_at: END + 60 * DAY, metadata: { for: "beta" } });
  expect(later).toMatchObject({ expires_at: END + 60 * DAY, metadata: { for: "beta" }, name: "Welcome" });
  expect(await stripe.billing.creditGrants.expire(id)).toMatchObject({ expires_at: END + 2 * 3600 });
  expect(await left(customer)).toEqual([0]);

  const from = bench.emulator.events().length;
  const { id: unused } = await grant(customer, 70, { category: "promotional" });
  expect(await stripe.billing.creditGrants.voidGrant(unused)).toMatchObject({ voided_at: END + 2 * 3600 });
  await expect(stripe.billing.creditGrants.voidGrant(unused)).rejects.toThrow("is voided");
  expect((await entries(customer))[0]).toEqual([unused, "credits_voided", 70]);
  expect((await stripe.billing.creditGrants.list({ customer })).data.map((row) => row.id)).toEqual([unused, id]);
  expect(await stripe.billing.creditGrants.retrieve(unused)).toMatchObject({ category: "promotional", priority: 50 });
  expect(typesSince(bench, from)).toEqual([
    "billing.credit_grant.created",
    "billing.credit_balance_transaction.created",
    "billing.credit_balance_transaction.created",
    "billing.credit_grant.updated",
  ]);
});

test("a grant is for use, of one scope, and for a time to come", async () => {
  const { id: customer } = await stripe.customers.create();
  const seat = await createPlan(stripe);
  const scoped = (scope: Stripe.Billing.CreditGrantCreateParams.ApplicabilityConfig.Scope) =>
    grant(customer, 100, { applicability_config: { scope } });
  await expect(scoped({ price_type: "metered", prices: [{ id: metered.id }] })).rejects.toThrow("exactly one");
  await expect(scoped({ prices: [{ id: seat.id }] })).rejects.toThrow("prices with a meter");
  const now = Math.floor(Date.now() / 1000);
  await expect(grant(customer, 100, { expires_at: now - 60 })).rejects.toMatchObject({ param: "expires_at" });
  const ends = grant(customer, 100, { effective_at: now + 2 * DAY, expires_at: now + DAY });
  await expect(ends).rejects.toMatchObject({ param: "expires_at" });
  await expect(grant(customer, 0)).rejects.toMatchObject({ param: "amount[monetary][value]" });
  await expect(grant("cus_nobody", 100)).rejects.toMatchObject({ code: "resource_missing", param: "customer" });
});
