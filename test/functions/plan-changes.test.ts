import { randomUUID } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { call, captureLog, type Handler, setEnvironment } from "../parts/lambda.ts";
import { openPlanShop, type PlanShop } from "../parts/plans.ts";

let store: PlanShop;
let log: ReturnType<typeof captureLog>;
beforeEach(() => {
  log = captureLog();
});
let routes: Record<"preview-change" | "change" | "cancel" | "resume", Handler>;
beforeAll(async () => {
  store = await openPlanShop();
  setEnvironment({ supabase: store.supabase, stripe: store.lent });
  const [preview, change, cancel, resume] = await Promise.all([
    import("@turnpike/functions/preview-change"),
    import("@turnpike/functions/change-plan"),
    import("@turnpike/functions/cancel-subscription"),
    import("@turnpike/functions/resume-subscription"),
  ]);
  routes = {
    "preview-change": preview.handler,
    change: change.handler,
    cancel: cancel.handler,
    resume: resume.handler,
  };
});

type Subscriber = Awaited<ReturnType<PlanShop["subscribe"]>>;
const post = async (route: keyof typeof routes, { user }: Subscriber, body: unknown, headers: object = {}) => {
  const sent = { "content-type": "application/json", authorization: `Bearer ${user.accessToken}`, ...headers };
  const answer = await call(routes[route], {
    path: `/api/subscriptions/${route}`,
    headers: sent,
    body: JSON.stringify(body),
  });
  return { http: answer.statusCode, ...(answer.json as { token?: string; confirmUrl?: string }) };
};
const subscribe = () => store.subscribe({ items: [{ price: store.small.id }] });
const previewed = async (buyer: Subscriber) => {
  const { token } = await post("preview-change", buyer, { priceId: store.big.id });
  return { priceId: store.big.id, token };
};

it("a change is previewed, made, cancelled and resumed, each by a route of its own", async () => {
  const buyer = await subscribe();
  const wish = await previewed(buyer);
  const key = { "idempotency-key": randomUUID() };
  for (let time = 0; time < 2; time++) {
    expect(await post("change", buyer, wish, key)).toMatchObject({ http: 200, items: [{ priceId: store.big.id }] });
  }
  expect(await post("cancel", buyer, {})).toMatchObject({ http: 200, endsAt: expect.any(String) });
  expect(await post("resume", buyer, {})).toMatchObject({ http: 200, endsAt: null });
});

describe("a refusal has a status and a code of its own, and says how to go on", () => {
  it("409, with a fresh preview, for what costs something else by now", async () => {
    const buyer = await subscribe();
    const wish = await previewed(buyer);
    await store.lent.stripe.customers.update(buyer.customer, { balance: -700 });
    expect(await post("change", buyer, wish)).toMatchObject({
      http: 409,
      code: "changed_meanwhile",
      preview: { token: expect.any(String), effective: "now" },
    });
  });

  it("402 for a card that is declined; and, with the page where to answer, for a bank that asks: the log has no address", async () => {
    const buyer = await subscribe();
    await store.useCard(buyer.customer, "pm_card_chargeCustomerFail");
    expect(await post("change", buyer, await previewed(buyer))).toMatchObject({ http: 402, code: "card_declined" });
    await store.useCard(buyer.customer, "pm_card_authenticationRequired");
    const wish = await previewed(buyer);
    const asked = await post("change", buyer, wish);
    expect(asked).toMatchObject({ http: 402, code: "payment_confirmation_required" });
    expect(asked.confirmUrl).toContain("/p/invoices/");
    expect(JSON.stringify(log.lines)).not.toContain("/p/invoices/");
  });

  it("409 for the plan that one has, and 404 where there is none", async () => {
    const buyer = await subscribe();
    expect(await post("preview-change", buyer, { priceId: store.small.id })).toMatchObject({
      http: 409,
      code: "plan_unchanged",
    });
    expect(await post("cancel", buyer, { subscriptionId: "sub_unknown" })).toMatchObject({ http: 404 });
  });
});

it.each([
  ["preview-change", {}, "Price ID is required"],
  ["preview-change", { priceId: "price_1", quantity: 0 }, "Quantity must be a whole number from 1 to 999999"],
  ["preview-change", { priceId: "price_1", quantity: 1.5 }, "Quantity must be a whole number from 1 to 999999"],
  ["change", { priceId: "price_1" }, "The preview's token is required"],
  ["change", { priceId: "price_1", token: "tomorrow" }, "The preview's token is required"],
  ["cancel", { subscriptionId: 7 }, "Subscription ID must be that of a subscription"],
  ["cancel", { subscriptionId: "" }, "Subscription ID must be that of a subscription"],
  ["resume", { subscriptionId: " " }, "Subscription ID must be that of a subscription"],
  ["preview-change", { priceId: "price_1", subscriptionId: "" }, "Subscription ID must be that of a subscription"],
  ["cancel", { organizationId: "a\u0000b" }, "organizationId holds a NUL, or half of a character: send it without"],
  ["resume", { organizationId: "\ud83d" }, "organizationId holds a NUL, or half of a character: send it without"],
  ["resume", { organizationId: "" }, "Organization ID is empty"],
  ["cancel", "sub_1", "The body has to be a JSON object"],
  ["cancel", [{ subscriptionId: "sub_1" }], "The body has to be a JSON object"],
  ["cancel", null, "The body has to be a JSON object"],
] as const)("%s refuses %j", async (route, body, error) => {
  expect(await post(route, await subscribe(), body)).toMatchObject({ http: 400, code: "invalid_request", error });
});

it("an Idempotency-Key that Stripe would not take is refused before anything is done", async () => {
  const buyer = await subscribe();
  for (const key of ["a b", "x".repeat(256), "schl\u00fcssel"]) {
    expect(await post("cancel", buyer, {}, { "idempotency-key": key })).toMatchObject({ http: 400 });
  }
  const { cancel_at_period_end: ends } = await store.lent.stripe.subscriptions.retrieve(buyer.subscription.id);
  expect(ends).toBe(false);
});
