import { openCheckout } from "@turnpike/core/checkout";
import { noteAnew } from "@turnpike/core/mirror";
import { followSeats } from "@turnpike/core/plan-change";
import { openPortal } from "@turnpike/core/portal";
import type Stripe from "stripe";
import { beforeEach, describe, expect, it } from "vitest";
import { exampleOf } from "../documented.ts";
import { nextSecond } from "../parts/clock.ts";
import { SITE } from "../parts/lambda.ts";
import { openPlanShop, type PlanShop } from "../parts/plans.ts";
import { refuseForNow, standBefore } from "../parts/proxy.ts";
import { createRelay } from "../parts/relay.ts";

let store: PlanShop;
let relay: ReturnType<typeof createRelay>;
beforeEach(async () => {
  store = await openPlanShop();
  relay = createRelay(store.supabase, store.lent, store.shop);
});

type Subscriber = Awaited<ReturnType<PlanShop["subscribe"]>>;
type User = Subscriber["user"];
const query = <Row>(sql: string, parameters: unknown[] = []) => store.supabase.query<Row>(sql, parameters);
/** As the product says it, of a user. */
const use = ({ id }: User, seats: number, group = "") =>
  query("select billing.set_seats('user', $1, $2, $3)", [id, seats, group]);
const follow = (billing = store.shop.billing) => followSeats(billing);
/** Lets time pass for what is to follow. */
const wait = (time: string) =>
  query(
    "update billing.seats set due_at = due_at - $1::interval, leased_until = leased_until - $1::interval, changed_at = changed_at - $1::interval",
    [time],
  );
const subscribe = (quantity = 2, options = {}) =>
  store.subscribe({ items: [{ price: store.small.id, quantity }] }, options);
const quantityOf = async ({ subscription }: Subscriber) => (await store.held(subscription)).quantity;
const changesOf = async ({ subscription: { id } }: Subscriber) =>
  (await store.lent.asked(`POST /v1/subscriptions/${id}`)).length;
const problemOf = async ({ id }: User) =>
  (
    await store.supabase.query<{ problem: string | null }>("select problem from billing.seats where payer = $1", [
      `user:${id}`,
    ])
  )[0]?.problem;
const creditOf = async ({ customer }: Subscriber) =>
  ((await store.lent.stripe.customers.retrieve(customer)) as Stripe.Customer).balance;
const other = {
  code: "quantity_not_allowed",
  message: expect.stringMatching(/^It is 5 here: .*Leave the quantity out/),
};

it("a change of plan that names no quantity is previewed, and made, for as many as are in use", async () => {
  const buyer = await subscribe(2);
  await use(buyer.user, 4);
  const { preview, wish } = await store.previewed(buyer.user, store.big.id);
  expect(preview).toMatchObject({ to: { priceId: store.big.id, quantity: 4 }, next: { amount: 12_000 } });
  await store.change({ user: buyer.user }, wish);
  expect(await store.held(buyer.subscription)).toMatchObject({ price: store.big.id, quantity: 4 });
  await follow();
  expect(await store.charged(buyer.customer)).toHaveLength(2);
});

describe("the quantity of a subscription", () => {
  it("follows the number that the product keeps, paid for at once, though no event has come", async () => {
    const buyer = await subscribe(2);
    await use(buyer.user, 5);
    expect(await follow()).toEqual([{ payer: `user:${buyer.user.id}`, changed: true }]);
    expect(await store.held(buyer.subscription)).toMatchObject({ quantity: 5, pending: false });
    const [more, first] = await store.charged(buyer.customer);
    expect(first).toBe(3000);
    expect(more).toBeGreaterThan(4400);
    expect(more).toBeLessThanOrEqual(4500);
    const { data } = await store.supabase.client
      .from("user_subscriptions")
      .select("quantity")
      .eq("id", buyer.subscription.id);
    expect(data).toEqual([{ quantity: 5 }]);
    expect(await follow()).toEqual([]);
  });

  it("falls with it: what is left of the period is credit, and nothing is paid back", async () => {
    const buyer = await subscribe(4);
    await use(buyer.user, 1);
    await follow();
    expect(await quantityOf(buyer)).toBe(1);
    expect(await creditOf(buyer)).toBeLessThan(-4400);
    expect(await store.charged(buyer.customer)).toEqual([6000]);
  });

  it("is one at least", async () => {
    const buyer = await subscribe(2);
    await use(buyer.user, 0);
    await follow();
    expect(await quantityOf(buyer)).toBe(1);
  });

  it("is as many at least as its price is sold with", async () => {
    const metadata = { min_quantity: "3" };
    const { id: price } = await store.shop.sell("monthly", { amount: 1500, productMetadata: metadata });
    const buyer = await store.subscribe({ items: [{ price, quantity: 5 }] });
    for (const seats of [1, 2]) {
      await use(buyer.user, seats);
      await wait("90 minutes");
      await follow();
      expect(await quantityOf(buyer)).toBe(3);
    }
    expect(await changesOf(buyer)).toBe(1);
  });

  it("follows the last of many numbers, in one change", async () => {
    const buyer = await subscribe(2);
    for (const seats of [3, 9, 4, 7]) await use(buyer.user, seats);
    await follow();
    expect([await quantityOf(buyer), await changesOf(buyer)]).toEqual([7, 1]);
  });

  it("is changed so seldom that Stripe takes it, whatever happens in between", async () => {
    const buyer = await subscribe(2);
    await use(buyer.user, 3);
    await follow();
    await use(buyer.user, 4);
    expect(await follow()).toEqual([]);
    await wait("89 minutes");
    await use(buyer.user, 5);
    expect(await follow()).toEqual([]);
    await wait("1 minute");
    await follow();
    expect([await quantityOf(buyer), await changesOf(buyer)]).toEqual([5, 2]);
  });

  it("is changed once, though two workers are at it", async () => {
    const buyer = await subscribe(2);
    await use(buyer.user, 3);
    const both = await Promise.all([follow(), follow()]);
    expect(both.flat()).toHaveLength(1);
    expect(await changesOf(buyer)).toBe(1);
  });

  it("is changed once, though the process died before it could say so", async () => {
    const buyer = await subscribe(2);
    await use(buyer.user, 3);
    await follow();
    const charged = await store.charged(buyer.customer);
    await query("update billing.seats set followed = 0, leased_until = now() + interval '2 minutes', due_at = now()");
    expect(await follow()).toEqual([]);
    await wait("2 minutes");
    expect(await follow()).toEqual([{ payer: `user:${buyer.user.id}`, changed: false }]);
    expect(await store.charged(buyer.customer)).toEqual(charged);
  });

  it("follows without a problem, though whoever said so got no answer", async () => {
    const buyer = await subscribe(2);
    await use(buyer.user, 3);
    await follow();
    await query("select public.settle_seats($1, '', 1, true, '57014')", [`user:${buyer.user.id}`]);
    expect(await problemOf(buyer.user)).toBeNull();
  });

  it("follows a number that came while it was being changed", async () => {
    const buyer = await subscribe(2);
    await use(buyer.user, 3);
    const behind = await standBefore(store.lent, async ({ method }) => {
      if (method === "POST") await use(buyer.user, 6);
    });
    await follow({ ...store.shop.billing, stripe: behind.stripe });
    expect(await quantityOf(buyer)).toBe(3);
    await wait("90 minutes");
    await follow();
    expect(await quantityOf(buyer)).toBe(6);
  });

  it("comes later when Stripe does not take it now", async () => {
    const buyer = await subscribe(2);
    await use(buyer.user, 3);
    const behind = await standBefore(store.lent, ({ method }, response) => {
      if (method === "POST") refuseForNow(response);
    });
    const [refused] = await follow({ ...store.shop.billing, stripe: behind.stripe });
    expect(refused).toMatchObject({ changed: false, problem: "rate_limit", error: expect.anything() });
    expect(await follow()).toEqual([]);
    await wait("15 seconds");
    await follow();
    expect([await quantityOf(buyer), await problemOf(buyer.user)]).toEqual([3, null]);
  });

  it("is that of the payer and the group that the product names, and nobody else's", async () => {
    const [one, other] = [await subscribe(2), await subscribe(2)];
    await use(one.user, 9, "elsewhere");
    await query("select billing.set_seats('organization', $1, 9)", [one.user.id]);
    await follow();
    expect([await quantityOf(one), await quantityOf(other)]).toEqual([2, 2]);
    await use(other.user, 4);
    await follow();
    expect([await quantityOf(one), await quantityOf(other)]).toEqual([2, 4]);
  });

  it("leaves what stands beside it as it is", async () => {
    const addOn = await store.shop.sell("monthly", { group: "storage", amount: 500 });
    const items = [
      { price: addOn.id, quantity: 2 },
      { price: store.small.id, quantity: 2 },
    ];
    const buyer = await store.subscribe({ items });
    await use(buyer.user, 3);
    await follow();
    const { data } = (await store.lent.stripe.subscriptions.retrieve(buyer.subscription.id)).items;
    expect(data.map(({ price, quantity }) => [price.id, quantity])).toEqual([
      [addOn.id, 2],
      [store.small.id, 3],
    ]);
  });

  it("is brought back when it is changed elsewhere, and follows what is bought later", async () => {
    const buyer = await subscribe(2);
    await use(buyer.user, 3);
    await follow();
    const [item] = buyer.subscription.items.data;
    await nextSecond();
    await store.lent.stripe.subscriptionItems.update(item?.id ?? "", { quantity: 1 });
    await noteAnew(store.shop.billing, "subscription", buyer.subscription.id);
    await relay.run();
    expect(await follow()).toEqual([]);
    await wait("90 minutes");
    await follow();
    expect(await quantityOf(buyer)).toBe(3);
  });

  it("follows where only later it is known whose the subscription is, or of which product", async () => {
    const { stripe } = store.lent;
    const { id: product } = await stripe.products.create({ name: "Not here yet" });
    const { id: price } = await stripe.prices.create({
      product,
      currency: "usd",
      unit_amount: 1500,
      recurring: { interval: "month" },
    });
    for (const customer of [{}, { metadata: {}, email: "another@example.com" }]) {
      const buyer = await store.subscribe({ items: [{ price, quantity: 2 }] }, { customer });
      // Nothing of theirs runs that anybody knows of.
      await query("insert into billing.seats (payer, subscription_group, wanted, followed) values ($1, '', 3, 1)", [
        `user:${buyer.user.id}`,
      ]);
      await noteAnew(store.shop.billing, "subscription", buyer.subscription.id);
      await nextSecond();
      await stripe.customers.update(buyer.customer, { metadata: { user_id: buyer.user.id } });
      await noteAnew(store.shop.billing, "customer", buyer.customer);
      await relay.run();
      await follow();
      expect(await quantityOf(buyer)).toBe(3);
      await noteAnew(store.shop.billing, "product", product);
    }
  });
});

describe("a quantity while a cheaper plan is scheduled", () => {
  const downgraded = async (to = store.small.id) => {
    const buyer = await store.subscribe({ items: [{ price: store.big.id, quantity: 2 }] });
    await store.change({ user: buyer.user }, (await store.previewed(buyer.user, to)).wish);
    return buyer;
  };
  /** How many there are, and are to be. */
  const numbersOf = async ({ subscription: { id } }: Subscriber) => {
    const { schedule, items } = await store.lent.stripe.subscriptions.retrieve(id, { expand: ["schedule"] });
    const { phases } = schedule as Stripe.SubscriptionSchedule;
    return [items.data[0]?.quantity, ...phases.map((phase) => phase.items[0]?.quantity)];
  };

  it("follows at once, and so does what is scheduled", async () => {
    const buyer = await downgraded();
    for (const seats of [3, 1]) {
      // What was done before was done in an earlier second.
      await query("update subscription_schedules set as_of = as_of - interval '1 minute'");
      await use(buyer.user, seats);
      await wait("90 minutes");
      expect(await follow()).toMatchObject([{ changed: true }]);
      expect(await numbersOf(buyer)).toEqual([seats, seats, seats]);
      const [{ phases } = { phases: [] }] = await query<{ phases: { items: { quantity: number }[] }[] }>(
        "select phases from subscription_schedules where customer_id = $1",
        [buyer.customer],
      );
      expect(phases.map(({ items }) => items[0]?.quantity)).toEqual([seats, seats]);
    }
    expect((await store.charged(buyer.customer))[0]).toBeGreaterThan(2900);
  });

  it("is charged once, though the process died before it had told what is scheduled", async () => {
    const buyer = await downgraded();
    await use(buyer.user, 3);
    const behind = await standBefore(store.lent, ({ method, url }, response) => {
      if (method === "POST" && url?.startsWith("/v1/subscription_schedules")) response.destroy();
    });
    await follow({ ...store.shop.billing, stripe: behind.stripe });
    expect(await numbersOf(buyer)).toEqual([3, 3, 2]);
    const charged = await store.charged(buyer.customer);
    await wait("2 minutes");
    expect(await follow()).toMatchObject([{ changed: true }]);
    expect(await numbersOf(buyer)).toEqual([3, 3, 3]);
    expect(await store.charged(buyer.customer)).toEqual(charged);
  });

  it("follows now where it would be more than is sold of what is scheduled, and that is told", async () => {
    const few = await store.shop.sell("monthly", { amount: 1000, metadata: { max_quantity: "2" } });
    const buyer = await downgraded(few.id);
    await use(buyer.user, 3);
    expect(await follow()).toMatchObject([{ changed: true, problem: "quantity_not_allowed" }]);
    expect(await numbersOf(buyer)).toEqual([3, 3, 2]);
    expect(await relay.run()).toHaveLength(1);
    // It was charged, which counts, whatever was refused after that.
    await use(buyer.user, 4);
    await wait("89 minutes");
    expect(await follow()).toEqual([]);
    await wait("1 minute");
    expect(await follow()).toMatchObject([{ changed: true }]);
  });
});

describe("a quantity that cannot follow", () => {
  it("stays when the card is declined; it is told once, and tried again when a day has passed", async () => {
    const buyer = await subscribe(2);
    await noteAnew(store.shop.billing, "subscription", buyer.subscription.id);
    await nextSecond();
    await store.useCard(buyer.customer, "pm_card_chargeCustomerFail");
    await use(buyer.user, 3);
    expect(await follow()).toMatchObject([{ changed: false, problem: "card_declined" }]);
    expect(await store.held(buyer.subscription)).toMatchObject({ quantity: 2, status: "active", pending: false });
    const { data: open } = await store.lent.stripe.invoices.list({ customer: buyer.customer, status: "open" });
    expect(open).toEqual([]);
    expect(await relay.run()).toEqual([
      {
        subject: expect.stringContaining("seats"),
        lines: [expect.stringMatching(`user:${buyer.user.id}.*card_declined`)],
      },
    ]);

    await wait("23 hours");
    expect(await follow()).toEqual([]);
    await wait("1 hour");
    expect(await follow()).toMatchObject([{ problem: "card_declined" }]);
    expect(await relay.run()).toEqual([]);
    await store.useCard(buyer.customer, "pm_card_visa");
    await wait("1 day");
    await follow();
    expect([await quantityOf(buyer), await problemOf(buyer.user)]).toEqual([3, null]);
  });

  it("stays while something waits for the next invoice: a declined card would void that with it", async () => {
    const buyer = await subscribe(2);
    const { id: subscription } = buyer.subscription;
    const waiting = { customer: buyer.customer, pending: true };
    await store.lent.stripe.invoiceItems.create({
      customer: buyer.customer,
      subscription,
      amount: 10_000,
      currency: "usd",
    });
    await store.useCard(buyer.customer, "pm_card_chargeCustomerFail");
    await use(buyer.user, 3);
    expect(await follow()).toMatchObject([{ problem: "subscription_not_changeable" }]);
    expect((await store.lent.stripe.invoiceItems.list(waiting)).data).toMatchObject([{ amount: 10_000 }]);
  });

  it("waits for the bank's customer", async () => {
    const buyer = await subscribe(2);
    await store.useCard(buyer.customer, "pm_card_authenticationRequired");
    await use(buyer.user, 3);
    expect(await follow()).toMatchObject([{ problem: "payment_confirmation_required" }]);
    expect(await store.held(buyer.subscription)).toMatchObject({ quantity: 2, pending: true });
    await wait("1 day");
    expect(await follow()).toMatchObject([{ problem: "payment_confirmation_required" }]);
    expect(await changesOf(buyer)).toBe(1);
  });

  it("waits while its subscription is about to end, and follows when that is taken back", async () => {
    const buyer = await subscribe(2);
    await store.cancel(buyer.user);
    await use(buyer.user, 3);
    expect(await follow()).toMatchObject([{ problem: "subscription_ending" }]);
    expect(await relay.run()).toEqual([]);
    await nextSecond(); // of one second the mirror keeps what it heard first
    await store.resume(buyer.user);
    await relay.run();
    await follow();
    expect([await quantityOf(buyer), await problemOf(buyer.user)]).toEqual([3, null]);
  });

  it("waits for what somebody else has scheduled", async () => {
    const buyer = await subscribe(2);
    const { subscriptionSchedules: schedules } = store.lent.stripe;
    const { id, phases } = await schedules.create({ from_subscription: buyer.subscription.id });
    const items = [{ price: store.small.id, quantity: 2 }];
    const [{ start_date, end_date } = { start_date: 0, end_date: 0 }] = phases;
    await schedules.update(id, { phases: [{ items, start_date, end_date }, { items }] });
    await use(buyer.user, 3);
    expect(await follow()).toMatchObject([{ problem: "subscription_scheduled" }]);
    expect(await quantityOf(buyer)).toBe(2);
  });

  it("stays when it would be more than its price is sold with, and is told", async () => {
    const { id: price } = await store.shop.sell("monthly", { amount: 1500, metadata: { max_quantity: "4" } });
    const buyer = await store.subscribe({ items: [{ price, quantity: 2 }] });
    await use(buyer.user, 5);
    expect(await follow()).toMatchObject([{ problem: "quantity_not_allowed" }]);
    expect(await quantityOf(buyer)).toBe(2);
    expect(await relay.run()).toHaveLength(1);
    await use(buyer.user, 4);
    await follow();
    expect([await quantityOf(buyer), await problemOf(buyer.user)]).toEqual([4, null]);
  });

  it("waits for a trial that ends in this minute, and nobody is told", async () => {
    const start = Math.floor(Date.now() / 1000);
    const clock = await store.openClock(start);
    const items = [{ price: store.small.id, quantity: 2 }];
    const buyer = await store.subscribe({ items, trial_end: start + 86_400 }, { clock: clock.id });
    await clock.advance(start + 86_400 - 30);
    await use(buyer.user, 3);
    expect(await follow()).toMatchObject([{ changed: false, problem: "trial_ending", error: expect.any(Error) }]);
    expect([await quantityOf(buyer), await relay.run()]).toEqual([2, []]);
    await clock.advance(start + 86_400 + 7200);
    await wait("15 seconds");
    expect(await follow()).toMatchObject([{ changed: true }]);
    expect([await quantityOf(buyer), await problemOf(buyer.user)]).toEqual([3, null]);
  });

  it("is none when nothing runs, or it has ended", async () => {
    const buyer = await subscribe(2);
    await store.lent.stripe.subscriptions.cancel(buyer.subscription.id);
    await use(buyer.user, 3);
    expect(await follow()).toEqual([{ payer: `user:${buyer.user.id}`, changed: false }]);
    expect(await problemOf(buyer.user)).toBeNull();
  });
});

describe("another number than is in use", () => {
  it("is not sold, be it less or more; whoever names none buys as many", async () => {
    const user = await store.shop.newUser();
    await use(user, 5);
    const open = (fields: object) =>
      openCheckout(store.shop.billing, user, store.shop.purchase(store.small.id, fields));
    for (const fields of [{ quantity: 4 }, { quantity: 10 }, { adjustableQuantity: true }])
      await expect(open(fields)).rejects.toMatchObject(other);
    for (const fields of [{}, { quantity: 5 }]) {
      const url = await open(fields);
      const { data } = await store.lent.stripe.checkout.sessions.listLineItems(url.match(/cs_\w+/)?.[0] ?? "");
      expect(data).toMatchObject([{ quantity: 5, adjustable_quantity: null }]);
    }
  });

  it("is sold where the product keeps none, and of what stands in another group", async () => {
    const user = await store.shop.newUser();
    await use(user, 5, "team");
    const url = await openCheckout(
      store.shop.billing,
      user,
      store.shop.purchase(store.small.id, { quantity: 3, adjustableQuantity: true }),
    );
    expect(url).toContain("/c/pay/");
  });

  it("is what is sold at least, where fewer are in use", async () => {
    const { id } = await store.shop.sell("monthly", { metadata: { min_quantity: "5" } });
    const user = await store.shop.newUser();
    await use(user, 1);
    const open = (fields: object) => openCheckout(store.shop.billing, user, store.shop.purchase(id, fields));
    await expect(open({ quantity: 6 })).rejects.toMatchObject(other);
    expect(await open({})).toContain("/c/pay/");
  });

  it("is not changed to, by our routes or in the portal", async () => {
    const buyer = await subscribe(6);
    await use(buyer.user, 5);
    for (const [priceId, quantity] of [
      [store.small.id, 4],
      [store.big.id, 4],
      [store.big.id, 7],
    ] as const) {
      await expect(store.preview(buyer.user, { priceId, quantity })).rejects.toMatchObject(other);
      const flow = { type: "subscription_update_confirm" as const, priceId, quantity };
      await expect(openPortal(store.shop.billing, buyer.user, { returnUrl: SITE, flow })).rejects.toMatchObject(other);
    }
    const { wish } = await store.previewed(buyer.user, store.small.id, 5);
    await use(buyer.user, 5);
    await expect(store.change({ user: buyer.user }, { ...wish, quantity: 4 })).rejects.toMatchObject(other);
    await store.change({ user: buyer.user }, wish);
  });
});

describe("what the product says", () => {
  it("is said by the trigger of the guide, and undone with what it is about", async () => {
    await query("create table public.members (organization_id uuid, user_id uuid)");
    for (const statement of exampleOf("docs/quantities.md")) await query(statement);
    const organization = "0a000000-0000-4000-8000-000000000001";
    const said = () => query("select payer, wanted from billing.seats");
    const join = "insert into public.members values ($1, gen_random_uuid())";
    for (let seats = 1; seats <= 3; seats++) await query(join, [organization]);
    expect(await said()).toEqual([{ payer: `organization:${organization}`, wanted: 3 }]);
    await query("delete from public.members where user_id = (select user_id from public.members limit 1)");
    await expect(
      query(`do $$ begin insert into public.members values ('${organization}', null); raise 'no'; end $$`),
    ).rejects.toThrow();
    expect(await said()).toMatchObject([{ wanted: 2 }]);
  });

  it("may be said by the service role, through the API", async () => {
    const { error } = await store.supabase.client.rpc("set_seats", { kind: "user", id: "x", seats: 2 });
    expect(error).toBeNull();
    expect(await query("select payer, subscription_group, wanted from billing.seats")).toEqual([
      { payer: "user:x", subscription_group: "", wanted: 2 },
    ]);
  });

  it.each([
    ["team", "x", 1],
    ["user", null, 1],
    ["user", "x", -1],
    ["user", "x", 1_000_000],
    ["user", "x", null],
  ])("is refused where it means nothing: %s %s %s", async (kind, id, seats) => {
    await expect(query("select billing.set_seats($1, $2, $3)", [kind, id, seats])).rejects.toThrow();
  });
});
