import { beforeAll, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { call, captureLog, type Handler, type HttpCall, SITE, setEnvironment } from "../parts/lambda.ts";
import { refuseForNow, standBefore } from "../parts/proxy.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let price: string;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  price = (await shop.sell("monthly")).id;
});

type Obstacle = Parameters<typeof standBefore>[1];
type User = Awaited<ReturnType<Shop["newUser"]>>;

const fail: Obstacle = (_, response) => {
  // The client does not try again: that would take seconds.
  response.writeHead(500, { "content-type": "application/json", "stripe-should-retry": "false" });
  response.end(JSON.stringify({ error: { type: "api_error", message: "A secret of Stripe's" } }));
};
const TROUBLES: [string, Obstacle][] = [
  ["breaks connections", (_, response) => void response.destroy()],
  ["fails", fail],
  ["is asked too often", (_, response) => refuseForNow(response)],
];

const post = (path: string, body: object): HttpCall => ({
  path,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
const token = `thy2o0.${"0".repeat(64)}`;
/** A request to each route that asks Stripe. */
const requests = (): Record<string, HttpCall> => ({
  "create-checkout": post("/api/stripe/create-checkout", { ...shop.purchase(price), mode: "subscription" }),
  "create-checkout-session": {
    path: "/api/checkout_sessions",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: `price_id=${price}`,
  },
  "create-portal": post("/api/stripe/create-portal", { returnUrl: SITE }),
  "get-checkout-session": {
    method: "GET",
    path: "/api/checkout_sessions/cs_test_1",
    pathParameters: { id: "cs_test_1" },
  },
  "preview-change": post("/api/subscriptions/preview-change", { priceId: price }),
  "change-plan": post("/api/subscriptions/change", { priceId: price, token }),
  "cancel-subscription": post("/api/subscriptions/cancel", {}),
  "resume-subscription": post("/api/subscriptions/resume", {}),
});

/** The routes, beside a Stripe that something stands in front of while it is switched on. */
async function open(obstacle: Obstacle) {
  const trouble = { on: false };
  const stripe = await standBefore(lent, (request, response) => trouble.on && obstacle(request, response));
  setEnvironment({ supabase, stripe });
  const ask = async (name: string, { accessToken }: User, further: Record<string, string> = {}) => {
    const { handler }: { handler: Handler } = await import(`@turnpike/functions/${name}`);
    const request = requests()[name] as HttpCall;
    const headers = { ...request.headers, authorization: `Bearer ${accessToken}`, ...further };
    return call(handler, { ...request, headers });
  };
  /** Whoever has bought: each route comes as far as to ask Stripe. */
  const buyer = async () => {
    const user = await shop.newUser();
    await shop.pay(((await ask("create-checkout", user)).json as { url: string }).url);
    return user;
  };
  return { trouble, ask, buyer };
}

it.each(TROUBLES)(
  "while Stripe %s, each route answers 503 and when to try again, and the log says why",
  async (_, obstacle) => {
    const { trouble, ask, buyer } = await open(obstacle);
    const user = await buyer();
    trouble.on = true;
    for (const name of Object.keys(requests())) {
      const log = captureLog();
      const answer = await ask(name, user);
      expect(answer, name).toMatchObject({
        statusCode: 503,
        headers: { "retry-after": "5" },
        json: { code: "stripe_unavailable", error: "Stripe does not answer at the moment. Please try again." },
      });
      expect(answer.body).not.toContain("secret");
      expect(log.said("request"), name).toMatchObject([{ level: "error", status: 503, stack: expect.any(String) }]);
    }
  },
  90_000,
);

it("a browser that is on its way is led to the page that says so; whoever asks again has what they wanted, once", async () => {
  const { trouble, ask } = await open(fail);
  const user = await shop.newUser();
  trouble.on = true;
  expect(await ask("create-checkout-session", user, { "sec-fetch-mode": "navigate" })).toMatchObject({
    statusCode: 303,
    headers: { location: expect.stringContaining("/pricing?problem=stripe_unavailable&reference=") },
  });
  trouble.on = false;
  const [one, two] = [await ask("create-checkout", user), await ask("create-checkout", user)];
  expect(one.json).toEqual({ url: expect.stringContaining("/c/pay/") });
  expect(two.json).toEqual(one.json);
}, 30_000);

it("an Idempotency-Key is looked at where it is used, and nowhere else", async () => {
  const { ask, buyer } = await open(() => undefined);
  const user = await buyer();
  const key = { "idempotency-key": "with a space" };
  expect(await ask("create-portal", user, key)).toMatchObject({ statusCode: 200 });
  expect(await ask("cancel-subscription", user, key)).toMatchObject({ statusCode: 400 });
}, 30_000);
