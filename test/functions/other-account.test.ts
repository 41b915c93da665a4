import { afterAll, beforeAll, expect, it } from "vitest";
import { startEmulator } from "../emulator.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { call, captureLog, type Handler, SITE, setEnvironment } from "../parts/lambda.ts";
import { createShop, type Shop } from "../parts/shop.ts";

// The database shows one account of Stripe's, and the functions were given the secret key of another.
let supabase: LentSupabase;
let lent: LentStripe;
let other: Awaited<ReturnType<typeof startEmulator>>;
let shop: Shop;
let plan: string;
let customer: string;
let owner: Awaited<ReturnType<Shop["newUser"]>>;
let handlers: { checkout: Handler; portal: Handler };
beforeAll(async () => {
  [supabase, lent, other] = await Promise.all([lendSupabase(), lendStripe(), startEmulator()]);
  shop = createShop(supabase, lent);
  plan = (await shop.sell("monthly")).id;
  owner = await shop.newUser();
  const made = await lent.stripe.customers.create({ email: owner.email, metadata: { user_id: owner.id } });
  customer = made.id;
  await shop.apply(...(await lent.stripe.events.list({ type: "customer.created" })).data);
  setEnvironment({ supabase, stripe: other });
  process.env.SST_Secret_value_STRIPE_SECRET_KEY = "sk_test_of_another_account";
  handlers = {
    checkout: (await import("@turnpike/functions/create-checkout")).handler,
    portal: (await import("@turnpike/functions/create-portal")).handler,
  };
});
afterAll(async () => {
  process.env.SST_Secret_value_STRIPE_SECRET_KEY = "sk_test_emulator";
  await other.close();
});

type User = { accessToken: string };
const post = (handler: Handler, path: string, user: User | undefined, body: object) =>
  call(handler, {
    path,
    headers: { "content-type": "application/json", ...(user && { authorization: `Bearer ${user.accessToken}` }) },
    body: JSON.stringify(body),
  });
const buy = (user?: User) =>
  post(handlers.checkout, "/api/stripe/create-checkout", user, { ...shop.purchase(plan), mode: "subscription" });
const manage = (user: User) => post(handlers.portal, "/api/stripe/create-portal", user, { returnUrl: SITE });
const mirror = () =>
  supabase.query("select to_jsonb(c) as row from customers c union all select to_jsonb(s) from checkout_sessions s");
const held = async () => {
  const { customers, checkout, events } = other.stripe;
  const lists = await Promise.all([customers.list(), checkout.sessions.list(), events.list()]);
  return lists.map(({ data }) => data.length);
};

it.each([
  ["create-checkout, of a customer of the mirror", () => buy(owner)],
  ["create-checkout, of a user without a customer", async () => buy(await shop.newUser())],
  ["create-checkout, of a guest", () => buy()],
  ["create-portal, of a customer of the mirror", () => manage(owner)],
])(
  "%s: it is said that nothing works at the moment, the log says why, and nothing is written anywhere",
  async (_, act) => {
    expect(await supabase.query("select id from customers where user_id = $1", [owner.id])).toEqual([{ id: customer }]);
    const [rows, atOther] = [await mirror(), await held()];
    const log = captureLog();
    expect(await act()).toMatchObject({
      statusCode: 503,
      json: { code: "other_account", error: "Nothing can be bought or managed at the moment. Please try again later." },
    });
    const reason = "STRIPE_SECRET_KEY is of another account or mode than the one that is mirrored";
    expect(log.said("request")).toMatchObject([{ level: "error", status: 503, refused: "other_account", reason }]);
    expect(await mirror()).toEqual(rows);
    expect(await held()).toEqual(atOther);
  },
);
