import { applyEvents } from "@turnpike/core/mirror";
import { giveUpNotices } from "@turnpike/core/notices";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { event, id, product } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { standBefore } from "../parts/proxy.ts";
import { createRelay } from "../parts/relay.ts";
import { createShop, LONG_AGO, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let relay: ReturnType<typeof createRelay>;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  relay = createRelay(supabase, lent, shop);
});

const notice = async (kind: string, object_id = id("obj")) => {
  await supabase.query("insert into billing.outbox (source_id, kind, object_id) values ($1, $2, $3)", [
    id("src"),
    kind,
    object_id,
  ]);
  return object_id;
};
const take = async (most = 100) =>
  (await supabase.client.rpc("take_notices", { most })).data?.map(({ object_id }) => object_id) ?? [];
const lines = (mails: { lines: string[] }[]) => mails.flatMap((mail) => mail.lines).join("\n");

describe("a notice", () => {
  it("is taken by one relay at a time, and again when that one died", async () => {
    const waiting = await notice("dispute_opened");
    expect(await take()).toEqual([waiting]);
    expect(await take()).toEqual([]);
    await relay.wait("100 seconds");
    expect(await take()).toEqual([]);
    await relay.wait("20 seconds");
    expect(await take()).toEqual([waiting]);
  });

  it("that is handled is done for good", async () => {
    await notice("dispute_opened");
    expect(await relay.run()).toHaveLength(1);
    await relay.wait("30 days");
    expect(await relay.run()).toEqual([]);
  });

  it("that fails comes again after longer and longer pauses, for a day, and then waits for a person", async () => {
    await notice("dispute_opened");
    const refuse = { tell: () => Promise.reject(Object.assign(new Error("secret"), { code: "no_mail" })) };
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= 30; attempt++) {
      await relay.run(refuse);
      const [row] = await supabase.query<{ seconds: number; last_error: string }>(
        "select round(extract(epoch from next_attempt_at - now()))::int as seconds, last_error from billing.outbox",
      );
      expect(row?.last_error).toBe("no_mail");
      pauses.push(row?.seconds ?? 0);
      expect(await giveUpNotices(supabase.client)).toBe(0);
      await supabase.query("update billing.outbox set next_attempt_at = now()");
    }
    const hours = pauses.reduce((sum, seconds) => sum + seconds, 0) / 3600;
    expect(pauses[0]).toBeLessThanOrEqual(15);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(3600);
    expect(hours).toBeGreaterThan(20);
    expect(hours).toBeLessThan(28);
    expect(await relay.run(refuse)).toEqual([]);
    expect(await giveUpNotices(supabase.client)).toBe(1);
    await relay.wait("30 days");
    expect(await take()).toEqual([]);
    expect(await giveUpNotices(supabase.client)).toBe(1);
    await supabase.query("update billing.outbox set next_attempt_at = now(), attempts = 0");
    expect(await relay.run()).toHaveLength(1);
    expect(await giveUpNotices(supabase.client)).toBe(0);
  });

  it("that cannot be handled does not hold up those behind it, however many", async () => {
    for (let poison = 0; poison < 30; poison++) await notice("email_changed", "no uuid at all");
    const good = await notice("dispute_opened");
    expect(lines(await relay.run())).toContain(good);
    const after = await relay.notices();
    expect(after.filter(({ done }) => !done)).toHaveLength(30);
    expect(after.filter(({ last_error }) => last_error === "22P02")).toHaveLength(30);
  }, 60_000);

  it("that hangs is left for later after twenty seconds, and so is what was not begun by then; those beside it are done", async () => {
    const hangs = await notice("terms_changed", "sub_hangs");
    const others = Array.from({ length: 30 }, (_, n) => `('s${n}', 'dispute_opened', 'du_${n}')`).join();
    await supabase.query(`insert into billing.outbox (source_id, kind, object_id) values ${others}`);
    const asked = Promise.withResolvers<void>();
    const { stripe } = await standBefore(lent, async () => {
      asked.resolve();
      await new Promise(() => {});
    });
    const now = performance.now.bind(performance);
    let late = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now() + late);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.restoreAllMocks());
    onTestFinished(() => void vi.useRealTimers());
    const run = relay.run({ stripe });
    await asked.promise;
    vi.advanceTimersByTime(19_000);
    late = 20_001;
    vi.advanceTimersByTime(1_001);
    vi.useRealTimers();
    const [mail] = await run;
    expect(mail?.lines).toHaveLength(24);
    const notices = await supabase.query<{ object_id: string; last_error: string | null; done: boolean }>(
      "select object_id, attempts, last_error from billing.outbox where sent_at is null order by id",
    );
    expect(notices).toMatchObject([
      { object_id: hangs, attempts: 1, last_error: "OwnError" },
      ...Array.from({ length: 6 }, () => ({ attempts: 0, last_error: null })),
    ]);
  });

  it("of a kind that nobody has words for is told", async () => {
    const odd = await notice("planted_by_the_product");
    const [mail] = await relay.run();
    expect(mail).toEqual({ subject: "Notice: planted_by_the_product", lines: [odd] });
  });

  it("for a customer is no mail to the operator", async () => {
    for (const kind of ["payment_failed", "payment_action_required", "trial_will_end"]) await notice(kind);
    expect(await relay.run()).toEqual([]);
    expect((await relay.notices()).every(({ done }) => done)).toBe(true);
  });
});

describe("the operator", () => {
  it.each(["dispute_opened", "dispute_closed", "early_fraud_warning", "invoice_finalization_failed", "refund_failed"])(
    "is told of %s",
    async (kind) => {
      const object = await notice(kind);
      const [mail] = await relay.run();
      expect(mail?.subject).not.toContain("Notice:");
      expect(mail?.lines.join()).toContain(object);
    },
  );

  it("gets one mail for many notices of a kind, and knows how many there are", async () => {
    const many = Array.from({ length: 60 }, (_, n) => `('s${n}', 'dispute_opened', 'du_${n}')`).join();
    await supabase.query(`insert into billing.outbox (source_id, kind, object_id) values ${many}`);
    const [mail, ...others] = await relay.run();
    expect(others).toEqual([]);
    expect(mail?.lines).toHaveLength(51);
    expect(mail?.lines.at(-1)).toContain("10 more");
  }, 60_000);
});

describe("a purchase that belongs to nobody", () => {
  it("is told after five minutes, once, whether it is a subscription or was paid at once", async () => {
    const monthly = await shop.sell("monthly");
    const once = await shop.sell("once");
    const subscription = await relay.subscribe(await relay.newCustomer(), monthly.id);
    const session = await lent.stripe.checkout.sessions.create({
      mode: "payment",
      line_items: [{ price: once.id, quantity: 1 }],
      success_url: "https://app.example.com",
    });
    await shop.pay(`${session.url}`);
    const paid = await lent.stripe.checkout.sessions.retrieve(session.id);
    await shop.apply(event("checkout.session.completed", paid, LONG_AGO));
    expect(await relay.run()).toEqual([]);
    await relay.wait("5 minutes");
    const [mail] = await relay.run();
    expect(mail?.lines.map((line) => line.split(" ")[0]).sort()).toEqual([session.id, subscription].sort());
    await relay.wait("30 days");
    await shop.apply(
      event("customer.subscription.updated", await lent.stripe.subscriptions.retrieve(subscription), LONG_AGO),
    );
    expect(await relay.run()).toEqual([]);
  });

  it("is not told of when it is somebody's by then, or has ended", async () => {
    const { id: price } = await shop.sell("monthly");
    const [found, ended] = [await relay.newCustomer(), await relay.newCustomer()];
    await relay.subscribe(found, price);
    const over = await relay.subscribe(ended, price);
    const user = await shop.newUser();
    await supabase.query("update customers set user_id = $1 where id = $2", [user.id, found]);
    const canceled = await lent.stripe.subscriptions.cancel(over);
    await shop.apply(event("customer.subscription.deleted", canceled, Math.floor(Date.now() / 1000) + 5));
    await relay.wait("5 minutes");
    expect(await relay.run()).toEqual([]);
  });

  it("is none when it comes with its user", async () => {
    const { id: price } = await shop.sell("monthly");
    await relay.subscribe(await relay.newCustomer(await shop.newUser()), price);
    expect(await relay.notices()).toEqual([]);
  });
});

it("a batch says that something waits, and says so only then", async () => {
  const apply = async (...events: Parameters<typeof applyEvents>[1]) =>
    (await applyEvents(shop.billing, events)).noticed;
  const created = () => event("product.created", product(), LONG_AGO);
  expect(await apply(created())).toBe(false);
  const dispute = {
    id: id("du"),
    charge: id("ch"),
    payment_intent: null,
    status: "needs_response",
    reason: null,
    currency: "usd",
    amount: 1,
    created: LONG_AGO,
  };
  expect(await apply(created(), event("charge.dispute.created", dispute, LONG_AGO))).toBe(true);
  await relay.run();
  expect(await apply(created())).toBe(false);
});
