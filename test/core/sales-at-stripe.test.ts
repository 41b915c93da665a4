import { openCheckout } from "@turnpike/core/checkout";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { forwardClock } from "../parts/clock.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { SITE } from "../parts/lambda.ts";
import { type Obstacle, standBefore } from "../parts/proxy.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let plan: { id: string; product: string };
let once: string;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  plan = await shop.sell("monthly");
  once = (await shop.sell("once")).id;
});

type User = Awaited<ReturnType<Shop["newUser"]>>;
let user: User;
beforeEach(async () => {
  user = await shop.newUser();
});

const sell = (buyer: User | undefined, priceId: string, billing: object = {}) =>
  openCheckout({ ...shop.billing, ...billing }, buyer, shop.purchase(priceId));
const open = (priceId: string, billing: object = {}) => sell(user, priceId, billing);
const statusOf = async (id: string) => (await lent.stripe.checkout.sessions.retrieve(id)).status;
const lastParams = async () => (await lent.asked("POST /v1/checkout/sessions")).at(-1)?.params;
const OPENING = "POST /v1/checkout/sessions";

/** A customer of the user's own, or one whose purchases name them, whom the mirror shows. */
async function addCustomer(column: "user_id" | "named_user_id" = "user_id") {
  const { id } = await lent.stripe.customers.create({
    email: "another@example.com",
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  await supabase.query(`insert into customers (id, ${column}) values ($1, $2)`, [id, user.id]);
  return id;
}

/** A page that another system opened for a customer. */
const openElsewhere = async (customer: string, price: string, mode: "payment" | "subscription") =>
  (
    await lent.stripe.checkout.sessions.create({
      mode,
      customer,
      line_items: [{ price, quantity: 1 }],
      success_url: SITE,
    })
  ).id;

async function subscribe(customer: string, { trial, ended }: { trial: boolean; ended: boolean }) {
  const { id } = await lent.stripe.subscriptions.create({
    customer,
    items: [{ price: plan.id }],
    ...(trial && { trial_period_days: 7 }),
  });
  if (ended) await lent.stripe.subscriptions.cancel(id);
}

/** Answers what has this method and path. */
function answering(call: string, status: number, body: object): Obstacle {
  return ({ method, url }, response) => {
    if (!`${method} ${url}`.startsWith(call)) return;
    response.writeHead(status, { "content-type": "application/json", "stripe-should-retry": "false" });
    response.end(JSON.stringify(body));
  };
}

describe("a page that Stripe refuses to open", () => {
  const NOT_FOR_SALE = { code: "price_not_for_sale" };
  const TAX = {
    code: "tax_not_set_up",
    message: "Nothing can be bought at the moment. Please try again later.",
    reason: expect.stringContaining("Stripe Tax is not set up"),
  };
  const CURRENCY = {
    code: "currency_mismatch",
    message:
      "You pay in another currency already, and in one at a time. Leave the currency out, or choose a price in yours.",
  };
  async function refused(error: object, status = 400) {
    const { stripe, requests } = await standBefore(lent, answering(OPENING, status, { error }));
    const refusal = await sell(undefined, plan.id, { stripe }).catch((error) => error);
    expect(requests).toEqual([OPENING]); // it is not asked again
    return refusal;
  }

  it.each([
    [{ param: "line_items[0][price]" }, NOT_FOR_SALE],
    [{ param: "line_items[12][price]" }, NOT_FOR_SALE],
    [{ param: "automatic_tax[enabled]" }, TAX],
    [{ message: "You must have a valid head office address to enable automatic tax calculation." }, TAX],
    [{ message: "Stripe Tax is not active on this account." }, TAX],
    [{ message: "You cannot combine currencies on a single customer." }, CURRENCY],
    [{ message: "The currency does not match the customer currency." }, CURRENCY],
  ])("for %j has a code and words of its own", async (error, expected) => {
    const refusal = await refused({ type: "invalid_request_error", message: "No", ...error });
    expect(refusal).toMatchObject({ name: "BillingError", ...expected });
  });

  it.each([
    [400, { type: "invalid_request_error" }],
    [400, { type: "invalid_request_error", param: "more_line_items[0][price]" }],
    [400, { type: "invalid_request_error", param: "line_items[0][price][id]" }],
    [400, { type: "invalid_request_error", param: "line_items[][price]" }],
    [400, { type: "invalid_request_error", param: "line_items[x][price]" }],
    [400, { type: "invalid_request_error", param: "no_automatic_tax" }],
    [402, { type: "card_error", param: "line_items[0][price]" }],
    [500, { type: "api_error", param: "automatic_tax[enabled]" }],
  ])("with %i for anything else is an error of ours: %j", async (status, error) => {
    const refusal = await refused({ message: "No", ...error }, status);
    expect(refusal).toBeInstanceOf(Error);
    expect(refusal.name).not.toBe("BillingError");
  });

  it("as its customer is deleted at this moment may be asked for again: another is made", async () => {
    await open(plan.id);
    const customers = async () => (await lent.stripe.customers.list({ email: user.email })).data;
    const { stripe } = await standBefore(lent, async ({ method, url }) => {
      if (`${method} ${url}` === OPENING) for (const { id } of await customers()) await lent.stripe.customers.del(id);
    });
    await expect(open(once, { stripe })).rejects.toMatchObject({ code: "sale_in_progress" });
    expect(await open(once)).toContain("/c/pay/");
  });

  it("by hanging up is asked for twice, and no longer than a lease lasts", async () => {
    const { stripe, requests } = await standBefore(
      lent,
      ({ method, url }, response) => `${method} ${url}` === OPENING && response.destroy(),
    );
    await expect(sell(undefined, plan.id, { stripe })).rejects.toThrow();
    expect(requests).toEqual([OPENING, OPENING]);
  }, 30_000);
});

describe("pages that stand in the way", () => {
  it("are closed however many they are, and at whichever customer of the payer's", async () => {
    const [first, second] = [await addCustomer(), await addCustomer()];
    const pages = await Promise.all(
      Array.from({ length: 103 }, (_, n) => openElsewhere(n === 0 ? second : first, plan.id, "subscription")),
    );
    const { stripe, requests } = await standBefore(lent, () => {});
    expect(await open(plan.id, { stripe })).toContain("/c/pay/");
    expect(new Set(await Promise.all(pages.map(statusOf)))).toEqual(new Set(["expired"]));
    const lists = requests.filter((each) => each.startsWith("GET /v1/checkout/sessions?"));
    expect(lists.every((each) => each.includes("limit=100"))).toBe(true);
    expect(lists).toHaveLength(5); // three of pages that were open, two of customers who had none any more
  }, 60_000);

  it("are those too that sell something else beside", async () => {
    const addOn = await shop.sell("monthly", { group: "add-on" });
    const both = await lent.stripe.checkout.sessions.create({
      mode: "subscription",
      customer: await addCustomer(),
      line_items: [addOn, plan].map(({ id: price }) => ({ price, quantity: 1 })),
      success_url: SITE,
    });
    expect(await open(plan.id)).toContain("/c/pay/");
    expect(await statusOf(both.id)).toBe("expired");
  });

  it("of another system for one thing are none, nor is one for something else", async () => {
    const customer = await addCustomer();
    const foreign = await openElsewhere(customer, once, "payment");
    const [same, other] = [await open(once), await open((await shop.sell("once")).id)];
    expect(await open(once)).toBe(same);
    expect(await statusOf(foreign)).toBe("open");
    expect(await statusOf(other.match(/cs_\w+/)?.[0] ?? "")).toBe("open");
  });

  it("and can be closed no more are an error of Stripe's, or a purchase that is being made", async () => {
    const page = await openElsewhere(await addCustomer(), plan.id, "subscription");
    const asked = await lent.asked(OPENING);
    const attempt = async (status: number, type: string) => {
      const error = { type, message: "No" };
      const { stripe, requests } = await standBefore(
        lent,
        answering(`POST /v1/checkout/sessions/${page}/expire`, status, { error }),
      );
      const refusal = await open(plan.id, { stripe }).catch((error) => error);
      return { refusal, requests: requests.filter((each) => each.includes(page)) };
    };
    expect(await attempt(400, "invalid_request_error")).toMatchObject({
      refusal: {
        code: "sale_in_progress",
        message: "Another purchase is in progress. Please try again in a moment.",
      },
      requests: [`POST /v1/checkout/sessions/${page}/expire`, `GET /v1/checkout/sessions/${page}`],
    });
    expect(await attempt(500, "api_error")).toMatchObject({
      refusal: { type: "StripeAPIError" },
      requests: [`POST /v1/checkout/sessions/${page}/expire`],
    });
    expect(await lent.asked(OPENING)).toHaveLength(asked.length);
  });

  it("stay open for a sale that took too long to find them: another may have begun", async () => {
    const page = await openElsewhere(await addCustomer(), plan.id, "subscription");
    const { stripe } = await standBefore(lent, ({ url }) => url?.startsWith("/v1/customers?") && forwardClock(10_500));
    await expect(open(plan.id, { stripe })).rejects.toMatchObject({ code: "sale_in_progress" });
    expect(await statusOf(page)).toBe("open");
  });
});

describe("what was bought before", () => {
  it("by another for the user, beside what has ended, runs for them already", async () => {
    const given = await addCustomer("named_user_id");
    await subscribe(given, { trial: true, ended: true });
    await subscribe(given, { trial: true, ended: false });
    await expect(open(plan.id)).rejects.toMatchObject({
      code: "paid_by_another",
      message: expect.stringContaining("ask support to end it: then you can buy your own"),
    });
    expect((await lent.stripe.customers.list({ email: user.email })).data).toEqual([]); // nobody is made for nothing
  });

  it("by another for the user, and has ended, keeps nobody from buying", async () => {
    await subscribe(await addCustomer("named_user_id"), { trial: true, ended: true });
    expect(await open(plan.id)).toContain("/c/pay/");
  });

  it("without a trial leaves the trial to be had", async () => {
    const [customer, { id }] = [await addCustomer(), await shop.sell("monthly", { trialDays: 14 })];
    await subscribe(customer, { trial: false, ended: true });
    await open(id);
    expect(await lastParams()).toMatchObject({ "subscription_data[trial_period_days]": "14" });
  });

  it("once with a trial and once without leaves no trial to be had", async () => {
    const [customer, { id }] = [await addCustomer(), await shop.sell("monthly", { trialDays: 14 })];
    await subscribe(customer, { trial: true, ended: true });
    await subscribe(customer, { trial: false, ended: true });
    expect(await open(id)).toContain("/c/pay/");
    expect(await lastParams()).not.toHaveProperty("subscription_data[trial_period_days]");
  });
});
