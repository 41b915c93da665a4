import { randomUUID } from "node:crypto";
import { openCheckout, summarizeCheckout } from "@turnpike/core/checkout";
import { createStripe } from "@turnpike/core/stripe";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { SITE } from "../parts/lambda.ts";
import { addUser } from "../parts/people.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
});

type Buyer = Awaited<ReturnType<Shop["newUser"]>>;
const read = (user: Buyer | undefined, sessionId: string) => summarizeCheckout(shop.billing, user, sessionId);
const BANK_DEBIT = { payment_method: "sepa_debit", card_number: "", exp: "", cvc: "" };

async function begin(kind: "once" | "monthly", currency = "usd") {
  const [user, { id }] = await Promise.all([shop.newUser(), shop.sell(kind, { currency })]);
  const url = await openCheckout(shop.billing, user, shop.purchase(id));
  return { user, url, sessionId: url.match(/cs_\w+/)?.[0] ?? "" };
}
const count = async (table: string, where: string, value: unknown) =>
  (await supabase.query<{ n: number }>(`select count(*)::int as n from ${table} where ${where} = $1`, [value]))[0]?.n;

describe("a purchase", () => {
  it.each([
    ["once", "payment"],
    ["monthly", "subscription"],
  ] as const)("(%s) is open, then complete, and says what was bought", async (kind, mode) => {
    const { user, url, sessionId } = await begin(kind);
    const shown = {
      id: sessionId,
      mode,
      amountTotal: 2900,
      currency: "usd",
      items: [{ description: "Pro", quantity: 1, amountTotal: 2900 }],
    };
    expect(await read(user, sessionId)).toEqual({ ...shown, status: "open", receiptUrl: null });
    await shop.pay(url);
    const receiptUrl = expect.stringMatching(kind === "once" ? /\/receipts\/ch_/ : /\/invoices\/in_/);
    expect(await read(user, sessionId)).toEqual({ ...shown, status: "complete", receiptUrl });
  });

  it("of several says how many they are", async () => {
    const [user, { id }] = await Promise.all([shop.newUser(), shop.sell("once")]);
    const session = await lent.stripe.checkout.sessions.create({
      mode: "payment",
      line_items: [{ price: id, quantity: 2 }],
      client_reference_id: user.id,
      success_url: "http://localhost:3000/success",
    });
    const { items } = await read(user, session.id);
    expect(items).toEqual([{ description: "Pro", quantity: 2, amountTotal: 5800 }]);
  });

  it("of a subscription is in the buyer's account at once, with its invoice", async () => {
    const { user, url, sessionId } = await begin("monthly");
    await shop.pay(url);
    await read(user, sessionId);
    const { subscription, invoice } = await lent.stripe.checkout.sessions.retrieve(sessionId);
    const rows = await supabase.query("select status, latest_invoice_id from user_subscriptions where id = $1", [
      subscription,
    ]);
    expect(rows).toEqual([{ status: "active", latest_invoice_id: invoice }]);
    const paid = await supabase.query("select status from billing.invoices where id = $1", [invoice]);
    expect(paid).toEqual([{ status: "paid" }]);
  });

  it("of one thing is in the buyer's account at once, with its receipt", async () => {
    const { user, url, sessionId } = await begin("once");
    await shop.pay(url);
    await read(user, sessionId);
    const { payment_intent: payment } = await lent.stripe.checkout.sessions.retrieve(sessionId);
    const [row] = await supabase.query("select status, amount_paid, receipt_url from payment_history where id = $1", [
      payment,
    ]);
    expect(row).toEqual({ status: "paid", amount_paid: 2900, receipt_url: expect.stringContaining("http") });
    expect(await count("billing.charges", "payment_intent_id", payment)).toBe(1);
  });

  it.each([
    ["settles", "DE89370400440532013000", "complete"],
    ["fails", "DE62370400440532013001", "failed"],
  ])("by a bank debit is under way until it %s", async (_, iban, status) => {
    const { user, url, sessionId } = await begin("once", "eur");
    await shop.pay(url, { ...BANK_DEBIT, iban });
    expect(await read(user, sessionId)).toMatchObject({ status: "processing" });
    await vi.waitFor(async () => expect(await read(user, sessionId)).toMatchObject({ status }), 10_000);
  });

  it("that was not made in time is expired", async () => {
    const { user, sessionId } = await begin("once");
    await lent.stripe.checkout.sessions.expire(sessionId);
    expect(await read(user, sessionId)).toMatchObject({ status: "expired" });
  });

  it("of somebody else's is hidden, just as one that does not exist", async () => {
    const { sessionId } = await begin("once");
    const hidden = { name: "BillingError", code: "not_found", message: "There is no such checkout session" };
    const mallory = await shop.newUser();
    await expect(read(mallory, sessionId)).rejects.toMatchObject(hidden);
    await expect(read(mallory, "cs_test_unknown")).rejects.toMatchObject(hidden);
  });

  it("is not hidden when Stripe cannot be asked: that is an error", async () => {
    const { user, sessionId } = await begin("once");
    const stripe = createStripe({ secretKey: "sk_live_wrong", apiBase: lent.apiBase });
    const reading = summarizeCheckout({ ...shop.billing, stripe }, user, sessionId);
    await expect(reading).rejects.toMatchObject({ name: expect.not.stringContaining("BillingError") });
  });
});

describe("a guest's purchase", () => {
  async function buyAsGuest(email: string) {
    const { id } = await shop.sell("once");
    const url = await openCheckout(shop.billing, undefined, shop.purchase(id));
    const sessionId = url.match(/cs_\w+/)?.[0] ?? "";
    return { sessionId, pay: () => shop.pay(url, { email }) };
  }
  const address = () => `${randomUUID()}@example.com`;
  const SIGN_IN = { code: "unauthenticated", message: "Sign in first" };
  const daysLater = async <Answer>(days: number, work: () => Promise<Answer>): Promise<Answer> => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + days * 24 * 60 * 60 * 1000 });
    return work().finally(() => vi.useRealTimers());
  };

  it("is shown to whoever knows its id, with nothing of the buyer, and is no stranger's for that", async () => {
    const [stranger, { sessionId, pay }] = [await shop.newUser(), await buyAsGuest(address())];
    expect(await read(undefined, sessionId)).toMatchObject({ status: "open" });
    await pay();
    const shown = await read(undefined, sessionId);
    expect(shown).toEqual({
      id: sessionId,
      status: "complete",
      mode: "payment",
      amountTotal: 2900,
      currency: "usd",
      items: [{ description: "Pro", quantity: 1, amountTotal: 2900 }],
    });
    expect(await read(stranger, sessionId)).toEqual(shown);
    expect(await count("customers", "user_id", stranger.id)).toBe(0);
  });

  it("is shown so for two days, and then to the user whom it went to", async () => {
    const email = address();
    const { sessionId, pay } = await buyAsGuest(email);
    await pay();
    await daysLater(1.9, () => read(undefined, sessionId));
    const [ada, mallory] = [await addUser(supabase, { email }), await shop.newUser()];
    await daysLater(2.1, async () => {
      await expect(read(undefined, sessionId)).rejects.toMatchObject(SIGN_IN);
      await expect(read(mallory, sessionId)).rejects.toMatchObject({ code: "not_found" });
      expect(await read(ada, sessionId)).toMatchObject({ status: "complete" });
    });
  });

  it("without a customer is shown to the user whom it went to, also later", async () => {
    const [{ id: price }, email] = [await shop.sell("once"), address()];
    const line_items = [{ price, quantity: 1 }];
    const session = await lent.stripe.checkout.sessions.create({ mode: "payment", line_items, success_url: SITE });
    const [ada, mallory] = [await addUser(supabase, { email }), await shop.newUser()];
    await shop.pay(session.url ?? "", { email });
    expect(await read(undefined, session.id)).toMatchObject({ status: "complete" });
    await daysLater(2.1, async () => {
      expect(await read(ada, session.id)).toMatchObject({ status: "complete" });
      await expect(read(mallory, session.id)).rejects.toMatchObject({ code: "not_found" });
    });
  });

  it("that nobody made is as unknown to guests as to users", async () => {
    await expect(read(undefined, "cs_test_unknown")).rejects.toMatchObject({ code: "not_found" });
  });

  it.each([
    ["client_reference_id", (id: string) => ({ client_reference_id: id })],
    ["metadata", (id: string) => ({ metadata: { user_id: id } })],
  ])("by a link that names a user in its %s is that user's alone", async (_, named) => {
    const [ada, mallory, { id: price }] = [await shop.newUser(), await shop.newUser(), await shop.sell("once")];
    const line_items = [{ price, quantity: 1 }];
    const session = await lent.stripe.checkout.sessions.create({
      mode: "payment",
      line_items,
      success_url: SITE,
      ...named(ada.id),
    });
    expect(await read(ada, session.id)).toMatchObject({ status: "open" });
    await expect(read(mallory, session.id)).rejects.toMatchObject({ code: "not_found" });
    await expect(read(undefined, session.id)).rejects.toMatchObject(SIGN_IN);
    expect(await count("checkout_sessions", "id", session.id)).toBe(1);
  });

  it("of an organisation's is shown to those who manage its billing, and to nobody else, be it who has bought it", async () => {
    const [manager, member] = [await shop.newUser(), await shop.newUser()];
    const { id: price } = await shop.sell("once");
    const session = await lent.stripe.checkout.sessions.create({
      mode: "payment",
      line_items: [{ price, quantity: 1 }],
      success_url: SITE,
      customer: (await lent.stripe.customers.create({ metadata: { organization_id: "org_1" } })).id,
      metadata: { organization_id: "org_1", user_id: member.id },
    });
    await supabase.query(
      `create or replace function billing.organizations_of(user_id uuid)
       returns table (organization_id text, manages_billing boolean) language sql stable security definer set search_path = ''
       as $$ select 'org_1', organizations_of.user_id = '${manager.id}' $$`,
    );
    await expect(read(undefined, session.id)).rejects.toMatchObject(SIGN_IN);
    await expect(read(member, session.id)).rejects.toMatchObject({ code: "not_found" });
    expect(await count("checkout_sessions", "id", session.id)).toBe(0);
    expect(await read(manager, session.id)).toMatchObject({ status: "open" });
  });
});

describe("a purchase by a payment link that names a user", () => {
  async function buyByLink(reference: string, email: string) {
    const { id: price } = await shop.sell("monthly");
    const link = await lent.stripe.paymentLinks.create({ line_items: [{ price, quantity: 1 }] });
    const visit = await fetch(`${link.url}?client_reference_id=${reference}`, { redirect: "manual" });
    const url = visit.headers.get("location") ?? "";
    await shop.pay(url, { email });
    return /cs_\w+/.exec(url)?.[0] ?? "";
  }
  const rows = (user: Buyer) => supabase.query("select owned_by from customers where user_id = $1", [user.id]);

  it("and is paid with another address becomes theirs when they come back, and no stranger's", async () => {
    const [ada, mallory] = [await shop.newUser(), await shop.newUser()];
    const sessionId = await buyByLink(ada.id, `${randomUUID()}@example.com`);
    await expect(read(mallory, sessionId)).rejects.toMatchObject({ code: "not_found" });
    expect(await read(ada, sessionId)).toMatchObject({ status: "complete" });
    expect([await rows(ada), await rows(mallory)]).toEqual([[{ owned_by: "purchase" }], []]);
  });

  it("and is paid with a third one's address stays that one's", async () => {
    const email = `${randomUUID()}@example.com`;
    const [ada, payer] = [await shop.newUser(), await addUser(supabase, { email })];
    await read(ada, await buyByLink(ada.id, email));
    expect(await rows(ada)).toEqual([]);
    expect(await supabase.query("select owned_by from customers where user_id = $1", [payer.id])).toEqual([
      { owned_by: "email" },
    ]);
  });
});
