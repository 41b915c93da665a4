import { note, objects } from "@turnpike/core/mirror";
import { beforeAll, describe, expect, it } from "vitest";
import { event, invoice } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { standBefore } from "../parts/proxy.ts";
import { createShop, LONG_AGO, type Shop } from "../parts/shop.ts";
import { samples } from "./samples.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
});

/** What this table shows of what an invoice, or something else, is told from others by. */
const column = async (select: string, from: string, id: string) =>
  (await supabase.query<{ found: unknown }>(`select ${select} as found from ${from}`, [id]))[0]?.found;

describe("a list within an object is fetched whole", () => {
  it("the items of a subscription, of which Stripe shows ten", async () => {
    const prices = await Promise.all(Array.from({ length: 12 }, () => shop.sell("monthly")));
    const customer = await lent.stripe.customers.create({ payment_method: "pm_card_visa" });
    const made = await lent.stripe.subscriptions.create({
      customer: customer.id,
      items: prices.map(({ id }) => ({ price: id })),
      collection_method: "send_invoice",
      days_until_due: 7,
    });
    expect(made.items).toMatchObject({ has_more: true, data: { length: 10 } });
    const count = () => column("jsonb_array_length(items)", "user_subscriptions where id = $1", made.id);
    expect(await shop.apply(event("customer.subscription.updated", made, LONG_AGO))).toEqual(["applied"]);
    expect(await count()).toBe(12);
    await supabase.query("delete from user_subscriptions where id = $1", [made.id]);
    const noted = await note(shop.billing, "subscription", () => lent.stripe.subscriptions.retrieve(made.id));
    expect(noted.items.data).toHaveLength(12);
    expect(await count()).toBe(12);
  });

  it("what a customer may use, of which an event shows ten, page by page", async () => {
    const pages: (string | undefined)[] = [];
    const keys = ["c", "a", "b"];
    const { stripe } = await standBefore(lent, ({ url = "" }, response) => {
      const { pathname, searchParams } = new URL(url, "http://stripe");
      if (pathname !== "/v1/entitlements/active_entitlements") return;
      const after = searchParams.get("starting_after");
      pages.push(`${searchParams.get("customer")} ${searchParams.get("limit")} ${after}`);
      const next = after ? Number(after.slice(-1)) + 1 : 0;
      const data = [{ id: `ent_${next}`, lookup_key: keys[next] }];
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ object: "list", data, has_more: next < keys.length - 1 }));
    });
    const cut = { customer: "cus_cut", entitlements: { data: [{ lookup_key: "c" }], has_more: true } };
    await createShop(supabase, { ...lent, stripe }).apply(
      event("entitlements.active_entitlement_summary.updated", cut, LONG_AGO),
    );
    expect(await column("lookup_keys", "entitlements where id = $1", "cus_cut")).toEqual(["a", "b", "c"]);
    expect(pages).toEqual(["cus_cut 100 null", "cus_cut 100 ent_0", "cus_cut 100 ent_1"]);
  });

  it("the payments of an invoice, each with why it failed", async () => {
    const asked: string[] = [];
    const unpaid = invoice({ status: "open", amount_paid: 0, amount_remaining: 2900 });
    const part = (n: number) => ({
      id: `inpay_cut_${n}`,
      object: "invoice_payment",
      invoice: unpaid.id,
      status: "open",
      payment: {
        type: "payment_intent",
        payment_intent: { ...samples.payment_intent, id: `pi_cut_${n}`, last_payment_error: { message: `No ${n}` } },
      },
    });
    const { stripe } = await standBefore(lent, ({ url = "" }, response) => {
      const { pathname, searchParams } = new URL(url, "http://stripe");
      const payments = { object: "list", data: [part(0)], has_more: true };
      const answers: Record<string, object> = {
        [`/v1/invoices/${unpaid.id}`]: { ...unpaid, payments },
        "/v1/invoice_payments": { object: "list", data: [part(1)], has_more: false },
      };
      const answer = answers[pathname];
      if (!answer) return;
      asked.push(`${pathname} ${searchParams}`);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(answer));
    });
    await createShop(supabase, { ...lent, stripe }).apply(event("invoice.payment_failed", unpaid, LONG_AGO));
    const payments = await column(
      "array_agg(id order by id)",
      "billing.invoice_payments where invoice_id = $1",
      unpaid.id,
    );
    expect(payments).toEqual(["inpay_cut_0", "inpay_cut_1"]);
    const why = await column(
      "array_agg(failure_message order by id)",
      "billing.payment_intents where id like $1",
      "pi_cut_%",
    );
    expect(why).toEqual(["No 0", "No 1"]);
    expect(asked.map(decodeURIComponent)).toEqual([
      `/v1/invoices/${unpaid.id} expand[0]=payments.data.payment.payment_intent`,
      `/v1/invoice_payments invoice=${unpaid.id}&expand[0]=data.payment.payment_intent&limit=100&starting_after=inpay_cut_0`,
    ]);
  });

  it("and nothing is, where Stripe shows no list at all", async () => {
    const drafted = await lent.stripe.invoices.create({ customer: (await lent.stripe.customers.create()).id });
    const { stripe } = await standBefore(lent, ({ url }, response) => {
      if (!url?.startsWith(`/v1/invoices/${drafted.id}`)) return;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ ...drafted, payments: undefined }));
    });
    const { answer } = { answer: await objects.invoice.retrieve(stripe, drafted.id) };
    expect(answer).toMatchObject({ id: drafted.id });
    expect(answer.payments).toBeUndefined();
  });
});

describe("what an answer says of other objects", () => {
  const idsOf = (shown: { object: string; object_id: string }[] | undefined) =>
    shown?.map(({ object, object_id }) => `${object} ${object_id}`);

  it("is each payment of an invoice, and its intent where it was asked for", () => {
    const part = (id: string, payment_intent: unknown) => ({
      ...samples.invoice_payment,
      id,
      payment: { payment_intent },
    });
    const companionsOf = (fields: object) =>
      idsOf(objects.invoice.companions?.({ ...samples.invoice, ...fields } as never));
    const data = [
      part("inpay_1", samples.payment_intent),
      part("inpay_2", "pi_2"),
      part("inpay_3", null),
      part("inpay_4", undefined),
    ];
    expect(companionsOf({ payments: { data } })).toEqual([
      "invoice_payment inpay_1",
      "payment_intent pi_1",
      "invoice_payment inpay_2",
      "invoice_payment inpay_3",
      "invoice_payment inpay_4",
    ]);
    expect(companionsOf({ payments: undefined })).toEqual([]);
    expect(companionsOf({ payments: null })).toEqual([]);
  });

  it("is what a checkout session made, as far as the answer brings it whole", () => {
    const companionsOf = (fields: object) =>
      idsOf(objects.checkout_session.companions?.({ ...samples.checkout_session, ...fields } as never));
    const made = {
      subscription: samples.subscription,
      invoice: samples.invoice,
      payment_intent: { ...samples.payment_intent, latest_charge: samples.charge },
    };
    expect(companionsOf(made)).toEqual(["subscription sub_1", "invoice in_1", "charge ch_1"]);
    expect(companionsOf({})).toEqual([]); // named only
    expect(companionsOf({ subscription: null, invoice: null, payment_intent: null })).toEqual([]);
    for (const latest_charge of ["ch_1", null, undefined]) {
      expect(companionsOf({ payment_intent: { ...samples.payment_intent, latest_charge } })).toEqual([]);
    }
    const cut = { ...samples.subscription, items: { data: [], has_more: true } };
    expect(companionsOf({ subscription: cut })).toEqual([]);
  });
});
