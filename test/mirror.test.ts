import { applyEvents, applyFetched, type Outcome, objects } from "@turnpike/core/mirror";
import { createStripe } from "@turnpike/core/stripe";
import { createServiceClient, type ServiceClient } from "@turnpike/core/supabase";
import { startTestSupabase, type TestSupabase } from "@turnpike/local/testing";
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { charge, checkoutSession, customer, event, id, invoice, product, subscription } from "./builders.ts";
import { startEmulator } from "./emulator.ts";
import { mirrorAccountOf } from "./mirrored-account.ts";

let server: TestSupabase;
let supabase: ServiceClient;
// Nothing listens there: none of these cases may need Stripe.
const stripe = createStripe({ secretKey: "sk_test_unused", apiBase: "http://127.0.0.1:9" });

beforeAll(async () => {
  server = await startTestSupabase();
  supabase = createServiceClient(server);
  await mirrorAccountOf(stripe, supabase);
});
afterAll(() => server.close());

async function apply(...events: Stripe.Event[]): Promise<(Outcome | undefined)[]> {
  const { outcomes } = await applyEvents({ stripe, supabase }, events);
  return events.map(({ id }) => outcomes.get(id));
}
const one = async <Row>(sql: string, ...params: unknown[]) => (await server.query<Row>(sql, params))[0];
const nameOf = async (productId: string) =>
  (await one<{ name: string }>("select name from products where id = $1", productId))?.name;
const NOW = 1_790_000_000;

describe("the guard", () => {
  it("applies an event once, however often it is delivered", async () => {
    const created = event("product.created", product({ name: "First" }), NOW);
    expect(await apply(created)).toEqual(["applied"]);
    expect(await apply(created)).toEqual(["duplicate"]);
  });

  it("does not let an older event overwrite newer state", async () => {
    const pro = product();
    expect(await apply(event("product.updated", { ...pro, name: "New" }, NOW + 10))).toEqual(["applied"]);
    expect(await apply(event("product.created", { ...pro, name: "Old" }, NOW))).toEqual(["stale"]);
    expect(await nameOf(pro.id)).toBe("New");
  });

  it("ends in the newest state, whatever the order within a batch", async () => {
    const pro = product();
    const events = [3, 1, 2].map((n) => event("product.updated", { ...pro, name: `v${n}` }, NOW + n));
    expect(await apply(...events)).toEqual(["applied", "stale", "stale"]);
    expect(await nameOf(pro.id)).toBe("v3");
  });

  it("lets a change win over the creation of the same second, in either order", async () => {
    for (const order of [0, 1]) {
      const pro = product();
      const events = [
        event("product.created", { ...pro, name: "Created" }, NOW),
        event("product.updated", { ...pro, name: "Changed" }, NOW),
      ];
      if (order === 1) events.reverse();
      for (const delivered of events) await apply(delivered);
      expect(await nameOf(pro.id)).toBe("Changed");
    }
  });

  it("settles two events of one second that show the same row without asking Stripe", async () => {
    const paid = invoice();
    expect(await apply(event("invoice.paid", paid, NOW))).toEqual(["applied"]);
    expect(await apply(event("invoice.payment_succeeded", paid, NOW))).toEqual(["applied"]);
  });

  it("does not guess between two different states of one second: they wait until Stripe can be asked", async () => {
    const pro = product();
    const events = ["A", "B"].map((name) => event("product.updated", { ...pro, name }, NOW));
    expect((await apply(...events)).sort()).toEqual(["applied", "retry"]);
    const ledger = await server.query("select id from billing.stripe_events where object_id = $1", [pro.id]);
    expect(ledger).toHaveLength(1);
  }, 60_000);

  it("keeps what was deleted deleted, also when the deletion arrives first", async () => {
    const first = product();
    await apply(event("product.deleted", first, NOW + 5));
    expect(await apply(event("product.updated", { ...first, name: "Back" }, NOW + 9))).toEqual(["stale"]);
    expect(await one("select active, deleted from products where id = $1", first.id)).toEqual({
      active: false,
      deleted: true,
    });
  });
});

describe("two different states of one second", () => {
  it("end in what Stripe holds, whatever the order, after one fetch", async () => {
    const emulated = await startEmulator();
    await mirrorAccountOf(emulated.stripe, supabase);
    try {
      for (const reverse of [false, true]) {
        const { id } = await emulated.stripe.products.create({ name: "v0" });
        await Promise.all(["v1", "v2", "v3"].map((name) => emulated.stripe.products.update(id, { name })));
        const events = (await emulated.stripe.events.list({ types: ["product.updated"] })).data
          .filter(({ data }) => (data.object as { id: string }).id === id)
          .map((update) => ({ ...update, created: NOW })); // in the same second for certain
        const { outcomes } = await applyEvents(
          { stripe: emulated.stripe, supabase },
          reverse ? events.reverse() : events,
        );
        expect([...outcomes.values()]).toEqual(["applied", "applied", "applied"]);
        expect(await nameOf(id)).toBe((await emulated.stripe.products.retrieve(id)).name);
        expect(emulated.fetchesOf(id)).toBe(2); // the mirror's one, and this test's
      }
    } finally {
      await emulated.close();
    }
  });
});

describe("a batch", () => {
  it("is not held up by an event that cannot be read, whose reason the ledger keeps", async () => {
    const poison = event("customer.subscription.updated", { ...subscription(), created: "yesterday" }, NOW);
    const good = event("product.created", product(), NOW);
    expect(await apply(poison, good)).toEqual(["failed", "applied"]);
    expect(await one("select outcome, reason from billing.stripe_events where id = $1", poison.id)).toMatchObject({
      outcome: "failed",
      reason: expect.stringContaining("seconds"),
    });
  });

  it("is not held up by an event that Postgres refuses", async () => {
    const poison = event("product.created", product({ images: "no list" as never }), NOW);
    const events = [event("product.created", product(), NOW), poison, event("product.created", product(), NOW)];
    expect(await apply(...events)).toEqual(["applied", "failed", "applied"]);
  });

  it("applies an event that failed before once it can be read", async () => {
    const good = subscription();
    const poison = event("customer.subscription.updated", { ...good, created: "yesterday" }, NOW);
    await apply(poison);
    expect(await apply({ ...poison, data: { object: good } } as Stripe.Event)).toEqual(["applied"]);
    expect(await one("select outcome, reason from billing.stripe_events where id = $1", poison.id)).toEqual({
      outcome: "applied",
      reason: null,
    });
  });

  it("acknowledges events that nobody needs and keeps no record of them", async () => {
    const ignored = event("balance.available", { object: "balance" }, NOW);
    expect(await apply(ignored)).toEqual(["ignored"]);
    expect(await one("select id from billing.stripe_events where id = $1", ignored.id)).toBeUndefined();
  });
});

describe("ownership", () => {
  const newUser = async () => {
    const [user] = await server.query<{ id: string }>(
      "insert into auth.users (id, email) values (gen_random_uuid(), $1) returning id",
      [`${id("user")}@example.com`],
    );
    return user?.id ?? "";
  };
  const ownerOf = async (customerId: string) =>
    (await one<{ user_id: string }>("select user_id from customers where id = $1", customerId))?.user_id;

  it("is found whether the subscription or its customer arrives first", async () => {
    const userId = await newUser();
    const cus = id("cus");
    await apply(event("customer.subscription.created", subscription({ customer: cus }), NOW));
    await apply(event("customer.created", customer({ id: cus, metadata: { user_id: userId } }), NOW));
    expect(await ownerOf(cus)).toBe(userId);
  });

  it("is known from a checkout session even before the customer arrives", async () => {
    const userId = await newUser();
    const cus = id("cus");
    await apply(
      event("checkout.session.completed", checkoutSession({ customer: cus, metadata: { user_id: userId } }), NOW),
    );
    expect(await ownerOf(cus)).toBe(userId);
    await apply(event("customer.created", customer({ id: cus, name: "Grace" }), NOW));
    expect(await one("select name, user_id from customers where id = $1", cus)).toEqual({
      name: "Grace",
      user_id: userId,
    });
  });

  it("stays with the first owner, and a user owns any number of customers", async () => {
    const [first, second] = [await newUser(), await newUser()];
    const cus = id("cus");
    await apply(event("customer.created", customer({ id: cus, metadata: { user_id: first } }), NOW));
    await apply(event("customer.updated", customer({ id: cus, metadata: { user_id: second } }), NOW + 1));
    expect(await ownerOf(cus)).toBe(first);
    const other = customer({ metadata: { user_id: first } });
    expect(await apply(event("customer.created", other, NOW))).toEqual(["applied"]);
    expect(await ownerOf(other.id)).toBe(first);
  });

  it("is not taken from metadata that names nobody", async () => {
    for (const user_id of ["not-a-uuid", "00000000-0000-4000-8000-000000000000"]) {
      const cus = customer({ metadata: { user_id } });
      expect(await apply(event("customer.created", cus, NOW))).toEqual(["applied"]);
      expect(await ownerOf(cus.id)).toBeNull();
    }
  });
});

describe("payment_history", () => {
  const payment = (paymentId: string) =>
    one<Record<string, unknown>>(
      "select status, amount, amount_paid, amount_refunded from payment_history where id = $1",
      paymentId,
    );

  it("shows an invoice's refund, whichever of the three events comes first", async () => {
    const paid = invoice();
    const refunded = charge({ amount_refunded: 900 });
    const link = {
      id: id("inpay"),
      object: "invoice_payment",
      invoice: paid.id,
      status: "paid",
      payment: { type: "payment_intent", payment_intent: refunded.payment_intent },
    };
    await apply(event("charge.refunded", refunded, NOW + 9));
    await apply(event("invoice_payment.paid", link, NOW));
    await apply(event("invoice.paid", paid, NOW));
    expect(await payment(paid.id)).toEqual({
      status: "partially_refunded",
      amount: 2900,
      amount_paid: 2900,
      amount_refunded: 900,
    });
    await apply(event("charge.refunded", { ...refunded, amount_refunded: 2900 }, NOW + 20));
    expect(await payment(paid.id)).toMatchObject({ status: "refunded", amount_refunded: 2900 });
  });

  it("shows a failed invoice as failed until it is paid", async () => {
    const unpaid = invoice({ status: "open", amount_paid: 0, amount_remaining: 2900 });
    await apply(event("invoice.updated", unpaid, NOW));
    expect(await payment(unpaid.id)).toMatchObject({ status: "failed", amount_paid: 0 });
    await apply(event("invoice.paid", { ...unpaid, status: "paid", amount_paid: 2900 }, NOW + 60));
    expect(await payment(unpaid.id)).toMatchObject({ status: "paid", amount_paid: 2900 });
  });

  it("follows a bank debit from processing to paid or failed", async () => {
    for (const [type, status] of [
      ["checkout.session.async_payment_succeeded", "paid"],
      ["checkout.session.async_payment_failed", "failed"],
    ] as const) {
      const session = checkoutSession({ payment_status: "unpaid" });
      await apply(event("checkout.session.completed", session, NOW));
      expect(await payment(String(session.payment_intent))).toMatchObject({ status: "processing", amount_paid: 0 });
      const settled = { ...session, payment_status: status === "paid" ? "paid" : "unpaid" };
      await apply(event(type, settled, NOW + 100));
      expect(await payment(String(session.payment_intent))).toMatchObject({ status });
    }
  });
});

describe("payloads of older API versions", () => {
  it("give the same row: the period stood on the subscription, the subscription and the payment on the invoice", async () => {
    const now = subscription();
    const [item] = now.items.data;
    const { current_period_start, current_period_end, ...oldItem } = item ?? {};
    const old = { ...now, id: id("sub"), current_period_start, current_period_end, items: { data: [oldItem] } };
    await apply(event("customer.subscription.created", now, NOW), event("customer.subscription.created", old, NOW));
    const row = (subscriptionId: string) =>
      one("select to_jsonb(s) - 'id' as row from user_subscriptions s where id = $1", subscriptionId);
    expect(await row(old.id)).toEqual(await row(now.id));

    const paid = { ...invoice(), subscription: "sub_old", payment_intent: "pi_old" };
    await apply(event("invoice.paid", paid, NOW));
    expect(await one("select subscription_id, payment_intent_id from payment_history where id = $1", paid.id)).toEqual({
      subscription_id: "sub_old",
      payment_intent_id: "pi_old",
    });
  });
});

describe("what was fetched from Stripe", () => {
  const clients = {
    stripe,
    get supabase() {
      return supabase;
    },
  };
  const fetched = (pro: ReturnType<typeof product>, seconds: number, name: string) =>
    applyFetched(clients, {
      answer: [objects.product.project({ ...pro, name } as Stripe.Product)],
      asOf: new Date(seconds * 1000).toISOString(),
    });

  it("lands only over older state: a slow answer changes nothing", async () => {
    const pro = product();
    await apply(event("product.updated", { ...pro, name: "Event" }, NOW + 10));
    await fetched(pro, NOW + 9, "Slow");
    expect(await nameOf(pro.id)).toBe("Event");
    await fetched(pro, NOW + 11, "Fetched");
    expect(await nameOf(pro.id)).toBe("Fetched");
    expect(await apply(event("product.updated", { ...pro, name: "Late" }, NOW + 10))).toEqual(["stale"]);
  });

  it("alone may bring back what was deleted", async () => {
    const pro = product();
    await apply(event("product.deleted", pro, NOW));
    await fetched(pro, NOW + 1, "Restored");
    expect(await one("select name, deleted from products where id = $1", pro.id)).toEqual({
      name: "Restored",
      deleted: false,
    });
  });

  it("counts in the same second where the object has visibly moved on", async () => {
    const session = checkoutSession();
    const asOf = new Date(NOW * 1000).toISOString();
    for (const status of ["open", "complete"] as const) {
      const seen = {
        ...session,
        status,
        payment_status: status === "open" ? "unpaid" : "paid",
      } as Stripe.Checkout.Session;
      await applyFetched(clients, { answer: [objects.checkout_session.project(seen)], asOf });
    }
    expect(await one("select outcome from checkout_sessions where id = $1", session.id)).toEqual({
      outcome: "complete",
    });
  });
});
