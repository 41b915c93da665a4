import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, openBench, typesSince } from "./testing/bench.ts";
import { onClock, START } from "./testing/clocked.ts";

let bench: Bench;
let stripe: Bench["stripe"];
beforeAll(async () => {
  bench = await openBench({ webhookEndpoints: [] });
  stripe = bench.stripe;
});
afterAll(() => bench.close());

async function openInvoice(amounts: number[] = [3000], overrides: Partial<Stripe.CustomerCreateParams> = {}) {
  const { id: customer } = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
    ...overrides,
  });
  const draft = await stripe.invoices.create({
    customer,
    currency: "usd",
    automatic_tax: { enabled: overrides.address !== undefined },
  });
  for (const amount of amounts)
    await stripe.invoiceItems.create({ customer, invoice: draft.id, amount, currency: "usd" });
  const invoice = await stripe.invoices.finalizeInvoice(draft.id);
  return { customer, id: invoice.id, lines: invoice.lines.data };
}

async function paidInvoice(amounts?: number[]) {
  const made = await openInvoice(amounts);
  await stripe.invoices.pay(made.id);
  return made;
}

const refused = (message: string) => ({ type: "StripeInvalidRequestError", message: expect.stringContaining(message) });

test("a credit note of an open invoice reduces what is due, and its default payment with it", async () => {
  const { id, customer } = await openInvoice();
  const from = bench.emulator.events().length;
  const note = await stripe.creditNotes.create({ invoice: id, amount: 1000, reason: "order_change", memo: "Sorry" });
  expect(note).toMatchObject({
    object: "credit_note",
    amount: 1000,
    customer,
    invoice: id,
    memo: "Sorry",
    number: expect.stringMatching(/-0001-CN-01$/),
    post_payment_amount: 0,
    pre_payment_amount: 1000,
    reason: "order_change",
    status: "issued",
    type: "pre_payment",
  });
  expect(typesSince(bench, from)).toEqual(["credit_note.created", "invoice.updated"]);
  expect(await stripe.invoices.retrieve(id)).toMatchObject({
    status: "open",
    total: 3000,
    amount_due: 2000,
    amount_remaining: 2000,
    pre_payment_credit_notes_amount: 1000,
  });
  expect(await stripe.invoices.pay(id)).toMatchObject({ status: "paid", amount_paid: 2000 });
  expect((await stripe.charges.list({ customer })).data.map(({ amount }) => amount)).toEqual([2000]);
});

test("an open invoice that is credited whole is paid, and charges nothing", async () => {
  const { id, customer } = await openInvoice();
  const from = bench.emulator.events().length;
  await stripe.creditNotes.create({ invoice: id, amount: 3000 });
  expect(typesSince(bench, from)).toEqual([
    "credit_note.created",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
    "payment_intent.canceled",
  ]);
  expect(await stripe.invoices.retrieve(id)).toMatchObject({ status: "paid", amount_due: 0, amount_paid: 0 });
  expect((await stripe.charges.list({ customer })).data).toEqual([]);
});

test("what was paid is given back by a refund, to the balance, and outside of Stripe: all of it", async () => {
  const { id, customer } = await paidInvoice();
  const from = bench.emulator.events().length;
  const note = await stripe.creditNotes.create({
    invoice: id,
    amount: 1500,
    refund_amount: 1000,
    credit_amount: 400,
    out_of_band_amount: 100,
    expand: ["refunds.refund", "customer_balance_transaction"],
  });
  expect(note).toMatchObject({
    type: "post_payment",
    pre_payment_amount: 0,
    post_payment_amount: 1500,
    out_of_band_amount: 100,
    customer_balance_transaction: { amount: -400, type: "credit_note", credit_note: note.id, ending_balance: -400 },
    refunds: [{ amount_refunded: 1000, type: "refund", refund: { object: "refund", amount: 1000 } }],
  });
  expect(typesSince(bench, from)).toEqual([
    "refund.created",
    "charge.refunded",
    "customer.updated",
    "credit_note.created",
    "invoice.updated",
  ]);
  expect(await stripe.invoices.retrieve(id)).toMatchObject({
    status: "paid",
    amount_due: 3000,
    amount_paid: 3000,
    post_payment_credit_notes_amount: 1500,
  });
  expect((await stripe.charges.list({ customer })).data).toMatchObject([{ amount_refunded: 1000 }]);
  await expect(stripe.creditNotes.create({ invoice: id, amount: 1501, credit_amount: 1501 })).rejects.toMatchObject(
    refused("more than can be credited (1500)"),
  );
});

test("a note that gives back more or less than was paid is refused, and nothing of it happens", async () => {
  const { id, customer } = await paidInvoice();
  const from = bench.emulator.events().length;
  const create = (params: Partial<Stripe.CreditNoteCreateParams>) =>
    stripe.creditNotes.create({ invoice: id, amount: 1000, ...params });
  for (const params of [{}, { credit_amount: 999 }, { credit_amount: 600, refund_amount: 600 }])
    await expect(create(params)).rejects.toMatchObject(refused("must equal the post payment amount (1000)"));
  await expect(create({ refund_amount: 4000 })).rejects.toMatchObject({ param: "refund_amount" });
  await expect(create({ shipping_cost: { shipping_rate: "shr_1" } })).rejects.toMatchObject({
    code: "emulator_parameter_not_modelled",
  });
  const open = await openInvoice();
  await expect(stripe.creditNotes.create({ invoice: open.id, amount: 100, credit_amount: 100 })).rejects.toMatchObject(
    refused("must equal the post payment amount (0)"),
  );
  const draft = await stripe.invoices.create({ customer });
  await expect(stripe.creditNotes.create({ invoice: draft.id, amount: 1 })).rejects.toMatchObject(refused("draft"));
  expect(typesSince(bench, from).filter((type) => /credit_note|refund/.test(type))).toEqual([]);
  expect((await stripe.customers.retrieve(customer)) as Stripe.Customer).toMatchObject({ balance: 0 });
});

test("of an invoice that was paid in part, a note takes what remains first: it is mixed", async () => {
  const { id, customer } = await openInvoice();
  const part = {
    amount: 1000,
    currency: "usd",
    customer,
    payment_method: "pm_card_visa",
    confirm: true,
    return_url: "http://localhost/",
  };
  await stripe.invoices.attachPayment(id, { payment_intent: (await stripe.paymentIntents.create(part)).id });
  const note = await stripe.creditNotes.create({ invoice: id, amount: 2500, refund_amount: 500 });
  expect(note).toMatchObject({ type: "mixed", pre_payment_amount: 2000, post_payment_amount: 500 });
  expect(await stripe.invoices.retrieve(id)).toMatchObject({
    status: "paid",
    amount_due: 1000,
    amount_paid: 1000,
    amount_remaining: 0,
    pre_payment_credit_notes_amount: 2000,
    post_payment_credit_notes_amount: 500,
  });
});

test("refunds that were made before can be linked, each amount once", async () => {
  const { id, customer } = await paidInvoice();
  const [charge] = (await stripe.charges.list({ customer })).data;
  const { id: refund } = await stripe.refunds.create({ charge: charge?.id ?? "", amount: 800 });
  const note = await stripe.creditNotes.create({ invoice: id, amount: 800, refunds: [{ refund }] });
  expect(note.refunds).toEqual([{ amount_refunded: 800, payment_record_refund: null, refund, type: "refund" }]);
  const again = stripe.creditNotes.create({ invoice: id, amount: 800, refunds: [{ refund, amount_refunded: 800 }] });
  await expect(again).rejects.toMatchObject(refused("has 0 left to link"));
  const other = await paidInvoice();
  await expect(
    stripe.creditNotes.create({ invoice: other.id, amount: 800, refunds: [{ refund }] }),
  ).rejects.toMatchObject({ code: "resource_missing" });
});

test("a line is credited by quantity or amount, with its tax, and never beyond what it was", async () => {
  const address = { country: "DE" };
  const { id, lines } = await openInvoice([1000, 2000], { address });
  const [dear, cheap] = lines;
  const note = await stripe.creditNotes.create({
    invoice: id,
    lines: [
      { type: "invoice_line_item", invoice_line_item: dear?.id ?? "", quantity: 1 },
      { type: "invoice_line_item", invoice_line_item: cheap?.id ?? "", amount: 500 },
      { type: "custom_line_item", description: "Goodwill", unit_amount: 10, quantity: 3 },
    ],
  });
  expect(note.lines.data.map(({ amount, type, taxes }) => [amount, type, taxes?.[0]?.amount])).toEqual([
    [2000, "invoice_line_item", 380],
    [500, "invoice_line_item", 95],
    [30, "custom_line_item", undefined],
  ]);
  expect(note).toMatchObject({ subtotal: 2530, total: 3005, amount: 3005, total_excluding_tax: 2530 });
  const more = { type: "invoice_line_item" as const, invoice_line_item: cheap?.id ?? "", amount: 501 };
  await expect(stripe.creditNotes.create({ invoice: id, lines: [more] })).rejects.toMatchObject(refused("500 left"));
  const listed = await stripe.creditNotes.listLineItems(note.id, { limit: 2 }).autoPagingToArray({ limit: 10 });
  expect(listed.map((row) => row.id)).toEqual(note.lines.data.map((row) => row.id));
});

test("voiding a note of an open invoice asks for the whole again; others cannot be voided", async () => {
  const { id } = await openInvoice();
  const note = await stripe.creditNotes.create({ invoice: id, amount: 1000 });
  const from = bench.emulator.events().length;
  expect(await stripe.creditNotes.voidCreditNote(note.id)).toMatchObject({ status: "void" });
  expect(typesSince(bench, from)).toEqual(["credit_note.voided", "invoice.updated"]);
  expect(await stripe.invoices.retrieve(id)).toMatchObject({
    amount_due: 3000,
    amount_remaining: 3000,
    pre_payment_credit_notes_amount: 0,
  });
  await expect(stripe.creditNotes.voidCreditNote(note.id)).rejects.toMatchObject(refused("void already"));
  const whole = await stripe.creditNotes.create({ invoice: id, amount: 3000 });
  await expect(stripe.creditNotes.voidCreditNote(whole.id)).rejects.toMatchObject(refused("open invoices"));
});

test("a note is retrieved, listed and changed; a preview of one leaves nothing behind", async () => {
  const { id, customer } = await paidInvoice();
  const asked = { invoice: id, amount: 300, credit_amount: 300 };
  const from = bench.emulator.events().length;
  expect(await stripe.creditNotes.preview(asked)).toMatchObject({ amount: 300, post_payment_amount: 300 });
  expect((await stripe.creditNotes.listPreviewLineItems(asked)).data).toMatchObject([{ amount: 300 }]);
  expect(typesSince(bench, from)).toEqual([]);
  const note = await stripe.creditNotes.create(asked);
  await stripe.creditNotes.update(note.id, { memo: "Noted", metadata: { ticket: "7" } });
  expect(bench.emulator.events().at(-1)).toMatchObject({
    type: "credit_note.updated",
    data: { previous_attributes: { memo: null, metadata: { ticket: null } } },
  });
  expect(await stripe.creditNotes.retrieve(note.id)).toMatchObject({ memo: "Noted", metadata: { ticket: "7" } });
  for (const filter of [{ customer }, { invoice: id }])
    expect((await stripe.creditNotes.list(filter)).data.map((row) => row.id)).toEqual([note.id]);
});

test("a note of a customer on a test clock is of the clock's time", async () => {
  const { subscribe } = await onClock(bench, START);
  const { latest_invoice: invoice } = await subscribe();
  const note = await stripe.creditNotes.create({ invoice: String(invoice), amount: 100, credit_amount: 100 });
  expect(note).toMatchObject({ created: START, effective_at: START });
});
