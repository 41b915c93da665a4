import { randomUUID } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { event, price, product } from "../builders.ts";
import { type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { call, captureLog, type Handler, type HttpCall, SITE, setEnvironment } from "../parts/lambda.ts";
import {
  addUser,
  cookieHeader,
  expireSession,
  issueToken,
  rewriteSession,
  sessionIn,
  signUp,
} from "../parts/people.ts";

let supabase: LentSupabase;
let stripe: Awaited<ReturnType<typeof lendStripe>>;
let createCheckout: Handler;
let createCheckoutSession: Handler;
let createPortal: Handler;
let getCheckoutSession: Handler;
let log: ReturnType<typeof captureLog>;

beforeAll(async () => {
  [supabase, stripe] = await Promise.all([lendSupabase(), lendStripe()]);
  setEnvironment({ supabase, stripe });
  createCheckout = (await import("@turnpike/functions/create-checkout")).handler;
  createCheckoutSession = (await import("@turnpike/functions/create-checkout-session")).handler;
  createPortal = (await import("@turnpike/functions/create-portal")).handler;
  getCheckoutSession = (await import("@turnpike/functions/get-checkout-session")).handler;
});
beforeEach(() => {
  log = captureLog();
});

const JSON_TYPE = { "content-type": "application/json" };
const bearer = (accessToken: string) => ({ authorization: `Bearer ${accessToken}` });
const toPortal = (headers: Record<string, string>, body = JSON.stringify({ returnUrl: `${SITE}/account` })) =>
  call(createPortal, { path: "/api/stripe/create-portal", headers: { ...JSON_TYPE, ...headers }, body });
const toForm = (headers: Record<string, string>, body: string | Buffer) =>
  call(createCheckoutSession, { path: "/api/checkout_sessions", headers, body });
const toGuestCheckout = (body: string, headers: Record<string, string> = JSON_TYPE) =>
  call(createCheckout, { path: "/api/stripe/create-checkout", headers, body });

/** The refusal, whole: nothing more is said than this. */
function expectRefusal(answer: Awaited<ReturnType<typeof call>>, status: number, code: string, error: string): void {
  expect({ status: answer.statusCode, headers: answer.headers, body: answer.json }).toEqual({
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: { error, code, requestId: answer.requestId },
  });
}
const NO_ACCOUNT = "You don't have a billing account yet. Make a purchase first.";
const SIGN_IN = "Sign in first";
const SORRY = "Something went wrong on our side. Please try again.";

describe("who is calling", () => {
  it("is known by a Bearer token, wherever the request comes from", async () => {
    const ada = await addUser(supabase);
    const answer = await toPortal({ ...bearer(ada.accessToken), origin: "https://elsewhere.example" });
    expectRefusal(answer, 400, "no_billing_account", NO_ACCOUNT);
    expect(log.said("request")).toEqual([expect.objectContaining({ userId: ada.id })]);
  });

  it.each(["bearer ", "BEARER   "])("is known by a token after %j too", async (scheme) => {
    const { accessToken } = await addUser(supabase);
    const answer = await toPortal({ authorization: scheme + accessToken });
    expectRefusal(answer, 400, "no_billing_account", NO_ACCOUNT);
  });

  it.each(["Basic YTpi", "Bearer", "Bearer two words", "x Bearer token"])(
    "is not told by %j, and is no guest either",
    async (authorization) => {
      const text = "The Authorization header has to be: Bearer ACCESS_TOKEN";
      expectRefusal(await toPortal({ authorization }), 401, "unauthenticated", text);
      expectRefusal(await toGuestCheckout("{}", { ...JSON_TYPE, authorization }), 401, "unauthenticated", text);
    },
  );

  it("is not told by a token alone, without the word before it", async () => {
    const { accessToken } = await addUser(supabase);
    const answer = await toGuestCheckout("{}", { ...JSON_TYPE, authorization: accessToken });
    expect([answer.statusCode, answer.json]).toEqual([401, expect.objectContaining({ code: "unauthenticated" })]);
  });

  it("must be known where a user is needed, and need not where a guest is welcome", async () => {
    for (const headers of [{}, { authorization: "" }] as Record<string, string>[]) {
      expectRefusal(await toPortal(headers), 401, "unauthenticated", SIGN_IN);
    }
    expectRefusal(await toGuestCheckout("{}"), 400, "invalid_request", "Price ID is required");
  });

  it("is not what a token says that is not valid, also where a guest is welcome", async () => {
    const text = "The access token is not valid, or has expired";
    const refused = await toPortal(bearer("nonsense"));
    expectRefusal(refused, 401, "unauthenticated", text);
    expect(refused.cookies).toBeUndefined();
    expectRefusal(await toGuestCheckout("{}", { ...JSON_TYPE, ...bearer("nonsense") }), 401, "unauthenticated", text);
  });

  it("is known by the session's cookie on a post from one of our own pages only", async () => {
    const { cookies } = await signUp(supabase);
    const cookie = cookieHeader(cookies);
    for (const headers of [
      { origin: SITE },
      { origin: "https://www.example.com" },
      { "sec-fetch-site": "same-origin" },
      { origin: SITE, "sec-fetch-site": "cross-site" },
    ]) {
      expectRefusal(await toPortal({ cookie, ...headers } as never), 400, "no_billing_account", NO_ACCOUNT);
    }
    const foreign = "This Origin may not act for the signed-in user. Add it to ALLOWED_ORIGINS if it is yours.";
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: `${SITE}.evil.example`, "sec-fetch-site": "same-origin" },
    ]) {
      expectRefusal(await toPortal({ cookie, ...headers } as never), 403, "cross_site_request", foreign);
    }
    const nowhere = "A request with a session cookie needs an Origin header. Send one, or use a Bearer token instead.";
    for (const headers of [{}, { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }]) {
      expectRefusal(await toPortal({ cookie, ...headers } as never), 403, "cross_site_request", nowhere);
    }
  });

  it("may read with the cookie from anywhere: a link leads here from Stripe's page", async () => {
    const { cookies } = await signUp(supabase);
    const answer = await read("cs_test_unknown", { cookie: cookieHeader(cookies) });
    expectRefusal(answer, 404, "not_found", "There is no such checkout session");
  });

  it("keeps a session that was refreshed on the way, whatever the answer is", async () => {
    const ada = await signUp(supabase);
    const expired = expireSession(supabase, ada);
    const answer = await toPortal({ cookie: cookieHeader(expired), origin: SITE });
    expectRefusal(answer, 400, "no_billing_account", NO_ACCOUNT);
    expect(answer.cookies?.join()).toContain("-auth-token=base64-");
    for (const cookie of answer.cookies ?? []) expect(cookie).toMatch(/^sb-.+-auth-token/);
    expect((await toPortal({ cookie: cookieHeader(ada.cookies), origin: SITE })).cookies).toBeUndefined();
  });

  it("keeps a session that was refreshed with a page that opens", async () => {
    const expired = expireSession(supabase, await signUp(supabase));
    const priceId = await addPrice();
    const answer = await toForm(
      { "content-type": "application/x-www-form-urlencoded", cookie: cookieHeader(expired), origin: SITE },
      `price_id=${priceId}`,
    );
    expect(answer.statusCode).toBe(303);
    expect(answer.cookies?.join()).toContain("-auth-token=base64-");
  });
});

describe("a session that is there and no good", () => {
  it("is refused also where guests are welcome, and stays in the browser", async () => {
    const ada = await signUp(supabase);
    const expired = expireSession(supabase, ada);
    const { name, value } = sessionIn(ada.cookies);
    const bad = [
      cookieHeader(rewriteSession(expired, { refresh_token: "used-up" })),
      `${name}.0=${value.slice(0, 100)}; ${name}.1=${value.slice(100, 200)}`,
    ];
    for (const cookie of bad) {
      const headers = { ...JSON_TYPE, cookie, origin: SITE };
      for (const answer of [await toPortal(headers), await toGuestCheckout("{}", headers)]) {
        expect([answer.statusCode, answer.json]).toEqual([401, expect.objectContaining({ code: "unauthenticated" })]);
        expect(answer.cookies).toBeUndefined();
      }
    }
  });
});

const read = (id: string, headers: Record<string, string>) =>
  call(getCheckoutSession, {
    method: "GET",
    path: "/api/checkout_sessions/{id}",
    headers,
    pathParameters: { id },
  } satisfies HttpCall);

/** A price that is for sale, at Stripe and in the mirror. */
async function addPrice(): Promise<string> {
  const { id: sold } = await stripe.stripe.products.create({ name: "Credits" });
  const { id } = await stripe.stripe.prices.create({ product: sold, currency: "usd", unit_amount: 4900 });
  await mirror(id, sold);
  return id;
}

async function mirror(priceId: string, productId: string, fields: object = {}): Promise<void> {
  const { applyEvents } = await import("@turnpike/core/mirror");
  const at = 1_790_000_000;
  const events = [
    event("product.created", product({ id: productId }), at),
    event("price.created", price({ id: priceId, product: productId, ...fields }), at),
  ];
  await applyEvents({ stripe: stripe.stripe, supabase: supabase.client }, events);
}

describe("a refusal", () => {
  it("says nothing of an error of Stripe's that is not meant for the caller; the log says which it was", async () => {
    const { accessToken } = await addUser(supabase);
    const priceId = `price_${randomUUID().replaceAll("-", "")}`;
    // A trial that no Checkout takes.
    const recurring = { interval: "month", interval_count: 1, trial_period_days: 800 };
    await mirror(priceId, `prod_${randomUUID()}`, { type: "recurring", recurring } as object);
    const answer = await toForm(
      { "content-type": "application/x-www-form-urlencoded", ...bearer(accessToken) },
      `price_id=${priceId}`,
    );
    expectRefusal(answer, 500, "internal_error", SORRY);
    expect(log.said("request")).toEqual([
      {
        level: "error",
        message: "request",
        requestId: answer.requestId,
        route: "POST /api/checkout_sessions",
        status: 500,
        ms: expect.any(Number),
        userId: expect.any(String),
        error: expect.stringContaining("Error"),
        errorCode: "parameter_invalid_integer",
        stripeStatus: expect.any(Number),
        stripeParam: "subscription_data[trial_period_days]",
        stripeRequestId: expect.any(String),
        stack: expect.stringContaining("at "),
      },
    ]);
  });

  it("says nothing of an error of the database's; nor does the log say more than which it was", async () => {
    const { accessToken } = await addUser(supabase);
    await supabase.query("alter table customers rename to put_aside");
    try {
      expectRefusal(await toPortal(bearer(accessToken)), 500, "internal_error", SORRY);
    } finally {
      await supabase.query("alter table put_aside rename to customers");
    }
    expect(log.said("request")).toEqual([
      expect.objectContaining({
        level: "error",
        status: 500,
        error: "DatabaseError",
        stack: expect.stringContaining("at "),
      }),
    ]);
    expect(JSON.stringify(log.lines)).not.toContain('customers\\"');
  });

  it("of what is not JSON says so, and that of what does not claim to be", async () => {
    const { accessToken } = await addUser(supabase);
    const notJson = "The body is not valid JSON";
    expectRefusal(await toPortal(bearer(accessToken), '{"returnUrl":'), 400, "invalid_request", notJson);
    const untyped = await toPortal({ ...bearer(accessToken), "content-type": "text/plain" });
    const text = "Send this request with content-type: application/json";
    expectRefusal(untyped, 415, "unsupported_media_type", text);
    expect(log.said("request")).toMatchObject([{ refused: "invalid_request" }, { refused: "unsupported_media_type" }]);
  });

  it("is a line in the log with its code, and no error of ours", async () => {
    const answer = await toPortal({});
    expect(log.said("request")).toEqual([
      {
        level: "info",
        message: "request",
        requestId: answer.requestId,
        route: "POST /api/stripe/create-portal",
        status: 401,
        ms: expect.any(Number),
        refused: "unauthenticated",
        reason: "Sign in first",
      },
    ]);
  });
});

describe("a request that is answered", () => {
  it("is a line in the log, with the time that it took", async () => {
    const answer = await open(await addPrice());
    expect(answer.statusCode).toBe(200);
    const [line] = log.said("request");
    expect(line).toEqual({
      level: "info",
      message: "request",
      requestId: answer.requestId,
      route: "POST /api/stripe/create-checkout",
      status: 200,
      ms: expect.any(Number),
    });
    expect(line?.ms).toBeGreaterThan(0);
    expect(line?.ms).toBeLessThan(20_000);
  });

  it("is kept by no cache: the address in it is a secret", async () => {
    const answer = await open(await addPrice());
    expect(answer.headers).toEqual({ "content-type": "application/json", "cache-control": "no-store" });
    const { accessToken } = await addUser(supabase);
    const headers = { "content-type": "application/x-www-form-urlencoded", ...bearer(accessToken) };
    const form = await toForm(headers, `price_id=${await addPrice()}`);
    expect(form.headers).toEqual({ location: expect.stringContaining("/c/pay/"), "cache-control": "no-store" });
  });

  const open = (priceId: string) =>
    toGuestCheckout(JSON.stringify({ priceId, successUrl: SITE, cancelUrl: SITE, mode: "payment" }));
});

describe("a body", () => {
  it("may have 64 KB, and not a byte more", async () => {
    const fill = (bytes: number) => `{"padding":"${"x".repeat(bytes - '{"padding":""}'.length)}"}`;
    const most = 64 * 1024;
    expectRefusal(await toGuestCheckout(fill(most)), 400, "invalid_request", "Price ID is required");
    expectRefusal(await toGuestCheckout(fill(most + 1)), 413, "payload_too_large", "The body is larger than 64 KB");
  });

  it.each(["null", "[]", '"text"', "42", ""])("of %j lacks everything", async (body) => {
    expectRefusal(await toGuestCheckout(body), 400, "invalid_request", "Price ID is required");
  });
});

it("a route tells what it takes, and from whom: the OpenAPI document is made of it", () => {
  expect(createPortal).toHaveProperty("contract", expect.objectContaining({ auth: "required", input: "json" }));
  expect(createCheckoutSession).toHaveProperty(
    "contract",
    expect.objectContaining({ auth: "required", input: "form" }),
  );
});

describe("a path that fits no schema", () => {
  it("leads nowhere", async () => {
    const { accessToken } = await addUser(supabase);
    for (const id of ["prices", "cs_a b", ""]) {
      expectRefusal(await read(id, bearer(accessToken)), 404, "not_found", "There is no such address");
    }
  });
});

describe("a form", () => {
  const VALID = "Valid price ID is required";
  const NOT_FOR_SALE = "This price is not for sale";
  const multipart = (...parts: string[]) => [...parts.map((part) => `--b\r\n${part}\r\n`), "--b--\r\n"].join("");
  const field = (name: string, value: string) => `content-disposition: form-data; name="${name}"\r\n\r\n${value}`;
  let headers: Record<string, string>;
  beforeAll(async () => {
    headers = bearer((await addUser(supabase)).accessToken);
  });

  it.each(["application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded; charset=UTF-8"])(
    "may be urlencoded: %s",
    async (type) => {
      const answer = await toForm({ ...headers, "content-type": type }, "price_id=price_nothing&other=1");
      expectRefusal(answer, 400, "price_not_for_sale", NOT_FOR_SALE);
    },
  );

  it.each(["multipart/form-data; boundary=b", "Multipart/Form-Data; boundary=b"])("may be %s", async (type) => {
    const answer = await toForm({ ...headers, "content-type": type }, multipart(field("price_id", "price_nothing")));
    expectRefusal(answer, 400, "price_not_for_sale", NOT_FOR_SALE);
  });

  it("may have 64 KB, and not a byte more", async () => {
    const typed = { ...headers, "content-type": "application/x-www-form-urlencoded" };
    const fill = (bytes: number) => `padding=${"x".repeat(bytes - "padding=".length)}`;
    expectRefusal(await toForm(typed, fill(64 * 1024)), 400, "invalid_request", VALID);
    expectRefusal(await toForm(typed, fill(64 * 1024 + 1)), 413, "payload_too_large", "The body is larger than 64 KB");
  });

  it("may come as text too", async () => {
    const { handler } = await import("@turnpike/functions/create-checkout-session");
    const { gatewayEvent, lambdaContext } = await import("../parts/lambda.ts");
    const type = "application/x-www-form-urlencoded";
    const gateway = gatewayEvent({ path: "/api/checkout_sessions", headers: { ...headers, "content-type": type } });
    const asText = { ...gateway, body: "price_id=price_nothing", isBase64Encoded: false };
    const answer = await handler(asText as never, lambdaContext());
    expect(JSON.parse(answer.body ?? "")).toMatchObject({ code: "price_not_for_sale" });
  });

  it("has no use for files, also where a field is expected", async () => {
    const file = 'content-disposition: form-data; name="price_id"; filename="a.txt"\r\n\r\nprice_nothing';
    const answer = await toForm({ ...headers, "content-type": "multipart/form-data; boundary=b" }, multipart(file));
    expectRefusal(answer, 400, "invalid_request", VALID);
  });

  it("that cannot be read is refused", async () => {
    for (const type of ["multipart/form-data; boundary=other", "multipart/form-data"]) {
      const answer = await toForm({ ...headers, "content-type": type }, multipart(field("price_id", "price_nothing")));
      expectRefusal(answer, 400, "invalid_request", "The body is not a valid form");
    }
  });

  it.each([
    ["application/json", '{"price_id":"price_nothing"}'],
    ["text/plain; application/x-www-form-urlencoded", "price_id=price_nothing"],
    ["text/plain; multipart/form-data; boundary=b", multipart(field("price_id", "price_nothing"))],
    ["application/x-www-form-urlencodedx", "price_id=price_nothing"],
    ["multipart/form-datax; boundary=b", multipart(field("price_id", "price_nothing"))],
    ["", "price_id=price_nothing"],
  ])("is not of type %j", async (type, body) => {
    const typed: Record<string, string> = type ? { "content-type": type } : {};
    const text = "Send this request as a form (urlencoded or multipart)";
    expectRefusal(await toForm({ ...headers, ...typed }, body), 415, "unsupported_media_type", text);
  });

  it("of no fields lacks everything", async () => {
    const answer = await toForm({ ...headers, "content-type": "application/x-www-form-urlencoded" }, "");
    expectRefusal(answer, 400, "invalid_request", VALID);
  });
});

describe("a token of another role", () => {
  it("is nobody's", async () => {
    const ada = await addUser(supabase);
    const token = issueToken(supabase, { sub: ada.id, role: "service_role" });
    expect((await toPortal(bearer(token))).statusCode).toBe(401);
  });
});
