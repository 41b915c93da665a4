import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench } from "./testing/bench.ts";
import { controlsOf } from "./testing/controls.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const GERMANY = { country: "DE", postal_code: "10115" };
const inDollars = () => createPlan(stripe, { currency: "usd", unit_amount: 1000, tax_behavior: "exclusive" });
const business = { automatic_tax: { enabled: true }, tax_id_collection: { enabled: true } } as const;

test("a business that gives its tax id owes the tax itself, now and with each renewal", async () => {
  const { url, id } = await createCheckout(stripe, await inDollars(), {
    ...business,
    customer_email: "ada@example.com",
  });
  expect(await (await fetch(url ?? "")).text()).toContain('name="tax_id"');
  const wrong = await bench.submit(url, { ...CARD, ...GERMANY, tax_id: "DE12" });
  expect(wrong.status).toBe(400);
  expect(await wrong.text()).toMatch(/id="tax_id"[^>]*aria-invalid/);
  const paid = await bench.submit(url, { ...CARD, ...GERMANY, tax_id: "de 123456789", expected_amount: "1000" });
  expect(paid.status).toBe(303);
  const tax_ids = [{ type: "eu_vat", value: "DE123456789" }];
  const session = await stripe.checkout.sessions.retrieve(id, { expand: ["invoice"] });
  expect(session).toMatchObject({
    amount_total: 1000,
    tax_id_collection: { enabled: true, required: "never" },
    customer_details: { tax_ids },
    invoice: {
      amount_paid: 1000,
      customer_tax_ids: tax_ids,
      total_taxes: [{ amount: 0, taxability_reason: "reverse_charge" }],
    },
  });
  const next = await stripe.invoices.createPreview({ subscription: String(session.subscription) });
  expect(next).toMatchObject({ total: 1000, total_taxes: [{ taxability_reason: "reverse_charge" }] });
});

test("whoever gives none is taxed as ever, and where one is required nobody pays without", async () => {
  const price = await inDollars();
  const { url } = await createCheckout(stripe, price, { ...business, customer_email: "ada@example.com" });
  const taxed = await bench.submit(url, { ...CARD, ...GERMANY, expected_amount: "1000" });
  expect(await taxed.text()).toContain('name="expected_amount" value="1190"');
  const required = await createCheckout(stripe, price, {
    ...business,
    tax_id_collection: { enabled: true, required: "if_supported" },
    customer_email: "ada@example.com",
  });
  expect((await bench.submit(required.url, { ...CARD, ...GERMANY })).status).toBe(400);
});

test("of a customer who is known, a tax id is taken only where their name may be written", async () => {
  const { id: customer } = await stripe.customers.create({ email: "ada@example.com" });
  const price = await inDollars();
  const asked = { customer, tax_id_collection: { enabled: true } };
  await expect(createCheckout(stripe, price, asked)).rejects.toThrow("please set `customer_update[name]` to `auto`");
  expect(await createCheckout(stripe, price, { ...asked, customer_update: { name: "auto" } })).toMatchObject({
    tax_id_collection: { enabled: true },
  });
});

test("terms are to be accepted before anything is paid, and need an address in the account's settings", async () => {
  const price = await inDollars();
  const consent = { consent_collection: { terms_of_service: "required" }, customer_email: "ada@example.com" } as const;
  const { url, id } = await createCheckout(stripe, price, consent);
  const missing = await bench.submit(url, CARD);
  expect(missing.status).toBe(400);
  expect(await missing.text()).toMatch(/id="terms"[^>]*aria-invalid/);
  expect((await bench.submit(url, { ...CARD, terms: "accepted" })).status).toBe(303);
  expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({
    consent_collection: { terms_of_service: "required" },
    consent: { terms_of_service: "accepted" },
  });

  await controlsOf(bench).setDashboard({ terms: false });
  await expect(createCheckout(stripe, price, consent)).rejects.toThrow(
    "You cannot collect consent to your terms of service unless a URL is set in the Stripe Dashboard.",
  );
  await controlsOf(bench).setDashboard({ terms: true });
});

test("a language is kept, shown, and refused when Stripe has none of that name", async () => {
  const session = await createCheckout(stripe, await inDollars(), { locale: "de" });
  expect(session.locale).toBe("de");
  expect(await (await fetch(session.url ?? "")).text()).toContain("At Stripe this page is in German.");
  await expect(createCheckout(stripe, await inDollars(), { locale: "klingon" as "de" })).rejects.toMatchObject({
    param: "locale",
  });
});

// https://docs.stripe.com/api/payment-link/create#create_payment_link-tax_id_collection
test("a payment link asks a business for its tax id, too, and takes no tax where it is given", async () => {
  const { id: price } = await inDollars();
  const link = await stripe.paymentLinks.create({ line_items: [{ price, quantity: 1 }], ...business });
  expect(link.tax_id_collection).toEqual({ enabled: true, required: "never" });
  const visit = await fetch(link.url, { redirect: "manual" });
  const url = visit.headers.get("location");
  await bench.submit(url, { ...CARD, ...GERMANY, email: "shop@example.com", tax_id: "DE123456789" });
  const [session] = (await stripe.checkout.sessions.list({ payment_link: link.id })).data;
  expect(session).toMatchObject({
    status: "complete",
    amount_total: 1000,
    customer_details: { tax_ids: [{ value: "DE123456789" }] },
  });
});

test("prorations of the classic mode are not modelled: nobody is told that they are", async () => {
  const asked = (type: "classic" | "flexible") => ({ subscription_data: { billing_mode: { type } } });
  const price = await inDollars();
  expect(await createCheckout(stripe, price, asked("flexible"))).toMatchObject({ status: "open" });
  await expect(createCheckout(stripe, price, asked("classic"))).rejects.toMatchObject({
    code: "emulator_parameter_not_modelled",
    param: "subscription_data[billing_mode][type]",
  });
});

test("custom_fields are asked for on the page, checked, and stand on the session (https://docs.stripe.com/payments/checkout/custom-fields)", async () => {
  const price = await createPlan(stripe);
  const label = (custom: string) => ({ custom, type: "custom" as const });
  const options = [
    { label: "Small", value: "s" },
    { label: "Large", value: "l" },
  ];
  const custom_fields: Stripe.Checkout.SessionCreateParams.CustomField[] = [
    { key: "engraving", label: label("Engraving"), type: "text", text: { maximum_length: 5 } },
    {
      key: "seats",
      label: label("Seats"),
      type: "numeric",
      numeric: { default_value: "12", minimum_length: 2 },
      optional: true,
    },
    { key: "size", label: label("Size"), type: "dropdown", dropdown: { options, default_value: "l" } },
  ];
  const open = (fields = custom_fields) =>
    createCheckout(stripe, price, { custom_fields: fields, customer_email: "ada@example.com" });
  const { id, url, custom_fields: shown } = await open();
  expect(shown).toMatchObject([
    { key: "engraving", optional: false, text: { maximum_length: 5, minimum_length: null, value: null } },
    { key: "seats", optional: true, numeric: { default_value: "12", value: null } },
    { key: "size", type: "dropdown", dropdown: { options, value: null } },
  ]);
  const page = await (await fetch(url ?? "")).text();
  for (const part of ['name="custom_engraving"', "Seats (optional)", 'value="12"', 'value="l" selected'])
    expect(page).toContain(part);
  const typed = { ...CARD, custom_engraving: "Ada", custom_seats: "", custom_size: "s" };
  for (const [wrong, said] of [
    [{ custom_engraving: " " }, "Engraving: Fill this in."],
    [{ custom_engraving: "Lovelace" }, "at most 5 characters"],
    [{ custom_seats: "7" }, "at least 2 characters"],
    [{ custom_seats: "many" }, "Enter digits only."],
    [{ custom_size: "xl" }, "Choose one of these."],
  ] as const) {
    const refused = await bench.submit(url, { ...typed, ...wrong });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain(said);
  }
  // The bank's challenge leaves what was typed as it is.
  const challenged = await bench.submit(url, { ...typed, card_number: "4000002500003155" });
  expect(await challenged.text()).toContain('name="custom_engraving" value="Ada"');
  expect((await stripe.checkout.sessions.retrieve(id)).custom_fields[0]?.text?.value).toBeNull();
  await bench.submit(url, { ...typed, card_number: "4000002500003155", challenge: "complete" });
  const filled = [{ text: { value: "Ada" } }, { numeric: { value: null } }, { dropdown: { value: "s" } }];
  expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({ status: "complete", custom_fields: filled });
  const completed = bench.emulator.events().findLast(({ type }) => type === "checkout.session.completed");
  expect(completed).toMatchObject({
    data: { object: { custom_fields: filled } },
  });

  const [first] = custom_fields as [Stripe.Checkout.SessionCreateParams.CustomField];
  for (const [fields, param] of [
    [[...custom_fields, { ...first, key: "fourth" }], "custom_fields"],
    [[first, first], "custom_fields[1][key]"],
    [[{ ...first, key: "two words" }], "custom_fields[0][key]"],
    [[{ ...first, text: undefined, dropdown: { options } }], "custom_fields[0][dropdown]"],
    [[{ ...first, text: { maximum_length: 2, minimum_length: 3 } }], "custom_fields[0][text][minimum_length]"],
    [[{ ...first, text: { maximum_length: 2, default_value: "Ada" } }], "custom_fields[0][text][default_value]"],
    [[{ key: "size", label: label("Size"), type: "dropdown" as const }], "custom_fields[0][dropdown][options]"],
    [
      [{ key: "size", label: label("Size"), type: "dropdown" as const, dropdown: { options, default_value: "xl" } }],
      "custom_fields[0][dropdown][default_value]",
    ],
  ] as [Stripe.Checkout.SessionCreateParams.CustomField[], string][])
    await expect(open(fields)).rejects.toMatchObject({ statusCode: 400, param });
  const elements = {
    ui_mode: "elements" as const,
    return_url: "http://localhost/",
    success_url: undefined,
    cancel_url: undefined,
  };
  await expect(createCheckout(stripe, price, { ...elements, custom_fields })).rejects.toMatchObject({
    param: "custom_fields",
  });
});
