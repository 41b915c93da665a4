import type { ServerResponse } from "node:http";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { call, captureLog, type Handler, SITE, setEnvironment } from "../parts/lambda.ts";
import { addUser, cookieHeader, expireSession, signUp } from "../parts/people.ts";
import { type Obstacle, standBefore, standBeforeSupabase } from "../parts/proxy.ts";
import { createShop } from "../parts/shop.ts";

let supabase: LentSupabase;
let stripe: LentStripe;
let log: ReturnType<typeof captureLog>;
beforeAll(async () => {
  [supabase, stripe] = await Promise.all([lendSupabase(), lendStripe()]);
});
beforeEach(() => {
  log = captureLog();
});

/** Each customers' route with a request that it would answer, in a function that has just started. */
async function startRoutes(obstacle: Obstacle = () => {}) {
  const [wire, stripesWire] = [await standBeforeSupabase(supabase, obstacle), await standBefore(stripe, () => {})];
  setEnvironment({ supabase: { ...supabase, url: wire.url }, stripe: stripesWire });
  vi.resetModules();
  const [createCheckout, createCheckoutSession, createPortal, getCheckoutSession]: { handler: Handler }[] =
    await Promise.all([
      import("@turnpike/functions/create-checkout"),
      import("@turnpike/functions/create-checkout-session"),
      import("@turnpike/functions/create-portal"),
      import("@turnpike/functions/get-checkout-session"),
    ]);
  const shop = createShop(supabase, stripe);
  const { id } = await shop.sell("once");
  stripesWire.requests.length = 0;
  const JSON_TYPE = { "content-type": "application/json" };
  const FORM = { "content-type": "application/x-www-form-urlencoded" };
  const post =
    (handler: Handler | undefined, path: string, type: Record<string, string>, body: string) =>
    (headers: Record<string, string>) =>
      call(handler as Handler, { path, headers: { ...type, ...headers }, body });
  return {
    atStripe: stripesWire.requests,
    routes: {
      checkout: post(
        createCheckout?.handler,
        "/api/stripe/create-checkout",
        JSON_TYPE,
        JSON.stringify(shop.purchase(id, { mode: "payment" })),
      ),
      form: post(createCheckoutSession?.handler, "/api/checkout_sessions", FORM, `price_id=${id}`),
      portal: post(createPortal?.handler, "/api/stripe/create-portal", JSON_TYPE, JSON.stringify({ returnUrl: SITE })),
      status: (headers: Record<string, string>) =>
        call(getCheckoutSession?.handler as Handler, {
          method: "GET",
          path: "/api/checkout_sessions/{id}",
          headers,
          pathParameters: { id: "cs_test_1" },
        }),
    },
  };
}

const bearer = (accessToken: string) => ({ authorization: `Bearer ${accessToken}` });
const fail = (response: ServerResponse, status: number) => response.writeHead(status).end("{}");

describe("a session that could not be checked", () => {
  it.each([
    ["keys", "jwks.json", 500],
    ["a new token", "refresh_token", 429],
  ])(
    "because Supabase gave no %s is a 503 everywhere; the log says why, and the browser keeps it",
    async (_, path, status) => {
      const { routes, atStripe } = await startRoutes(({ url = "" }, response) => {
        if (url.includes(path)) fail(response, status);
      });
      const cookie = cookieHeader(expireSession(supabase, await signUp(supabase)));
      for (const ask of Object.values(routes)) {
        const answer = await ask({ cookie, origin: SITE });
        expect([answer.statusCode, answer.json, answer.cookies]).toEqual([
          503,
          {
            error: "Your sign-in could not be checked just now. Please try again.",
            code: "auth_unavailable",
            requestId: answer.requestId,
          },
          undefined,
        ]);
      }
      expect(atStripe).toEqual([]);
      const lines = log.said("request");
      expect(lines).toHaveLength(4);
      for (const line of lines) {
        const reason = expect.stringMatching(`^Supabase Auth was asked .+ and answered ${status}$`);
        expect(line).toMatchObject({ level: "error", status: 503, refused: "auth_unavailable", reason });
      }
    },
  );
});

describe("the token of a user who was deleted", () => {
  it.each([
    ["", "delete from auth.users where id = $1"],
    [" softly", "update auth.users set deleted_at = now() where id = $1"],
  ])("%s is a 401 on every route, before Stripe is asked for anything", async (_, sql) => {
    const { routes, atStripe } = await startRoutes();
    const { id, accessToken } = await addUser(supabase);
    await supabase.query(sql, [id]);
    for (const ask of Object.values(routes)) {
      const answer = await ask(bearer(accessToken));
      const error = "This account does not exist any more. Sign in with another one.";
      expect([answer.statusCode, answer.json]).toEqual([
        401,
        { error, code: "unauthenticated", requestId: answer.requestId },
      ]);
    }
    expect(atStripe).toEqual([]);
  });

  it("is no guest's matter: a guest, and a user who is there, buy", async () => {
    const { routes } = await startRoutes();
    const { accessToken } = await addUser(supabase);
    for (const headers of [{}, bearer(accessToken)]) expect((await routes.checkout(headers)).statusCode).toBe(200);
  });
});
