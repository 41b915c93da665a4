import { spawn } from "node:child_process";
import { objects } from "@turnpike/core/mirror";
import { findFreePort } from "@turnpike/local/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { event, id, product } from "./builders.ts";
import { expire } from "./security/tokens.ts";
import { type Person, startWorld, WAIT, type World } from "./world.ts";

// Two at once, as while a secret is rolled; Stripe (the emulator) signs with the first.
const SECRETS = ["whsec_new_secret", "whsec_old_secret"];

let world: World;
let ada: Person;
let proMonthly: string;
let credits: string;

beforeAll(async () => {
  world = await startWorld({ environment: { STRIPE_WEBHOOK_SECRET: SECRETS.join() } });
  ada = await world.signUp();
  proMonthly = (await world.priceOf("pro_monthly")).id;
  credits = (await world.priceOf("credits_1000")).id;
}, 120_000);
afterAll(() => world.close());

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const JSON_TYPE = { "content-type": "application/json" };
const bearer = (person: Person) => ({ authorization: `Bearer ${person.accessToken}` });
const session = (person: Person) => ({ cookie: person.cookie, origin: world.url });
const postJson = (path: string, body: unknown, headers: Record<string, string>) =>
  world.request("POST", path, { ...JSON_TYPE, ...headers }, typeof body === "string" ? body : JSON.stringify(body));
const postForm = (priceId: string | undefined, headers: Record<string, string>) =>
  world.request(
    "POST",
    "/api/checkout_sessions",
    { ...FORM, ...headers },
    priceId === undefined ? "" : new URLSearchParams({ price_id: priceId }).toString(),
  );

async function expectRefusal(response: Response, status: number, code: string, text?: string): Promise<void> {
  const body = (await response.json()) as object;
  expect({ status: response.status, ...body }).toEqual({
    status,
    code,
    error: text ?? expect.any(String),
    requestId: expect.any(String),
  });
}
const sessionsAtStripe = async () => (await world.stripe.checkout.sessions.list({ limit: 100 })).data.length;

describe("POST /api/checkout_sessions", () => {
  it("sends a signed-in user's form to Stripe's page, from a cookie or a Bearer token, urlencoded or multipart", async () => {
    for (const headers of [session(ada), bearer(ada)]) {
      const answer = await postForm(proMonthly, headers);
      expect(answer.status).toBe(303);
      expect(answer.headers.get("location")).toContain("/c/pay/cs_");
    }
    const form = new FormData();
    form.set("price_id", proMonthly);
    const answer = await world.request("POST", "/api/checkout_sessions", bearer(ada), form);
    expect(answer.status).toBe(303);
  });

  it("sets what the mirror and the customer need later", async () => {
    const grace = await world.signUp();
    const answer = await postForm(proMonthly, bearer(grace));
    const sessionId = answer.headers.get("location")?.match(/cs_\w+/)?.[0] ?? "";
    const opened = await world.stripe.checkout.sessions.retrieve(sessionId, { expand: ["line_items"] });
    const metadata = { user_id: grace.id, user_email: grace.email };
    expect(opened).toMatchObject({
      mode: "subscription",
      client_reference_id: grace.id,
      metadata,
      automatic_tax: { enabled: true },
      allow_promotion_codes: true,
      success_url: `${world.url}/success?session_id={CHECKOUT_SESSION_ID}`,
      cancel_url: `${world.url}/pricing?canceled=true`,
    });
    expect(opened.line_items?.data[0]?.price?.id).toBe(proMonthly);
    const customer = await world.stripe.customers.retrieve(String(opened.customer));
    expect(customer).toMatchObject({ email: grace.email, metadata: { user_id: grace.id } });
    const mapped = await world.admin.from("customers").select("id").eq("user_id", grace.id).single();
    expect(mapped.data?.id).toBe(opened.customer);

    await world.pay(opened.url ?? "");
    const bought = await world.stripe.checkout.sessions.retrieve(sessionId, { expand: ["subscription"] });
    expect(bought.subscription).toMatchObject({ metadata });
  });

  it.each(["", "undefined", "prod_123", "price_", "price_1 or 1=1"])("refuses the price id %j", async (priceId) => {
    await expectRefusal(await postForm(priceId, bearer(ada)), 400, "invalid_request", "Valid price ID is required");
  });

  it("refuses a form without a price id", async () => {
    await expectRefusal(await postForm(undefined, bearer(ada)), 400, "invalid_request", "Valid price ID is required");
  });

  it("refuses prices that are unknown or archived", async () => {
    await expectRefusal(await postForm("price_unknown", bearer(ada)), 400, "price_not_for_sale");
    const { product } = await world.stripe.prices.retrieve(credits);
    const archived = await world.stripe.prices.create({ product: String(product), currency: "usd", unit_amount: 100 });
    await world.stripe.prices.update(archived.id, { active: false });
    await expectRefusal(await postForm(archived.id, bearer(ada)), 400, "price_not_for_sale");
  });

  it("refuses whoever is not signed in", async () => {
    await expectRefusal(await postForm(proMonthly, {}), 401, "unauthenticated");
  });

  it("takes a form of 64 KB, however the gateway hands it over, and none that is larger", async () => {
    const ofBytes = (bytes: number) => `price_id=${proMonthly}&padding=`.padEnd(bytes, "x");
    const post = (bytes: number) =>
      world.request("POST", "/api/checkout_sessions", { ...FORM, ...bearer(ada) }, ofBytes(bytes));
    expect((await post(64 * 1024)).status).toBe(303);
    await expectRefusal(await post(64 * 1024 + 1), 413, "payload_too_large", "The body is larger than 64 KB");
  });

  it("refuses another content type", async () => {
    const answer = await postJson("/api/checkout_sessions", { price_id: proMonthly }, bearer(ada));
    await expectRefusal(answer, 415, "unsupported_media_type");
  });
});

describe("POST /api/stripe/create-checkout", () => {
  const path = "/api/stripe/create-checkout";
  const purchase = () => ({
    priceId: credits,
    successUrl: `${world.url}/success?session_id={CHECKOUT_SESSION_ID}`,
    cancelUrl: `${world.url}/pricing`,
    mode: "payment",
  });

  it("answers the address of Stripe's page, to a user and to a guest", async () => {
    for (const headers of [bearer(ada), session(ada), {}]) {
      const answer = await postJson(path, purchase(), headers);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({ url: expect.stringContaining("/c/pay/cs_") });
    }
  });

  const PRICE = "Price ID is required";
  const URLS = "Success and cancel URLs are required";
  const MODE = "Mode is required (either 'payment' for one-time payments or 'subscription' for recurring subscription)";
  it.each([
    [{ priceId: undefined }, PRICE],
    [{ priceId: "" }, PRICE],
    [{ priceId: 42 }, PRICE],
    [{ priceId: { $ne: null } }, PRICE],
    [{ successUrl: undefined }, URLS],
    [{ cancelUrl: undefined }, URLS],
    [{ cancelUrl: ["https://a"] }, URLS],
    [{ mode: undefined }, MODE],
    [{ mode: "bogus" }, MODE],
    [{ mode: null }, MODE],
    [{ priceId: undefined, successUrl: undefined, mode: undefined }, PRICE],
    [{ successUrl: undefined, mode: undefined }, URLS],
  ])("refuses %j with its own text", async (change, text) => {
    const before = await sessionsAtStripe();
    await expectRefusal(await postJson(path, { ...purchase(), ...change }, bearer(ada)), 400, "invalid_request", text);
    expect(await sessionsAtStripe()).toBe(before);
  });

  it.each(["null", "[]", '"text"', "42", ""])("refuses the body %j as one that lacks everything", async (body) => {
    await expectRefusal(await postJson(path, body, bearer(ada)), 400, "invalid_request", PRICE);
  });

  it("refuses what is not JSON, or does not say that it is", async () => {
    await expectRefusal(
      await postJson(path, '{"priceId":', bearer(ada)),
      400,
      "invalid_request",
      "The body is not valid JSON",
    );
    const untyped = await world.request(
      "POST",
      path,
      { ...bearer(ada), "content-type": "text/plain" },
      JSON.stringify(purchase()),
    );
    await expectRefusal(untyped, 415, "unsupported_media_type");
  });

  it("refuses a body that pollutes prototypes, and one of 2 MB", async () => {
    const polluted = `{"__proto__":{"priceId":"${credits}"}}`;
    expect((await postJson(path, polluted, bearer(ada))).status).toBe(400);
    const large = { ...purchase(), padding: "x".repeat(2 * 1024 * 1024) };
    await expectRefusal(await postJson(path, large, bearer(ada)), 413, "payload_too_large");
  });

  it.each([
    "https://evil.example/success",
    "//evil.example",
    "/relative",
    "javascript:alert(1)",
    "http://localhost.evil.example/",
    "not a url",
  ])("refuses to redirect to %s", async (url) => {
    const before = await sessionsAtStripe();
    for (const field of ["successUrl", "cancelUrl"]) {
      await expectRefusal(await postJson(path, { ...purchase(), [field]: url }, {}), 400, "redirect_not_allowed");
    }
    expect(await sessionsAtStripe()).toBe(before);
  });

  it("refuses a mode that does not fit the price", async () => {
    const body = { ...purchase(), mode: "subscription" };
    await expectRefusal(await postJson(path, body, {}), 400, "invalid_request", "This price is sold in mode 'payment'");
  });

  it("gives twenty clicks at once, of any price and route, one customer, one page that can be paid, and no error", async () => {
    const [hasty, starter] = [await world.signUp(), (await world.priceOf("starter_monthly")).id];
    const body = { ...purchase(), priceId: proMonthly, mode: "subscription" };
    const clicks = [
      () => postJson(path, body, bearer(hasty)),
      () => postJson(path, { ...body, priceId: starter }, bearer(hasty)),
      () => postJson(path, { ...body, successUrl: `${world.url}/elsewhere` }, bearer(hasty)),
      () => postForm(proMonthly, bearer(hasty)),
    ];
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => clicks[n % clicks.length]?.()));
    // 409: whoever waited too long, where this machine is slow.
    expect(answers.filter((answer) => ![200, 303, 409].includes(answer?.status ?? 0))).toEqual([]);
    expect(answers.some((answer) => answer?.status === 200)).toBe(true);
    const { data: customers } = await world.stripe.customers.list({ email: hasty.email });
    expect(customers).toHaveLength(1);
    const sessions = await world.stripe.checkout.sessions.list({ customer: customers[0]?.id ?? "", status: "open" });
    expect(sessions.data).toHaveLength(1);
  }, 60_000);

  it("sells nobody two plans: a subscriber is sent to the portal, and an upgrade works", async () => {
    const loyal = await world.signUp();
    const opened = await postForm(proMonthly, bearer(loyal));
    await world.pay(opened.headers.get("location") ?? "");
    await vi.waitFor(async () => {
      const { data } = await world.as(loyal).from("user_subscriptions").select("status");
      expect(data).toEqual([{ status: "active" }]);
    }, WAIT);
    const yearly = (await world.priceOf("pro_yearly")).id;
    for (const priceId of [proMonthly, yearly, (await world.priceOf("starter_monthly")).id]) {
      const again = await postForm(priceId, bearer(loyal));
      expect(again.headers.get("location")).toContain("/p/session/");
    }

    // The upgrade that the portal makes arrives, on the same subscription.
    const own = () => world.as(loyal).from("user_subscriptions").select("id, price_id, items");
    const [before] = (await own()).data ?? [];
    await world.stripe.subscriptions.update(before?.id, { items: [{ id: before?.items[0].id, price: yearly }] });
    await vi.waitFor(async () => {
      expect((await own()).data).toMatchObject([{ id: before?.id, price_id: yearly }]);
    }, WAIT);
  });
});

describe("POST /api/stripe/create-portal", () => {
  const path = "/api/stripe/create-portal";

  it("answers the address of the portal", async () => {
    const buyer = await world.signUp();
    await postForm(proMonthly, bearer(buyer));
    const answer = await postJson(path, { returnUrl: `${world.url}/account` }, bearer(buyer));
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ url: expect.stringContaining("/p/session/") });
  });

  it("refuses whoever never bought anything", async () => {
    const stranger = await world.signUp();
    const answer = await postJson(path, { returnUrl: `${world.url}/account` }, bearer(stranger));
    await expectRefusal(
      answer,
      400,
      "no_billing_account",
      "You don't have a billing account yet. Make a purchase first.",
    );
  });

  it.each([{}, { returnUrl: "" }, { returnUrl: 7 }])("refuses %j", async (body) => {
    await expectRefusal(await postJson(path, body, bearer(ada)), 400, "invalid_request", "Return URL is required");
  });

  it("refuses a foreign return address, and whoever is not signed in", async () => {
    await expectRefusal(
      await postJson(path, { returnUrl: "https://evil.example" }, bearer(ada)),
      400,
      "redirect_not_allowed",
    );
    await expectRefusal(await postJson(path, { returnUrl: world.url }, {}), 401, "unauthenticated");
  });
});

describe("POST /api/subscriptions/…", () => {
  const post = (what: string, buyer: Person, body: object) =>
    postJson(`/api/subscriptions/${what}`, body, bearer(buyer));

  it("previews a change, makes it, ends the subscription and takes that back", async () => {
    const buyer = await world.signUp();
    const opened = await postForm((await world.priceOf("starter_monthly")).id, bearer(buyer));
    await world.pay(opened.headers.get("location") ?? "");
    const preview = await post("preview-change", buyer, { priceId: proMonthly });
    expect(preview.status).toBe(200);
    const { token, effective } = (await preview.json()) as { token: string; effective: string };
    expect(effective).toBe("now");
    const changed = await post("change", buyer, { priceId: proMonthly, token });
    expect(changed.status).toBe(200);
    expect(await changed.json()).toMatchObject({ items: [{ priceId: proMonthly }] });
    const stale = await post("change", buyer, { priceId: (await world.priceOf("starter_monthly")).id, token });
    expect(stale.status).toBe(409);
    expect(await stale.json()).toMatchObject({ code: "changed_meanwhile", preview: { effective: "period_end" } });
    expect(await (await post("cancel", buyer, {})).json()).toMatchObject({ endsAt: expect.any(String) });
    expect(await (await post("resume", buyer, {})).json()).toMatchObject({ endsAt: null });
  });

  it.each(["preview-change", "change", "cancel", "resume"])(
    "%s is for whoever is signed in, and has bought something",
    async (what) => {
      const body = { priceId: proMonthly, token: `thy2o0.${"0".repeat(64)}` };
      await expectRefusal(await postJson(`/api/subscriptions/${what}`, body, {}), 401, "unauthenticated");
      await expectRefusal(await post(what, await world.signUp(), body), 400, "no_billing_account");
    },
  );
});

describe("GET /api/checkout_sessions/{id}", () => {
  it("shows the owner what was bought, and makes the account right before any webhook", async () => {
    const buyer = await world.signUp();
    const opened = await postForm(proMonthly, bearer(buyer));
    const url = opened.headers.get("location") ?? "";
    const sessionId = url.match(/cs_\w+/)?.[0] ?? "";
    const read = () => world.request("GET", `/api/checkout_sessions/${sessionId}`, bearer(buyer));
    expect(await (await read()).json()).toMatchObject({ status: "open", mode: "subscription" });
    await world.pay(url);
    const answer = await read();
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      id: sessionId,
      status: "complete",
      mode: "subscription",
      amountTotal: 2900,
      currency: "usd",
      items: [{ description: "Pro", quantity: 1, amountTotal: 2900 }],
      receiptUrl: expect.stringContaining("/p/invoices/in_"),
    });
    const { data } = await world.as(buyer).from("user_subscriptions").select("status");
    expect(data).toEqual([{ status: "active" }]);
  });

  it("hides somebody else's session, and one that does not exist, alike", async () => {
    const opened = await postForm(proMonthly, bearer(ada));
    const sessionId = opened.headers.get("location")?.match(/cs_\w+/)?.[0] ?? "";
    const mallory = await world.signUp();
    for (const other of [sessionId, "cs_test_unknown", "..%2Fprices", "cs_test_a b"]) {
      await expectRefusal(
        await world.request("GET", `/api/checkout_sessions/${encodeURIComponent(other)}`, bearer(mallory)),
        404,
        "not_found",
      );
    }
    await expectRefusal(await world.request("GET", `/api/checkout_sessions/${sessionId}`), 401, "unauthenticated");
  });

  it("shows a guest what was bought, by the id that only the guest was told", async () => {
    const opened = await postJson(
      "/api/stripe/create-checkout",
      { priceId: credits, successUrl: world.url, cancelUrl: world.url, mode: "payment" },
      {},
    );
    const { url } = (await opened.json()) as { url: string };
    await world.pay(url);
    const answer = await world.request("GET", `/api/checkout_sessions/${/cs_\w+/.exec(url)?.[0]}`);
    expect(await answer.json()).toMatchObject({ status: "complete", amountTotal: 4900 });
    await expectRefusal(await world.request("GET", "/api/checkout_sessions/cs_test_unknown"), 404, "not_found");
  });
});

describe("signing in", () => {
  const tampered = (token: string) => {
    const [header, payload = "", signature] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: id("someone") })).toString("base64url");
    return [header, forged, signature].join(".");
  };

  it.each([
    ["tampered", () => tampered(ada.accessToken)],
    ["not a token at all", () => "nonsense"],
    [
      "signed with no algorithm",
      () => `${Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url")}.${ada.accessToken.split(".")[1]}.`,
    ],
    ["of the service role", () => world.local.settings.supabase.secretKey],
  ])("refuses a Bearer token that is %s, also where guests are welcome", async (_, token) => {
    const headers = { authorization: `Bearer ${token()}` };
    await expectRefusal(await postForm(proMonthly, headers), 401, "unauthenticated");
    await expectRefusal(await postJson("/api/stripe/create-checkout", {}, headers), 401, "unauthenticated");
  });

  /** The session in the cookie, which is small enough to be in one piece. */
  const storedSession = ({ cookie }: Person) => {
    const [, name = "", value = ""] = cookie.match(/(sb-[\w-]+-auth-token)=base64-([\w-]+)/) ?? [];
    const stored = JSON.parse(Buffer.from(value, "base64url").toString());
    const write = (fields: object) =>
      `${name}=base64-${Buffer.from(JSON.stringify({ ...stored, ...fields })).toString("base64url")}`;
    return { name, stored, write };
  };

  it("refuses a cookie that was tampered with", async () => {
    const { name, stored, write } = storedSession(ada);
    const cookie = write({ access_token: tampered(stored.access_token), refresh_token: "forged" });
    await expectRefusal(await postForm(proMonthly, { cookie, origin: world.url }), 401, "unauthenticated");
    await expectRefusal(
      await postForm(proMonthly, { cookie: `${name}=garbage`, origin: world.url }),
      401,
      "unauthenticated",
    );
  });

  it("refreshes an expired access token beside a live refresh token, and sends the new cookie with the answer", async () => {
    const { name, write } = storedSession(ada);
    const cookie = write({ access_token: expire(ada.accessToken, world.local.settings.supabase.signingKey) });
    const answer = await postForm(proMonthly, { cookie, origin: world.url });
    expect(answer.status).toBe(303);
    expect(answer.headers.getSetCookie().join()).toContain(`${name}=base64-`);
  });

  it("refuses a post with the session cookie from a foreign origin, or from nowhere", async () => {
    const { cookie } = ada;
    const foreign: Record<string, string>[] = [
      { cookie },
      { cookie, origin: "https://evil.example" },
      { cookie, origin: "null" },
      { cookie, "sec-fetch-site": "cross-site" },
    ];
    for (const headers of foreign) {
      await expectRefusal(await postForm(proMonthly, headers), 403, "cross_site_request");
    }
    const own = await postForm(proMonthly, { cookie, "sec-fetch-site": "same-origin" });
    expect(own.status).toBe(303);
  });
});

describe("POST /api/webhooks/stripe", () => {
  const rows = async () =>
    (await world.local.query<{ n: string }>("select count(*) n from billing.stripe_events"))[0]?.n;
  const delivered = (object = product()) => ({
    object,
    payload: JSON.stringify(event("product.created", object, 1_790_000_000)),
  });
  const arrives = (productId: string) =>
    vi.waitFor(async () => {
      const { data } = await world.admin.from("products").select("id").eq("id", productId);
      expect(data).toHaveLength(1);
    }, WAIT);

  it("takes a signed event to its row", async () => {
    const { object, payload } = delivered();
    const answer = await world.deliver(payload, SECRETS[0]);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ received: true });
    await arrives(object.id);
  });

  it("takes either signature while the secret is rolled, and bytes that API Gateway hands over in base64", async () => {
    const { object, payload } = delivered(product({ name: "Größe → 你好" }));
    expect((await world.deliver(payload, SECRETS[1], "application/octet-stream")).status).toBe(200);
    await arrives(object.id);
  });

  it("takes an event of 2 MB, which is too large for the queue, by its id", async () => {
    const created = await world.stripe.products.create({ name: "Large" });
    const { data } = await world.stripe.events.list({ types: ["product.created"], limit: 1 });
    const whole = { ...data[0], padding: "x".repeat(2 * 1024 * 1024) };
    expect((await world.deliver(JSON.stringify(whole), SECRETS[0])).status).toBe(200);
    await arrives(created.id);
  });

  it("refuses what Stripe did not sign, and writes nothing", async () => {
    await vi.waitFor(() => expect(world.local.getQueueDepth("StripeEvents")).toMatchObject({ visible: 0 }), WAIT);
    const before = await rows();
    const { payload } = delivered();
    const forgeries: Record<string, string>[] = [
      {},
      { "stripe-signature": "" },
      { "stripe-signature": "t=1,v1=00" },
      { "stripe-signature": "garbage" },
    ];
    for (const headers of forgeries) {
      const answer = await world.request("POST", "/api/webhooks/stripe", { ...JSON_TYPE, ...headers }, payload);
      await expectRefusal(answer, 400, "invalid_signature");
    }
    await expectRefusal(await world.deliver(payload, "whsec_another"), 400, "invalid_signature");
    const huge = await world.request("POST", "/api/webhooks/stripe", JSON_TYPE, "x".repeat(2 * 1024 * 1024));
    await expectRefusal(huge, 400, "invalid_signature");
    expect(await rows()).toBe(before);
  });
});

describe("GET /api/health", () => {
  it("says which build runs where, and that its dependencies answer", async () => {
    const answer = await world.request("GET", "/api/health");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      status: "ok",
      build: expect.any(String),
      stage: expect.any(String),
      dependencies: { stripe: "ok", supabase: "ok" },
      // What is on a schedule does not run here: nothing was read yet.
      mirror: {
        complete: false,
        objects: Object.keys(objects).map((object) => ({
          object,
          completeAsOf: null,
          comparedAsOf: null,
          differing: 0,
          lastError: null,
        })),
      },
    });
  });
});

describe("the gateway", () => {
  it("answers 404 to an unknown path and 405 to a wrong method", async () => {
    expect((await world.request("GET", "/api/nothing")).status).toBe(404);
    expect((await world.request("DELETE", "/api/checkout_sessions")).status).toBe(405);
  });
});

describe("the log", () => {
  it("never holds an e-mail, a token, a signature, a secret or a checkout URL", () => {
    const all = world.lines.join("\n");
    expect(all).toContain('"message":"request"');
    const { stripe, supabase } = world.local.settings;
    const secrets = [
      stripe.secretKey,
      ...SECRETS,
      supabase.secretKey,
      ada.accessToken,
      ada.email,
      "@example.com",
      "/c/pay/cs_",
      "v1=",
    ];
    for (const secret of secrets) expect(all).not.toContain(secret);
  });
});

it("beside live functions the pages' dev server has the API under its own address, with the session", async () => {
  const port = String(await findFreePort());
  const vite = spawn("npm", ["run", "dev", "--", "--port", port], {
    cwd: "packages/web",
    env: { PATH: process.env.PATH, API_URL: world.url },
    detached: true, // npm starts a process of its own
  });
  onTestFinished(() => void process.kill(-(vite.pid ?? 0)));
  const url = `http://localhost:${port}`;
  const health = await vi.waitFor(() => fetch(`${url}/api/health`), WAIT);
  expect(await health.json()).toMatchObject({ stage: "local" });
  const headers = { ...JSON_TYPE, ...session(ada) };
  const body = JSON.stringify({ returnUrl: `${world.url}/account` });
  const portal = await fetch(`${url}/api/stripe/create-portal`, { method: "POST", headers, body });
  expect(portal.status).not.toBe(401);
  expect(await portal.json()).not.toHaveProperty("code", "unauthenticated");
  expect(await (await fetch(`${url}/pricing`, { headers: { accept: "text/html" } })).text()).toContain("/@vite/client");
});
