import { ERROR_CODES } from "@turnpike/core/errors";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { call, captureLog, type Handler, SITE, setEnvironment } from "../parts/lambda.ts";
import { addUser, cookieHeader, expireSession, signUp } from "../parts/people.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let shop: Shop;
let form: Handler;
let portal: Handler;
let log: ReturnType<typeof captureLog>;

beforeAll(async () => {
  const stripe = await lendStripe();
  supabase = await lendSupabase();
  setEnvironment({ supabase, stripe });
  shop = createShop(supabase, stripe);
  form = (await import("@turnpike/functions/create-checkout-session")).handler;
  portal = (await import("@turnpike/functions/create-portal")).handler;
});
beforeEach(() => {
  log = captureLog();
});

const URLENCODED = { "content-type": "application/x-www-form-urlencoded" };
/** What Chromium sends along with a form, and what a browser sends that is too old to say where it goes. */
const BROWSERS = {
  today: {
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
    "sec-fetch-site": "same-origin",
    accept: "text/html,*/*",
  },
  old: { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" },
};
const NAVIGATING = BROWSERS.today;

const post = (headers: object, body: string, handler = form) =>
  call(handler, { path: "/api/checkout_sessions", headers: { ...headers } as Record<string, string>, body });

async function signedIn() {
  const { accessToken } = await addUser(supabase);
  return { ...URLENCODED, authorization: `Bearer ${accessToken}` };
}

function leadsTo(answer: Awaited<ReturnType<typeof call>>, page: string): void {
  expect({ status: answer.statusCode, headers: answer.headers, body: answer.body }).toEqual({
    status: 303,
    headers: { location: SITE + page, "cache-control": "no-store" },
    body: undefined,
  });
}

describe("a browser that was refused", () => {
  it.each(Object.entries(BROWSERS))("(%s) is led to a page that says why", async (_, browser) => {
    leadsTo(
      await post({ ...(await signedIn()), ...browser }, "price_id=price_nothing"),
      "/pricing?problem=price_not_for_sale",
    );
  });

  it("is led to sign-in, and from there to the plan that was asked for", async () => {
    const next = encodeURIComponent("/pricing?price=price_1");
    leadsTo(
      await post({ ...URLENCODED, ...NAVIGATING }, "price_id=price_1"),
      `/sign-in?problem=unauthenticated&next=${next}`,
    );
    leadsTo(await post(NAVIGATING, ""), "/sign-in?problem=unauthenticated&next=%2Fpricing");
  });

  it("is led on with no more of a price than an id may have", async () => {
    const answer = await post({ ...URLENCODED, ...NAVIGATING }, `price_id=${"x".repeat(256)}`);
    const next = `/pricing?price=${"x".repeat(255)}`;
    leadsTo(answer, `/sign-in?${new URLSearchParams({ problem: "unauthenticated", next })}`);
  });

  it("is led on by no address that was sent", async () => {
    const evil = "price_1&next=//evil.example#\r\nlocation: //evil.example";
    const answer = await post({ ...URLENCODED, ...NAVIGATING }, `price_id=${encodeURIComponent(evil)}`);
    const { origin, pathname, searchParams } = new URL(String(answer.headers?.location));
    expect({ origin, pathname }).toEqual({ origin: SITE, pathname: "/sign-in" });
    expect(searchParams.getAll("next")).toEqual([`/pricing?${new URLSearchParams({ price: evil })}`]);
  });

  it.each([
    ["payload_too_large", `price_id=${"x".repeat(64 * 1024)}`, URLENCODED],
    ["unsupported_media_type", "{}", { "content-type": "application/json" }],
    ["invalid_request", "price_id=undefined", URLENCODED],
  ])("is told so by its code: %s", async (code, body, type) => {
    const headers = { ...(await signedIn()), ...type, ...NAVIGATING };
    leadsTo(await post(headers, body), `/pricing?problem=${code}`);
  });

  it("from another site's page is told so, too", async () => {
    const { cookies } = await signUp(supabase);
    const headers = { ...URLENCODED, ...NAVIGATING, cookie: cookieHeader(cookies), origin: "https://evil.example" };
    leadsTo(await post(headers, "price_id=price_1"), "/pricing?problem=cross_site_request");
  });

  it("keeps a session that was refreshed on the way", async () => {
    const expired = expireSession(supabase, await signUp(supabase));
    const headers = { ...URLENCODED, ...NAVIGATING, cookie: cookieHeader(expired), origin: SITE };
    const answer = await post(headers, "price_id=price_nothing");
    leadsTo(answer, "/pricing?problem=price_not_for_sale");
    expect(answer.cookies?.join()).toContain("-auth-token=base64-");
  });

  it("for a reason of ours gets a reference to what the log says, and is counted as a failure", async () => {
    const headers = { ...(await signedIn()), ...NAVIGATING };
    await supabase.query("alter table prices rename to put_aside");
    const answer = await post(headers, "price_id=price_1").finally(() =>
      supabase.query("alter table put_aside rename to prices"),
    );
    leadsTo(answer, `/pricing?${new URLSearchParams({ problem: "internal_error", reference: answer.requestId })}`);
    expect(log.said("request")).toEqual([
      expect.objectContaining({ level: "error", status: 303, requestId: answer.requestId, error: "DatabaseError" }),
    ]);
    expect(log.metric("failedPages")).toEqual([1]);
  });

  it("for another reason is counted as none", async () => {
    await post({ ...URLENCODED, ...NAVIGATING }, "price_id=price_1");
    expect(log.said("request")).toEqual([
      expect.objectContaining({ level: "info", status: 303, refused: "unauthenticated" }),
    ]);
    expect(log.metric("failedPages")).toEqual([]);
  });

  it("gets no JSON of any route that it was led to", async () => {
    leadsTo(await post(NAVIGATING, "{}", portal), "/sign-in?problem=unauthenticated&next=%2Fpricing");
  });

  it("and was not: it is led to Stripe", async () => {
    const { id } = await shop.sell("once");
    const answer = await post({ ...(await signedIn()), ...NAVIGATING }, `price_id=${id}`);
    expect(answer).toMatchObject({ statusCode: 303, headers: { location: expect.stringContaining("/c/pay/") } });
  });
});

it.each([
  ["curl", { accept: "*/*" }],
  ["a script on a page, whatever it takes", { ...BROWSERS.old, "sec-fetch-mode": "cors" }],
  ["a script of the site", { accept: "application/json", "sec-fetch-mode": "same-origin" }],
  ["a program that says nothing", {}],
])("%s gets the status and the text", async (_, headers) => {
  const answer = await post({ ...URLENCODED, ...headers }, "price_id=price_1");
  expect(answer).toMatchObject({ statusCode: 401, headers: { "content-type": "application/json" } });
  expect(answer.json).toEqual({ error: "Sign in first", code: "unauthenticated", requestId: answer.requestId });
});

it("a code stands in an address as it is", () => {
  for (const code of ERROR_CODES) expect(encodeURIComponent(code)).toBe(code);
});
