import { applyEvents, type Outcome } from "@turnpike/core/mirror";
import { createServiceClient, type ServiceClient } from "@turnpike/core/supabase";
import { startTestSupabase, type TestSupabase } from "@turnpike/local/testing";
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { charge, checkoutSession, customer, event, id, invoice, product, subscription } from "./builders.ts";
import { startEmulator } from "./emulator.ts";

let server: TestSupabase;
let supabase: ServiceClient;
let emulated: Awaited<ReturnType<typeof startEmulator>>;
const NOW = 1_790_000_000;

beforeAll(async () => {
  [server, emulated] = await Promise.all([startTestSupabase(), startEmulator()]);
  supabase = createServiceClient(server);
});
afterAll(async () => {
  await server?.close();
  await emulated?.close();
});

async function apply(...events: Stripe.Event[]): Promise<(Outcome | undefined)[]> {
  const { outcomes } = await applyEvents({ stripe: emulated.stripe, supabase }, events);
  return events.map(({ id }) => outcomes.get(id));
}
const one = async <Row>(sql: string, ...params: unknown[]) => (await server.query<Row>(sql, params))[0];

describe("payloads from before and after 2025-03-31, when fields of theirs moved", () => {
  // No later version has moved one that a row shows.
  const versions = ["2026-10-28.endive", "2024-04-10"];
  const beforeBasil = (version: string) => version < "2025-03-31";

  const subscriptionOf = (version: string, fields: object) => {
    const now = subscription(fields);
    if (!beforeBasil(version)) return now;
    const { current_period_start, current_period_end, ...item } = now.items.data[0] ?? {};
    return { ...now, current_period_start, current_period_end, items: { data: [item] } };
  };
  const invoiceOf = (version: string, fields: object) => {
    const parent = { subscription_details: { subscription: "sub_versions", metadata: {} } };
    if (!beforeBasil(version)) return invoice({ ...fields, parent } as unknown as Stripe.Invoice);
    const { parent: _, ...old } = invoice(fields);
    return { ...old, subscription: "sub_versions", paid: true };
  };

  it.each(versions)("%s gives the same rows", async (version) => {
    const ids = { sub: id("sub"), inv: id("in"), cus: "cus_versions", item: "si_versions" };
    const items = {
      data: [{ ...subscription().items.data[0], id: ids.item }],
    } as unknown as Stripe.ApiList<Stripe.SubscriptionItem>;
    const events = [
      event("customer.subscription.updated", subscriptionOf(version, { id: ids.sub, customer: ids.cus, items }), NOW),
      event("invoice.paid", invoiceOf(version, { id: ids.inv, customer: ids.cus }), NOW),
    ].map((old) => ({ ...old, api_version: version }) as Stripe.Event);
    expect(await apply(...events)).toEqual(["applied", "applied"]);
    expect(
      await one("select status, price_id, items, current_period_end from user_subscriptions where id = $1", ids.sub),
    ).toEqual({
      status: "active",
      price_id: "price_pro",
      items: [
        {
          id: ids.item,
          price_id: "price_pro",
          product_id: "prod_pro",
          quantity: 1,
          current_period_start: "2026-09-21T14:13:20.000Z",
          current_period_end: "2026-10-21T14:13:20.000Z",
        },
      ],
      current_period_end: expect.stringContaining("2026-10-21T14:13:20"),
    });
    expect(
      await one("select status, subscription_id, amount_paid from payment_history where id = $1", ids.inv),
    ).toEqual({
      status: "paid",
      subscription_id: "sub_versions",
      amount_paid: 2900,
    });
  });
});

describe("poison", () => {
  const poisons: [string, Stripe.Event["type"], object][] = [
    ["a list that is none", "product.updated", product({ images: "one" as never })],
    [
      "a period that is no number",
      "customer.subscription.updated",
      {
        ...subscription(),
        items: { data: [{ id: "si", price: { id: "price_1", product: "prod_1" }, current_period_end: "soon" }] },
      },
    ],
    [
      "a null price",
      "customer.subscription.updated",
      { ...subscription(), items: { data: [{ id: "si", price: null }] } },
    ],
    ["a null id", "product.updated", { ...product(), id: null }],
    ["no object at all", "product.updated", {}],
    ["an amount that is no number", "invoice.paid", { ...invoice(), amount_paid: "a lot" }],
    ["a status that is null", "customer.subscription.updated", { ...subscription(), status: null }],
  ];

  it.each(poisons)(
    "%s is reported, with its reason in the ledger, and nothing beside it is",
    async (_, type, object) => {
      const good = Array.from({ length: 9 }, () => event("product.created", product(), NOW));
      const poison = event(type as Stripe.Event.Type, object, NOW);
      const outcomes = await apply(...good.slice(0, 4), poison, ...good.slice(4));
      expect(outcomes.toSpliced(4, 1)).toEqual(good.map(() => "applied"));
      expect(outcomes[4]).toBe("failed");
      const entry = await one<{ outcome: string; reason: string }>(
        "select outcome, reason from billing.stripe_events where id = $1",
        poison.id,
      );
      expect(entry).toEqual({ outcome: "failed", reason: expect.stringMatching(/.+/) });
    },
  );

  it("metadata that names no user, or nobody, is no poison", async () => {
    for (const user_id of ["", "undefined", "1; drop table customers", "00000000-0000-4000-8000-000000000000"]) {
      expect(await apply(event("customer.created", customer({ metadata: { user_id } }), NOW))).toEqual(["applied"]);
    }
  });

  it("a thousand messages in a call are applied, all but the poison among them", async () => {
    const events = Array.from({ length: 1000 }, (_, n) =>
      event("product.created", product(n % 100 === 7 ? { images: "one" as never } : {}), NOW),
    );
    const outcomes = await apply(...events);
    expect(outcomes.filter((outcome) => outcome === "applied")).toHaveLength(990);
    expect(outcomes.filter((outcome) => outcome === "failed")).toHaveLength(10);
  }, 60_000);
});

/** One that Stripe knows: why it is unpaid is asked there. */
async function unpaidInvoice(): Promise<Stripe.Invoice> {
  const { stripe } = emulated;
  const { id } = await stripe.customers.create({ email: "ada@example.com" });
  await stripe.invoiceItems.create({ customer: id, amount: 2900, currency: "usd" });
  const draft = await stripe.invoices.create({
    customer: id,
    collection_method: "charge_automatically",
    auto_advance: false,
    pending_invoice_items_behavior: "include",
  });
  return stripe.invoices.finalizeInvoice(draft.id);
}

describe("the outbox", () => {
  const told = (eventId: string) =>
    server.query<{ kind: string }>("select kind from billing.outbox where source_id = $1", [eventId]);

  it.each([
    ["invoice.payment_failed", "payment_failed", () => unpaidInvoice()],
    ["invoice.payment_action_required", "payment_action_required", () => unpaidInvoice()],
    ["invoice.finalization_failed", "invoice_finalization_failed", () => invoice({ status: "draft" })],
    ["customer.subscription.trial_will_end", "trial_will_end", () => subscription({ status: "trialing" })],
    [
      "charge.dispute.created",
      "dispute_opened",
      () => ({
        id: id("du"),
        charge: id("ch"),
        payment_intent: null,
        status: "needs_response",
        reason: "fraudulent",
        currency: "usd",
        amount: 100,
        created: NOW,
      }),
    ],
    ["radar.early_fraud_warning.created", "early_fraud_warning", () => ({ id: id("issfr"), charge: id("ch") })],
  ] as const)("tells of %s once, though the event comes three times", async (type, kind, object) => {
    const failed = event(type, await object(), NOW);
    expect(await apply(failed)).toEqual(["applied"]);
    expect(await apply(failed)).toEqual(["duplicate"]);
    expect(await apply(failed)).toEqual(["duplicate"]);
    expect(await told(failed.id)).toEqual([{ kind }]);
  });

  it("tells of a dispute whose later news came first", async () => {
    const dispute = {
      id: id("du"),
      charge: id("ch"),
      payment_intent: null,
      status: "needs_response",
      reason: "fraudulent",
      currency: "usd",
      amount: 100,
      created: NOW,
    };
    await apply(event("charge.dispute.updated", { ...dispute, status: "under_review" }, NOW + 60));
    const opened = event("charge.dispute.created", dispute, NOW);
    expect(await apply(opened)).toEqual(["stale"]);
    expect(await told(opened.id)).toEqual([{ kind: "dispute_opened" }]);
  });

  it("tells when a user is deleted whose subscription still runs", async () => {
    const [user] = await server.query<{ id: string }>(
      "insert into auth.users (id, email) values (gen_random_uuid(), $1) returning id",
      [`${id("u")}@example.com`],
    );
    const cus = customer({ metadata: { user_id: user?.id ?? "" } });
    const running = subscription({ customer: cus.id });
    await apply(event("customer.created", cus, NOW), event("customer.subscription.created", running, NOW));
    await server.query("delete from auth.users where id = $1", [user?.id]);
    expect(
      await one("select object_id from billing.outbox where kind = 'subscription_orphaned' and source_id = $1", cus.id),
    ).toEqual({
      object_id: running.id,
    });
    expect(await one("select user_id from customers where id = $1", cus.id)).toEqual({ user_id: null });
  });
});

describe("a guest's purchase", () => {
  const guestSession = (email: string) =>
    checkoutSession({
      customer_details: { email } as Stripe.Checkout.Session["customer_details"],
      client_reference_id: null,
    });
  const ownerOf = async (session: ReturnType<typeof guestSession>) =>
    (await one<{ user_id: string | null }>("select user_id from customers where id = $1", session.customer))?.user_id;
  const addUser = async (email: string, confirmed: boolean) => {
    const sql =
      "insert into auth.users (id, email, email_confirmed_at) values (gen_random_uuid(), $1, $2) returning id";
    return (await server.query<{ id: string }>(sql, [email, confirmed ? new Date().toISOString() : null]))[0]?.id;
  };

  it("goes to the user who confirms that e-mail later, and not before", async () => {
    const email = `${id("Guest")}@Example.com`;
    const session = guestSession(email);
    await apply(event("checkout.session.completed", session, NOW));
    const userId = await addUser(email.toLowerCase(), false);
    expect(await ownerOf(session)).toBeFalsy();
    await server.query("update auth.users set email_confirmed_at = now() where id = $1", [userId]);
    expect(await ownerOf(session)).toBe(userId);
  });

  it("goes to the user who had confirmed it before, whatever arrives first", async () => {
    for (const customerFirst of [true, false]) {
      const email = `${id("guest")}@example.com`;
      const userId = await addUser(email, true);
      const session = guestSession(email);
      const events = [
        event("customer.created", customer({ id: String(session.customer), email }), NOW),
        event("checkout.session.completed", session, NOW),
      ];
      for (const delivered of customerFirst ? events : events.reverse()) await apply(delivered);
      expect(await ownerOf(session)).toBe(userId);
    }
  });

  it("goes to nobody by an address that is not confirmed", async () => {
    const email = `${id("guest")}@example.com`;
    await addUser(email, false);
    const session = guestSession(email);
    await apply(event("checkout.session.completed", session, NOW));
    expect(await ownerOf(session)).toBeFalsy();
  });

  it("joins a user who has a customer of their own already", async () => {
    const email = `${id("guest")}@example.com`;
    const userId = (await addUser(email, true)) ?? "";
    const own = customer({ metadata: { user_id: userId } });
    const session = guestSession(email);
    await apply(event("customer.created", own, NOW), event("checkout.session.completed", session, NOW));
    const owned = await server.query("select id, owned_by from customers where user_id = $1 order by 2 desc", [userId]);
    expect(owned).toEqual([
      { id: own.id, owned_by: "metadata" },
      { id: session.customer, owned_by: "email" },
    ]);
  });
});

describe("a one-time purchase", () => {
  const statusOf = async (payment: unknown) =>
    (await one<{ status: string }>("select status from payment_history where id = $1", payment))?.status;

  it("survives refunds in part, in full and failed, and disputes won and lost", async () => {
    const session = checkoutSession();
    const payment = String(session.payment_intent);
    const paid = charge({ payment_intent: payment, amount: 4900 });
    await apply(event("checkout.session.completed", session, NOW), event("charge.succeeded", paid, NOW));
    expect(await statusOf(payment)).toBe("paid");

    const refund = {
      id: id("re"),
      charge: paid.id,
      payment_intent: payment,
      status: "succeeded",
      currency: "usd",
      amount: 900,
      failure_reason: null,
      created: NOW,
    };
    await apply(event("refund.created", refund, NOW + 10));
    expect(await statusOf(payment)).toBe("partially_refunded");
    await apply(event("charge.refunded", { ...paid, amount_refunded: 900 }, NOW + 10));
    expect(await statusOf(payment)).toBe("partially_refunded");
    const rest = { ...refund, id: id("re"), amount: 4000 };
    await apply(
      event("charge.refunded", { ...paid, amount_refunded: 4900 }, NOW + 20),
      event("refund.created", rest, NOW + 20),
    );
    expect(await statusOf(payment)).toBe("refunded");
    await apply(event("refund.failed", { ...rest, status: "failed" }, NOW + 30));
    expect(await one("select status, amount_refunded from payment_history where id = $1", payment)).toEqual({
      status: "partially_refunded",
      amount_refunded: 900,
    });

    const dispute = {
      id: id("du"),
      charge: paid.id,
      payment_intent: payment,
      status: "needs_response",
      reason: "fraudulent",
      currency: "usd",
      amount: 4000,
      created: NOW + 40,
    };
    await apply(event("charge.dispute.created", dispute, NOW + 40));
    expect(await statusOf(payment)).toBe("disputed");
    await apply(event("charge.dispute.closed", { ...dispute, status: "won" }, NOW + 50));
    expect(await statusOf(payment)).toBe("partially_refunded");
    const lost = { ...dispute, id: id("du"), created: NOW + 60, status: "lost" };
    await apply(event("charge.dispute.closed", lost, NOW + 70));
    await apply(event("charge.dispute.created", { ...lost, status: "needs_response" }, NOW + 60));
    expect(await statusOf(payment)).toBe("disputed");
  });
});

describe("entitlements", () => {
  it("are replaced as a set, by the newest", async () => {
    const cus = id("cus");
    const summary = (...keys: string[]) => ({
      object: "entitlements.active_entitlement_summary",
      customer: cus,
      entitlements: { data: keys.map((lookup_key) => ({ lookup_key })), has_more: false },
    });
    await apply(event("entitlements.active_entitlement_summary.updated", summary("exports"), NOW + 5));
    await apply(event("entitlements.active_entitlement_summary.updated", summary("exports", "audit"), NOW));
    expect(await one("select lookup_keys from entitlements where id = $1", cus)).toEqual({ lookup_keys: ["exports"] });
  });
});
