import { openCheckout } from "@turnpike/core/checkout";
import { noteAnew } from "@turnpike/core/mirror";
import type { Mail } from "@turnpike/core/notices";
import { beforeEach, describe, expect, it } from "vitest";
import { event } from "../builders.ts";
import { nextSecond } from "../parts/clock.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { addUser } from "../parts/people.ts";
import { refuseForNow, standBefore } from "../parts/proxy.ts";
import { createRelay } from "../parts/relay.ts";
import { createShop, LONG_AGO, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let relay: ReturnType<typeof createRelay>;
let price: string;
type User = Awaited<ReturnType<Shop["newUser"]>>;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  relay = createRelay(supabase, lent, shop);
  price = (await shop.sell("monthly")).id;
});

const remove = (userId: string) => supabase.query("delete from auth.users where id = $1", [userId]);
const openSession = (customer: string, user_id: string, metadata: Record<string, string> = {}) =>
  lent.stripe.checkout.sessions.create({
    mode: "subscription",
    customer,
    customer_update: { address: "auto" },
    line_items: [{ price, quantity: 1 }],
    success_url: "https://app.example.com/success",
    metadata: { user_id, ...metadata },
    subscription_data: { metadata: { user_id, sold_by: "turnpike" } },
  });

describe("a user who is deleted", () => {
  it("stops paying: each of their subscriptions ends at Stripe, and the operator is told", async () => {
    const user = await shop.newUser();
    const customer = await relay.newCustomer(user);
    const subscriptions = [await relay.subscribe(customer, price), await relay.subscribe(customer, price)];
    await supabase.query("delete from billing.outbox");
    await remove(user.id);
    const [mail, ...others] = await relay.run();
    expect(await Promise.all(subscriptions.map(relay.statusOf))).toEqual(["canceled", "canceled"]);
    expect(mail).toMatchObject({ subject: "Whoever pays for a subscription was deleted" });
    for (const id of subscriptions) expect(mail?.lines.join()).toContain(id);
    expect(others).toEqual([]);
    expect((await relay.notices()).filter(({ done }) => !done)).toEqual([]);
  });

  // As Supabase does it: the row stays, and its address is made unreadable.
  it("softly stops paying, is sold nothing, owns nothing, and is told nothing of it at an address that is none", async () => {
    const user = await shop.newUser();
    const customer = await relay.newCustomer(user);
    const [id, session] = [await relay.subscribe(customer, price), await openSession(customer, user.id)];
    await supabase.query(
      "update auth.users set email = encode(sha256(email::bytea), 'base64'), deleted_at = now() where id = $1",
      [user.id],
    );
    expect((await relay.run()).flatMap(({ lines }) => lines)).toEqual([expect.stringContaining(id)]);
    expect(await relay.statusOf(id)).toBe("canceled");
    expect((await lent.stripe.checkout.sessions.retrieve(session.id)).status).toBe("expired");
    expect(await lent.stripe.customers.retrieve(customer)).toMatchObject({ email: user.email });

    const late = await relay.subscribe(await relay.newCustomer(user), price, { user_id: user.id });
    expect(await supabase.query("select from customers where user_id = $1", [user.id])).toEqual([]);
    await relay.run();
    expect(await relay.statusOf(late)).toBe("canceled");
    const again = openCheckout(shop.billing, user, shop.purchase(price));
    await expect(again).rejects.toMatchObject({ code: "unauthenticated" });
  });

  it("softly has no use of what others bought for them any more, and is named by nothing that comes later", async () => {
    const user = await shop.newUser();
    const [given, late] = [await relay.newCustomer(), await relay.newCustomer()];
    await supabase.query("update customers set named_user_id = $1 where id = $2", [user.id, given]);
    const alone = { ...(await openSession(given, "")), customer: null, metadata: { user_id: user.id } };
    const done = (session: object) => event("checkout.session.completed", { ...session, status: "complete" }, LONG_AGO);
    await shop.apply(done(alone));
    await supabase.query("update auth.users set deleted_at = now() where id = $1", [user.id]);
    await shop.apply(done({ ...(await openSession(late, "")), client_reference_id: user.id, metadata: {} }));
    const named =
      "select id from customers where named_user_id is not null union select id from checkout_sessions where user_id is not null";
    expect(await supabase.query(named)).toEqual([]);
  });

  it.each([
    ["cancel_at_period_end", true],
    ["keep", false],
  ] as const)("with %s pays for nothing but what is paid for, or on", async (onUserDelete, ends) => {
    const user = await shop.newUser();
    const id = await relay.subscribe(await relay.newCustomer(user), price);
    await remove(user.id);
    await nextSecond();
    const mails = await relay.run({ onUserDelete });
    expect(await lent.stripe.subscriptions.retrieve(id)).toMatchObject({
      status: "active",
      cancel_at_period_end: ends,
    });
    const mirrored = await supabase.query("select cancel_at_period_end from user_subscriptions where id = $1", [id]);
    expect(mirrored).toEqual([{ cancel_at_period_end: ends }]);
    expect(mails.flatMap(({ lines }) => lines).join()).toContain(id);
  });

  it("with cancel_at_period_end pays nothing where no period is paid for: what is owed, or paused, ends at once", async () => {
    const user = await shop.newUser();
    const endTrial = async (card: object) => {
      const { id: customer } = await lent.stripe.customers.create({ metadata: { user_id: user.id }, ...card });
      await noteAnew(shop.billing, "customer", customer);
      const { id } = await lent.stripe.subscriptions.create({
        customer,
        items: [{ price }],
        trial_period_days: 14,
        trial_settings: { end_behavior: { missing_payment_method: "pause" } },
      });
      await lent.stripe.subscriptions.update(id, { trial_end: "now" });
      await noteAnew(shop.billing, "subscription", id);
      return id;
    };
    const card = "pm_card_chargeCustomerFail";
    const paused = await endTrial({});
    const owing = await endTrial({ payment_method: card, invoice_settings: { default_payment_method: card } });
    expect(await Promise.all([paused, owing].map(relay.statusOf))).toEqual(["paused", "past_due"]);
    await remove(user.id);
    await relay.run({ onUserDelete: "cancel_at_period_end" });
    expect(await Promise.all([paused, owing].map(relay.statusOf))).toEqual(["canceled", "canceled"]);
  });

  it.each([
    ["cancel", "released"],
    ["cancel_at_period_end", "released"],
    ["keep", "not_started"],
  ] as const)("with %s: a subscription that is to begin on a day to come is %s", async (onUserDelete, status) => {
    const [user, other] = [await shop.newUser(), await shop.newUser()];
    const plan = (customer: string) =>
      lent.stripe.subscriptionSchedules.create({
        customer,
        start_date: Math.floor(Date.now() / 1000) + 30 * 24 * 60 * 60,
        phases: [{ items: [{ price }], duration: { interval: "year" } }],
      });
    const [left, given] = [await relay.newCustomer(user), await relay.newCustomer(user)];
    const [planned, kept] = [await plan(left), await plan(given)];
    await remove(user.id);
    await supabase.query("select assign_purchase($1, user_id => $2)", [given, other.id]);
    await relay.run({ onUserDelete });
    const statusOf = async ({ id }: { id: string }) => (await lent.stripe.subscriptionSchedules.retrieve(id)).status;
    expect([await statusOf(planned), await statusOf(kept)]).toEqual([status, "not_started"]);
  });

  describe("under a schedule", () => {
    const schedule = async (id: string, end_behavior: "release" | "cancel") => {
      const { id: made, phases } = await lent.stripe.subscriptionSchedules.create({ from_subscription: id });
      const { start_date = 0, end_date = 0 } = phases[0] ?? {};
      const { id: cheaper } = await shop.sell("monthly", { amount: 900 });
      const running = { items: [{ price }], start_date, end_date };
      const next = { items: [{ price: cheaper }], duration: { interval: "year" as const } };
      await lent.stripe.subscriptionSchedules.update(made, { end_behavior, phases: [running, next] });
      await noteAnew(shop.billing, "subscription", id);
      return made;
    };

    it.each(["release", "cancel"] as const)("that ends in %s pays for nothing but what is paid for", async (ending) => {
      const user = await shop.newUser();
      const id = await relay.subscribe(await relay.newCustomer(user), price);
      const made = await schedule(id, ending);
      const { items } = await lent.stripe.subscriptions.retrieve(id);
      await remove(user.id);
      await nextSecond();
      const mails = await relay.run({ onUserDelete: "cancel_at_period_end" });
      expect(await lent.stripe.subscriptions.retrieve(id)).toMatchObject({
        status: "active",
        cancel_at_period_end: true,
        cancel_at: items.data[0]?.current_period_end,
      });
      expect(mails.flatMap(({ lines }) => lines).join()).toContain("it will end with the period that is paid for");
      const mirrored = await supabase.query(
        "select cancel_at_period_end, (select status from subscription_schedules) as schedule from user_subscriptions",
      );
      expect(mirrored).toEqual([{ cancel_at_period_end: true, schedule: "released" }]);
      expect((await lent.stripe.subscriptionSchedules.retrieve(made)).status).toBe("released");
    });

    it("ends at once where that is wished, and the schedule with it", async () => {
      const user = await shop.newUser();
      const id = await relay.subscribe(await relay.newCustomer(user), price);
      const made = await schedule(id, "release");
      await remove(user.id);
      await relay.run();
      expect(await relay.statusOf(id)).toBe("canceled");
      expect((await lent.stripe.subscriptionSchedules.retrieve(made)).status).toBe("canceled");
    });

    it("ends with its period also where another relay has released it, or this one died when it had", async () => {
      const user = await shop.newUser();
      const customer = await relay.newCustomer(user);
      const [id, left] = [await relay.subscribe(customer, price), await relay.subscribe(customer, price)];
      await supabase.query("delete from billing.outbox");
      await schedule(id, "release");
      await lent.stripe.subscriptionSchedules.release(await schedule(left, "cancel"));
      await remove(user.id);
      const raced = await standBefore(lent, async ({ url }) => {
        const [, made] = /subscription_schedules\/(.+)\/release/.exec(`${url}`) ?? [];
        if (made) await lent.stripe.subscriptionSchedules.release(made);
      });
      await relay.run({ stripe: raced.stripe, onUserDelete: "cancel_at_period_end" });
      for (const each of [id, left])
        expect(await lent.stripe.subscriptions.retrieve(each)).toMatchObject({ cancel_at_period_end: true });
    });
  });

  it("whose subscription was to end years later pays for nothing but what is paid for", async () => {
    const user = await shop.newUser();
    const id = await relay.subscribe(await relay.newCustomer(user), price);
    const inTwoYears = Math.floor(Date.now() / 1000) + 2 * 365 * 24 * 60 * 60;
    await lent.stripe.subscriptions.update(id, { cancel_at: inTwoYears, proration_behavior: "none" });
    await remove(user.id);
    await relay.run({ onUserDelete: "cancel_at_period_end" });
    expect(await lent.stripe.subscriptions.retrieve(id)).toMatchObject({ cancel_at_period_end: true });
  });

  it("is sold nothing more: what they were about to buy is closed", async () => {
    const user = await shop.newUser();
    const customer = await relay.newCustomer(user);
    const sessions = [await openSession(customer, user.id), await openSession(customer, user.id)];
    await remove(user.id);
    await relay.run();
    const statuses = await Promise.all(
      sessions.map(async ({ id }) => (await lent.stripe.checkout.sessions.retrieve(id)).status),
    );
    expect(statuses).toEqual(["expired", "expired"]);
  });

  it("and pays what was open, before it is closed or without a customer of theirs, pays once: it ends", async () => {
    const user = await shop.newUser();
    const customer = await relay.newCustomer(user);
    const session = await openSession(customer, user.id);
    await remove(user.id);
    await shop.pay(`${session.url}`);
    await noteAnew(shop.billing, "checkout_session", session.id);
    const { subscription } = await lent.stripe.checkout.sessions.retrieve(session.id);
    const told = await relay.run();
    expect(told.flatMap(({ lines }) => lines).join()).toContain("see whether to pay it back");
    expect(await relay.statusOf(`${subscription}`)).toBe("canceled");

    // As a token does that outlives its user: a customer whom the deletion knew nothing of.
    const late = await relay.newCustomer(user);
    const id = await relay.subscribe(late, price, { sold_by: "turnpike", user_id: user.id });
    await relay.run();
    expect(await relay.statusOf(id)).toBe("canceled");
  });

  describe("and is named by what comes later alone", () => {
    const arrivals: [string, (user: User) => Promise<{ customer: string; names: () => Promise<unknown> }>][] = [
      [
        "a customer's metadata",
        async (user) => {
          const customer = await relay.newCustomer();
          return {
            customer,
            names: async () => {
              await nextSecond();
              await lent.stripe.customers.update(customer, { metadata: { user_id: user.id.toUpperCase() } });
              await noteAnew(shop.billing, "customer", customer);
            },
          };
        },
      ],
      [
        "a link that was paid for them",
        async (user) => {
          const customer = await relay.newCustomer();
          const session = { ...(await openSession(customer, "")), status: "complete", metadata: {} };
          const paid = { ...session, client_reference_id: user.id };
          return { customer, names: () => shop.apply(event("checkout.session.completed", paid, LONG_AGO)) };
        },
      ],
    ];
    it.each(arrivals)(
      "%s stops paying, whichever comes first, and is told of as nobody's by no mail",
      async (_, arrive) => {
        const user = await shop.newUser();
        await remove(user.id);
        const [one, other] = [await arrive(user), await arrive(user)];
        const first = await relay.subscribe(one.customer, price);
        await one.names();
        await other.names();
        const second = await relay.subscribe(other.customer, price);
        const mails: Mail[] = [];
        for (const time of ["0 seconds", "0 seconds", "1 hour"]) {
          await relay.wait(time);
          mails.push(...(await relay.run({ onUserDelete: "cancel_at_period_end" })));
        }
        for (const id of [first, second])
          expect(await lent.stripe.subscriptions.retrieve(id)).toMatchObject({ cancel_at_period_end: true });
        expect([...new Set(mails.map(({ subject }) => subject))]).toEqual([
          "Whoever pays for a subscription was deleted",
        ]);
      },
    );

    it("pays on where it names somebody else besides, or is somebody's", async () => {
      const [user, other] = [await shop.newUser(), await shop.newUser()];
      await remove(user.id);
      const forAcme = await relay.newCustomer(undefined, { user_id: user.id, organization_id: "acme" });
      const { id: theirs } = await lent.stripe.customers.create({ email: other.email, metadata: { user_id: user.id } });
      await noteAnew(shop.billing, "customer", theirs);
      expect(
        await supabase.query("select id from customers where id = $1 and user_id = $2", [theirs, other.id]),
      ).toHaveLength(1);
      await relay.subscribe(forAcme, price);
      expect(await relay.notices()).toEqual([]);
    });
  });

  it("before the customer has arrived that was promised to them, stops paying for it at once", async () => {
    const user = await shop.newUser();
    const { id: customer } = await lent.stripe.customers.create({
      payment_method: "pm_card_visa",
      invoice_settings: { default_payment_method: "pm_card_visa" },
    });
    const { id } = await lent.stripe.subscriptions.create({ customer, items: [{ price }] });
    await supabase.query("insert into billing.promised_owners (customer_id, user_id) values ($1, $2)", [
      customer,
      user.id,
    ]);
    await remove(user.id);
    await relay.run();
    expect(await relay.statusOf(id)).toBe("canceled");
  });

  it("keeps nobody else from theirs: of whom Stripe says by now that they have the customer, it runs on", async () => {
    const [user, other] = [await shop.newUser(), await shop.newUser()];
    const customer = await relay.newCustomer(user);
    const id = await relay.subscribe(customer, price);
    await remove(user.id);
    await nextSecond();
    await lent.stripe.customers.update(customer, { metadata: { user_id: other.id } });
    expect(await relay.run()).toEqual([]);
    expect(await relay.statusOf(id)).toBe("active");
  });

  it("and of whom a subscription runs at Stripe that the mirror lacks, stops paying for it too", async () => {
    const user = await shop.newUser();
    const customer = await relay.newCustomer(user);
    const { id } = await lent.stripe.subscriptions.create({ customer, items: [{ price }] });
    await remove(user.id);
    await relay.run();
    expect(await relay.statusOf(id)).toBe("canceled");
  });

  it("and came back before it was ended, with the same customer, keeps what is theirs", async () => {
    const user = await shop.newUser();
    const customer = await relay.newCustomer(user);
    const id = await relay.subscribe(customer, price);
    await remove(user.id);
    const again = await addUser(supabase);
    await supabase.query("update customers set user_id = $1 where id = $2", [again.id, customer]);
    expect(await relay.run()).toEqual([]);
    expect(await relay.statusOf(id)).toBe("active");
  });

  it("came back, and leaves for good, stops paying then", async () => {
    const user = await shop.newUser();
    const id = await relay.subscribe(await relay.newCustomer(user), price);
    await remove(user.id);
    const again = await addUser(supabase, { email: user.email });
    expect(await relay.run()).toEqual([]);
    expect(await relay.statusOf(id)).toBe("active");
    await remove(again.id);
    expect((await relay.run()).flatMap(({ lines }) => lines)).toEqual([expect.stringContaining(id)]);
    expect(await relay.statusOf(id)).toBe("canceled");
    expect(await relay.run()).toEqual([]);
  });

  it("is asked for again while Stripe does not answer, and only then given up", async () => {
    const user = await shop.newUser();
    const id = await relay.subscribe(await relay.newCustomer(user), price);
    await remove(user.id);
    const down = await standBefore(lent, (_, response) => refuseForNow(response));
    expect(await relay.run({ stripe: down.stripe })).toEqual([]);
    expect(await relay.notices("subscription_orphaned")).toMatchObject([
      { attempts: 1, done: false, last_error: "rate_limit" },
    ]);
    expect(await relay.statusOf(id)).toBe("active");
    expect(await relay.run()).toEqual([]); // not yet
    await relay.wait("1 minute");
    expect(await relay.run()).toHaveLength(1);
    expect(await relay.statusOf(id)).toBe("canceled");
  });

  it("and whose subscriptions and customer are gone at Stripe is done with, and nothing is told", async () => {
    const [one, other] = [await shop.newUser(), await shop.newUser()];
    const customer = await relay.newCustomer(one);
    const ended = await relay.subscribe(customer, price);
    await lent.stripe.subscriptions.cancel(ended);
    const deleted = await relay.newCustomer(other);
    await relay.subscribe(deleted, price);
    await lent.stripe.customers.del(deleted);
    await remove(one.id);
    await remove(other.id);
    expect(await relay.run()).toEqual([]);
    expect((await relay.notices()).filter(({ done }) => !done)).toEqual([]);
  });

  it("is told of also when the process dies between the end and the mail", async () => {
    const user = await shop.newUser();
    const id = await relay.subscribe(await relay.newCustomer(user), price);
    await remove(user.id);
    const dies = async () => {
      throw new Error("no mail");
    };
    await relay.run({ tell: dies });
    expect(await relay.statusOf(id)).toBe("canceled");
    await relay.wait("1 minute");
    expect((await relay.run()).flatMap(({ lines }) => lines).join()).toContain("it is cancelled");
  });
});

describe("a customer who comes to another payer", () => {
  const assign = async (object_id: string, to: { user_id: string } | { organization_id: string }) =>
    expect((await supabase.client.rpc("assign_purchase", { object_id, ...to })).data).toBe(true);
  const statusOf = async ({ id }: { id: string }) => (await lent.stripe.checkout.sessions.retrieve(id)).status;

  it.each<[string, (customer: string, other: User) => Promise<unknown>]>([
    ["a user", (customer, { id }) => assign(customer, { user_id: id })],
    ["an organisation", (customer) => assign(customer, { organization_id: "acme" })],
  ])("%s: whoever had it can pay on no page of before, and the pages of whoever has it stay", async (kind, give) => {
    const [user, other] = [await shop.newUser(), await shop.newUser()];
    const customer = await relay.newCustomer(user);
    const before = [await openSession(customer, user.id), await openSession(customer, user.id)];
    const metadata = kind === "a user" ? other.id : user.id; // who manages an organisation is named beside it
    const after = await openSession(customer, metadata, kind === "a user" ? {} : { organization_id: "acme" });
    await give(customer, other);
    await relay.run();
    expect(await Promise.all([...before, after].map(statusOf))).toEqual(["expired", "expired", "open"]);

    // And back again: what was opened meanwhile is closed in turn.
    await assign(customer, { user_id: user.id });
    await relay.run();
    expect(await statusOf(after)).toBe("expired");
    expect(await relay.notices("claim_refused")).toEqual([]);
  });

  it("by its metadata, where only an address had given it, likewise", async () => {
    const [user, other] = [await shop.newUser(), await shop.newUser()];
    const { id: customer } = await lent.stripe.customers.create({ email: user.email });
    await noteAnew(shop.billing, "customer", customer);
    const session = await openSession(customer, user.id);
    await nextSecond();
    await lent.stripe.customers.update(customer, { metadata: { user_id: other.id } });
    await noteAnew(shop.billing, "customer", customer);
    await relay.run();
    expect(await statusOf(session)).toBe("expired");
  });

  it("and was paid by whoever had it before the page was closed: the operator is told, of each purchase once", async () => {
    const [user, other] = [await shop.newUser(), await shop.newUser()];
    const customer = await relay.newCustomer(user);
    const sessions = [await openSession(customer, user.id), await openSession(customer, user.id)];
    sessions.sort((one, two) => (one.id < two.id ? -1 : 1));
    await assign(customer, { user_id: other.id });
    for (const { url, id } of sessions) {
      await shop.pay(`${url}`);
      await noteAnew(shop.billing, "checkout_session", id);
    }
    const told = (await relay.run()).find(({ subject }) => subject === "Somebody paid for what is another's");
    expect(told?.lines.toSorted()).toEqual(sessions.map(({ id }) => expect.stringContaining(id)));

    await supabase.query("delete from billing.outbox");
    for (const { id } of sessions) await noteAnew(shop.billing, "checkout_session", id);
    expect((await relay.notices("paid_for_another")).length).toBe(0);
  });

  it("after they had paid for it is told as no such purchase: that is what it was given for", async () => {
    const [user, other] = [await shop.newUser(), await shop.newUser()];
    const customer = await relay.newCustomer(user);
    const session = await openSession(customer, user.id);
    await shop.pay(`${session.url}`);
    await noteAnew(shop.billing, "checkout_session", session.id);
    await assign(customer, { user_id: other.id });
    await noteAnew(shop.billing, "checkout_session", session.id);
    expect(await relay.notices("paid_for_another")).toEqual([]);
  });

  it("and is asked for again while Stripe does not answer; one that Stripe does not know is done with", async () => {
    const [user, other] = [await shop.newUser(), await shop.newUser()];
    const customer = await relay.newCustomer(user);
    const session = await openSession(customer, user.id);
    await assign(customer, { user_id: other.id });
    const { stripe } = await standBefore(lent, (_, response) => refuseForNow(response));
    await relay.run({ stripe });
    expect(await relay.notices("customer_moved")).toMatchObject([{ done: false }]);
    await relay.wait("1 hour");
    await relay.run();
    expect(await statusOf(session)).toBe("expired");

    await supabase.query("insert into customers (id, user_id) values ('cus_unknown', $1)", [user.id]);
    await assign("cus_unknown", { user_id: other.id });
    await relay.run();
    expect(await relay.notices("customer_moved")).toMatchObject([{ done: true }, { done: true }]);
  });
});

it("a subscription that names a user whom this product never knew runs on: it may be another product's", async () => {
  const customer = await relay.newCustomer();
  const id = await relay.subscribe(customer, price, { sold_by: "turnpike", user_id: crypto.randomUUID() });
  await relay.wait("1 hour");
  const [mail] = await relay.run();
  expect(mail).toMatchObject({ subject: "A purchase belongs to nobody" });
  expect(await relay.statusOf(id)).toBe("active");
});

it("with a key of another account nothing is taken for ended, and all of it comes again", async () => {
  const user = await shop.newUser();
  await relay.subscribe(await relay.newCustomer(user), price);
  await remove(user.id);
  await supabase.query("update billing.stripe_account set key_hashes = '{}', id = 'acct_other'");
  const other = await lendStripe();
  await relay.run({ stripe: other.stripe });
  const notices = (await relay.notices()).filter(({ kind }) => kind.endsWith("_orphaned"));
  expect(notices).toHaveLength(2);
  for (const notice of notices) expect(notice).toMatchObject({ done: false, last_error: "other_stripe_account" });
});

it("a subscription that was bought for an organisation stays when whoever bought it is deleted", async () => {
  const user = await shop.newUser();
  const customer = await relay.newCustomer(undefined, { organization_id: "acme" });
  const metadata = { sold_by: "turnpike", user_id: user.id, organization_id: "acme" };
  const id = await relay.subscribe(customer, price, metadata);
  await remove(user.id);
  // Also where its customer has not arrived yet.
  const early = await relay.newCustomer();
  const other = await relay.subscribe(early, price, metadata);
  await relay.run();
  expect([await relay.statusOf(id), await relay.statusOf(other)]).toEqual(["active", "active"]);
});

it("what somebody has bought for a user by a link ends with that user, and not with another one", async () => {
  const [user, other] = [await shop.newUser(), await shop.newUser()];
  const [theirs, owned] = [await relay.newCustomer(), await relay.newCustomer(other)];
  await supabase.query("update customers set named_user_id = $1", [user.id]);
  const [ends, stays] = [await relay.subscribe(theirs, price), await relay.subscribe(owned, price)];
  await remove(user.id);
  await relay.run();
  expect([await relay.statusOf(ends), await relay.statusOf(stays)]).toEqual(["canceled", "active"]);
});

describe("an organisation that leaves", () => {
  const leave = (kind = "organization") => supabase.query("select billing.leave($1, 'acme')", [kind]);
  const newCustomer = () => relay.newCustomer(undefined, { organization_id: "acme" });

  it("stops paying, is sold nothing more, and what comes later ends as well; others stay", async () => {
    const customer = await newCustomer();
    const [id, other] = [
      await relay.subscribe(customer, price),
      await relay.subscribe(await relay.newCustomer(undefined, { organization_id: "other" }), price),
    ];
    const session = await openSession(customer, "");
    await leave();
    await shop.pay(`${session.url}`);
    await relay.run();
    await noteAnew(shop.billing, "checkout_session", session.id);
    await relay.run();
    const { subscription } = await lent.stripe.checkout.sessions.retrieve(session.id);
    expect(await Promise.all([id, `${subscription}`, other].map(relay.statusOf))).toEqual([
      "canceled",
      "canceled",
      "active",
    ]);
    const late = await relay.subscribe(customer, price);
    await relay.run();
    expect(await relay.statusOf(late)).toBe("canceled");
    const open = await openSession(customer, "");
    await supabase.query(
      "update billing.outbox set sent_at = null, next_attempt_at = now() where kind = 'customer_orphaned'",
    );
    await relay.run();
    expect((await lent.stripe.checkout.sessions.retrieve(open.id)).status).toBe("expired");
  });

  // At Stripe, and not in the mirror: it pays there already.
  const stranger = (metadata: Record<string, string> = {}) =>
    lent.stripe.customers.create({
      payment_method: "pm_card_visa",
      invoice_settings: { default_payment_method: "pm_card_visa" },
      metadata,
    });
  const subscribeUnseen = async (customer: string) =>
    (await lent.stripe.subscriptions.create({ customer, items: [{ price }] })).id;

  it("before its customer arrives stops paying then, whether the subscription or the customer comes first", async () => {
    const customers = [await stranger({ organization_id: "acme" }), await stranger({ organization_id: "acme" })];
    const [one, other] = [await subscribeUnseen(`${customers[0]?.id}`), await subscribeUnseen(`${customers[1]?.id}`)];
    const open = await openSession(`${customers[0]?.id}`, "");
    await leave();
    await noteAnew(shop.billing, "customer", `${customers[0]?.id}`);
    await noteAnew(shop.billing, "subscription", one);
    await noteAnew(shop.billing, "subscription", other);
    await noteAnew(shop.billing, "customer", `${customers[1]?.id}`);
    const mails = await relay.run();
    expect(await Promise.all([one, other].map(relay.statusOf))).toEqual(["canceled", "canceled"]);
    expect((await lent.stripe.checkout.sessions.retrieve(open.id)).status).toBe("expired");
    expect(mails.map(({ subject }) => subject)).toEqual(["Whoever pays for a subscription was deleted"]);
  });

  it("stops paying at once for a customer that it is promised, and later for one that was promised at that moment", async () => {
    const [early, late] = [await stranger(), await stranger()];
    const [one, other] = [await subscribeUnseen(early.id), await subscribeUnseen(late.id)];
    const promise = (id: string) =>
      supabase.query("insert into billing.promised_owners (customer_id, organization_id) values ($1, 'acme')", [id]);
    await promise(early.id);
    await leave();
    await relay.run();
    expect(await relay.statusOf(one)).toBe("canceled");
    await promise(late.id);
    await noteAnew(shop.billing, "customer", late.id);
    await relay.run();
    await relay.run();
    expect(await relay.statusOf(other)).toBe("canceled");
    expect(await supabase.query("select from billing.promised_owners")).toEqual([]);
  });

  it("is given nothing any more: it would end at once", async () => {
    const customer = await relay.newCustomer();
    await leave();
    const given = await supabase.client.rpc("assign_purchase", { object_id: customer, organization_id: "acme" });
    expect(given.error?.message).toBe("This payer has left");
    const said = [{ customer_id: customer, users: [], organizations: ["acme"] }];
    const { data } = await supabase.client.rpc("apply_owners", { claims: said, owned_by: "operator" });
    expect(data).toMatchObject([{ outcome: "unmatched", reason: "payer_left" }]);
    expect(await supabase.query("select from billing.promised_owners")).toEqual([]);
  });

  it("keeps what was given to somebody else since", async () => {
    const customer = await newCustomer();
    const id = await relay.subscribe(customer, price);
    await leave();
    const user = await shop.newUser();
    await supabase.query("select assign_purchase($1, user_id => $2)", [customer, user.id]);
    expect(await relay.run()).toEqual([]);
    expect(await relay.statusOf(id)).toBe("active");
  });

  it("is one: a payer of another kind there is not", async () => {
    await expect(leave("team")).rejects.toThrow("A payer is a user or an organization");
  });
});

describe("an e-mail that was changed and confirmed", () => {
  const change = (userId: string, email: string) =>
    supabase.query("update auth.users set email = $1 where id = $2", [email, userId]);

  it("reaches every customer of the user", async () => {
    const user = await shop.newUser();
    const customers = [await relay.newCustomer(user), await relay.newCustomer()];
    await supabase.query("update customers set user_id = $1, owned_by = 'email' where id = $2", [
      user.id,
      customers[1],
    ]);
    await change(user.id, "new@example.com");
    await nextSecond();
    expect(await relay.run()).toEqual([]);
    for (const id of customers)
      expect(await lent.stripe.customers.retrieve(id)).toMatchObject({ email: "new@example.com" });
    const mirrored = await supabase.query("select distinct email from customers where id = any ($1)", [customers]);
    expect(mirrored).toEqual([{ email: "new@example.com" }]);
  });

  it("is the last one, however many there were, and back again", async () => {
    const user = await shop.newUser();
    const customer = await relay.newCustomer(user);
    for (const email of ["b@example.com", user.email, "b@example.com"]) await change(user.id, email);
    await relay.run();
    expect(await lent.stripe.customers.retrieve(customer)).toMatchObject({ email: "b@example.com" });
    await change(user.id, user.email);
    await relay.run();
    expect(await lent.stripe.customers.retrieve(customer)).toMatchObject({ email: user.email });
  });

  it("does not reach whoever has bought something for the user", async () => {
    const user = await shop.newUser();
    await relay.newCustomer(user);
    const { id: theirs } = await lent.stripe.customers.create({ email: "giver@example.com" });
    await noteAnew(shop.billing, "customer", theirs);
    await supabase.query("update customers set named_user_id = $1 where id = $2", [user.id, theirs]);
    await change(user.id, "f@example.com");
    await relay.run();
    expect(await lent.stripe.customers.retrieve(theirs)).toMatchObject({ email: "giver@example.com" });
  });

  it("and is confirmed only later reaches them then", async () => {
    const user = await shop.newUser();
    const customer = await relay.newCustomer(user);
    const later = "update auth.users set email = 'later@example.com', email_confirmed_at = null where id = $1";
    await supabase.query(later, [user.id]);
    await relay.run();
    expect(await lent.stripe.customers.retrieve(customer)).toMatchObject({ email: user.email });
    await supabase.query("update auth.users set email_confirmed_at = now() where id = $1", [user.id]);
    await relay.run();
    expect(await lent.stripe.customers.retrieve(customer)).toMatchObject({ email: "later@example.com" });
  });

  it("is nothing to tell of for who has no customer, nor before it is confirmed", async () => {
    await change((await shop.newUser()).id, "c@example.com");
    const unsure = await addUser(supabase, { confirmed: false });
    await relay.newCustomer(unsure);
    await change(unsure.id, "d@example.com");
    expect(await relay.notices()).toEqual([]);
  });

  it("passes over a customer whom Stripe does not know any more", async () => {
    const user = await shop.newUser();
    const customers = [await relay.newCustomer(user), await relay.newCustomer()];
    await supabase.query("update customers set user_id = $1, owned_by = 'email' where id = $2", [
      user.id,
      customers[1],
    ]);
    await lent.stripe.customers.del(customers[0] ?? "");
    await change(user.id, "e@example.com");
    await relay.run();
    expect(await lent.stripe.customers.retrieve(customers[1] ?? "")).toMatchObject({ email: "e@example.com" });
    expect(await relay.notices("email_changed")).toMatchObject([{ done: true }]);
  });
});
