import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { call, captureLog, type Handler, SITE, setEnvironment } from "../parts/lambda.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let stripe: LentStripe;
let shop: Shop;
let createCheckout: Handler;
let createPortal: Handler;
let createCheckoutSession: Handler;
let plan: string;
beforeAll(async () => {
  [supabase, stripe] = await Promise.all([lendSupabase(), lendStripe()]);
  setEnvironment({ supabase, stripe });
  shop = createShop(supabase, stripe);
  createCheckout = (await import("@turnpike/functions/create-checkout")).handler;
  createCheckoutSession = (await import("@turnpike/functions/create-checkout-session")).handler;
  createPortal = (await import("@turnpike/functions/create-portal")).handler;
  plan = (await shop.sell("monthly")).id;
});

type User = Awaited<ReturnType<Shop["newUser"]>>;
const post = (handler: Handler, path: string, { accessToken }: User, body: object) => {
  const headers = { "content-type": "application/json", authorization: `Bearer ${accessToken}` };
  return call(handler, { path, headers, body: JSON.stringify(body) });
};
const buy = (user: User) =>
  post(createCheckout, "/api/stripe/create-checkout", user, { ...shop.purchase(plan), mode: "subscription" });
const manage = (user: User) => post(createPortal, "/api/stripe/create-portal", user, { returnUrl: SITE });

it("text that Postgres cannot hold is refused on every route, before it could be paid for", async () => {
  const user = await shop.newUser();
  const json = (fields: object) =>
    post(createCheckout, "/api/stripe/create-checkout", user, {
      ...shop.purchase(plan),
      mode: "subscription",
      ...fields,
    });
  const form = (fields: string) =>
    call(createCheckoutSession, {
      path: "/api/checkout_sessions",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        authorization: `Bearer ${user.accessToken}`,
      },
      body: `price_id=${plan}&${fields}`,
    });
  const answers = await Promise.all([
    json({ metadata: { referral: "a\u0000b" } }),
    json({ metadata: { referral: "a\ud800b" } }),
    json({ metadata: { "a\u0000b": "x" } }),
    json({ organizationId: "\ude80" }),
    form("organization_id=a%00b"),
    form("metadata[referral]=a%00b"),
    post(createPortal, "/api/stripe/create-portal", user, { returnUrl: SITE, organizationId: "\u0000" }),
  ]);
  const fields = [
    "metadata",
    "metadata",
    "metadata",
    "organizationId",
    "organization_id",
    "metadata",
    "organizationId",
  ];
  const refusals = fields.map((field) => ({
    statusCode: 400,
    json: { code: "invalid_request", error: `${field} holds a NUL, or half of a character: send it without` },
  }));
  expect(answers).toMatchObject(refusals);
  for (const fields of [{ subscriptionId: "" }, { subscriptionId: "", flow: { type: "subscription_cancel" } }]) {
    const answer = await post(createPortal, "/api/stripe/create-portal", user, { returnUrl: SITE, ...fields });
    expect(answer).toMatchObject({ json: { error: "Subscription ID must be that of a subscription" } });
  }
});

it("a purchase beside another that takes long is refused with the time after which to try again", async () => {
  const user = await shop.newUser();
  await supabase.client.rpc("begin_sale", { payer: `user:${user.id}`, token: randomUUID() });
  expect(await buy(user)).toMatchObject({
    statusCode: 409,
    headers: { "retry-after": "5" },
    json: { code: "sale_in_progress" },
  });
}, 30_000);

describe("what the operator has not set up at Stripe", () => {
  it.each([
    ["tax", buy],
    ["portal", manage],
  ] as const)("(%s) is a refusal with a code of its own, and the log says what to do", async (missing, act) => {
    const user = await shop.newUser();
    await buy(user);
    await stripe.setDashboard({ [missing]: false });
    const log = captureLog();
    const other = missing === "tax" ? await shop.newUser() : user;
    const answer = await act(other);
    await stripe.setDashboard({ [missing]: true });
    const code = `${missing}_not_set_up`;
    expect(answer).toMatchObject({ statusCode: 503, json: { code } });
    const reason = expect.stringContaining("https://dashboard.stripe.com/settings/");
    expect(log.said("request")).toMatchObject([{ level: "error", status: 503, refused: code, reason }]);
  });
});

it("a flow that Stripe's portal does not do is a 409 with a code of its own, and what is no flow a 400", async () => {
  const user = await shop.newUser();
  const bought = (await buy(user)).json as { url: string };
  await shop.pay(bought.url);
  const at = (flow: object) => post(createPortal, "/api/stripe/create-portal", user, { returnUrl: SITE, flow });
  const log = captureLog();
  expect(await at({ type: "subscription_update" })).toMatchObject({
    statusCode: 409,
    json: { code: "portal_feature_off", error: "This cannot be done here by yourself. Ask support." },
  });
  const reason = expect.stringContaining("npx billing setup");
  expect(log.said("request")).toMatchObject([{ status: 409, refused: "portal_feature_off", reason }]);
  expect(await at({ type: "subscription_cancel" })).toMatchObject({
    statusCode: 200,
    json: { url: expect.stringContaining("/p/session/") },
  });
  expect(await at({ type: "subscription_pause" })).toMatchObject({
    statusCode: 400,
    json: { code: "invalid_request" },
  });
});

const BOUNDARY = "----TurnpikeFormBoundary0123456789";

describe("as the stacks say that Checkout is to be opened", () => {
  beforeAll(() => {
    process.env.CHECKOUT_OPTIONS = JSON.stringify({ locale: "de", metadata: ["referral"] });
  });
  afterAll(() => {
    delete process.env.CHECKOUT_OPTIONS;
  });

  const asked = async () => (await stripe.asked("POST /v1/checkout/sessions")).at(-1)?.params;
  const submit = ({ accessToken }: User, fields: Record<string, string>, multipart = false) => {
    const form = new URLSearchParams({ price_id: plan, ...fields });
    const parts = [...form].map(
      ([name, value]) => `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    return call(createCheckoutSession, {
      path: "/api/checkout_sessions",
      headers: {
        "content-type": multipart ? `multipart/form-data; boundary=${BOUNDARY}` : "application/x-www-form-urlencoded",
        authorization: `Bearer ${accessToken}`,
      },
      body: multipart ? `${parts.join("")}--${BOUNDARY}--\r\n` : form.toString(),
    });
  };

  it("a program's page is opened, with what the sale brings along", async () => {
    const user = await shop.newUser();
    const body = { ...shop.purchase(plan), mode: "subscription", metadata: { referral: "ada" } };
    expect((await post(createCheckout, "/api/stripe/create-checkout", user, body)).statusCode).toBe(200);
    expect(await asked()).toMatchObject({ locale: "de", "subscription_data[metadata][referral]": "ada" });
  });

  it.each([false, true])("a form's page is opened, too, by a field of its name (multipart: %s)", async (multipart) => {
    const answer = await submit(await shop.newUser(), { "metadata[referral]": "grace" }, multipart);
    expect(answer).toMatchObject({ statusCode: 303 });
    expect(await asked()).toMatchObject({ locale: "de", "metadata[referral]": "grace" });
  });

  it.each([
    ["x".repeat(501), "A sale's metadata are texts of 500 characters at the most"],
    ["", "A sale's metadata are texts of 500 characters at the most"],
  ])("what Stripe would refuse is a 400", async (referral, error) => {
    expect(await submit(await shop.newUser(), { "metadata[referral]": referral })).toMatchObject({
      statusCode: 400,
      json: { error, code: "invalid_request" },
    });
  });
});
