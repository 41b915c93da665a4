import { createCustomer } from "@turnpike/core/customer";
import { openPortal } from "@turnpike/core/portal";
import { beforeAll, describe, expect, it } from "vitest";
import { id } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { SITE } from "../parts/lambda.ts";
import { standBefore } from "../parts/proxy.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
});

type User = Awaited<ReturnType<Shop["newUser"]>>;
const create = (user: { id: string; email: string | undefined }, stripe = lent.stripe) =>
  createCustomer({ ...shop.billing, stripe }, { userId: user.id }, { ...user, emailConfirmed: true });
const atStripe = async (email: string) => (await lent.stripe.customers.list({ email })).data;
const forget = (user: User) => supabase.query("delete from customers where user_id = $1", [user.id]);

describe("a customer is made", () => {
  it("and is the user's from then on", async () => {
    const user = await shop.newUser();
    const customerId = await create(user);
    expect(await atStripe(user.email)).toMatchObject([{ id: customerId, metadata: { user_id: user.id } }]);
    const rows = await supabase.query("select id, email from customers where user_id = $1", [user.id]);
    expect(rows).toEqual([{ id: customerId, email: user.email }]);
  });

  it("once, though the request that made it died before it could note that", async () => {
    const user = await shop.newUser();
    const first = await create(user);
    await forget(user);
    expect(await create(user)).toBe(first);
  });

  it("without an e-mail for a user who has none", async () => {
    const { id: userId } = await shop.newUser();
    await create({ id: userId, email: undefined });
    expect((await lent.asked("POST /v1/customers")).at(-1)?.params).toEqual({ "metadata[user_id]": userId });
  });

  it("without an e-mail where Stripe does not take it: its page asks for another", async () => {
    const user = await shop.newUser();
    const picky = await standBefore(lent, async ({ url, headers }, response) => {
      if (url !== "/v1/customers" || Number(headers["content-length"]) < 60) return;
      response.writeHead(400, { "content-type": "application/json" });
      const error = { type: "invalid_request_error", code: "email_invalid", param: "email", message: "Invalid email" };
      response.end(JSON.stringify({ error }));
    });
    expect(await create({ ...user, email: `${"x".repeat(80)}@example.com` }, picky.stripe)).toMatch(/^cus_/);
    expect((await lent.asked("POST /v1/customers")).at(-1)?.params).toEqual({ "metadata[user_id]": user.id });
  });

  it("anew after the first was deleted: the same key would answer with that one", async () => {
    const user = await shop.newUser();
    const made: string[] = [];
    for (let time = 0; time < 3; time++) {
      const next = await create(user);
      expect(made).not.toContain(next);
      made.push(next);
      await lent.stripe.customers.del(next);
    }
  });

  it.each<[string, (id: string, other: User) => Promise<unknown>]>([
    [
      "was given to another payer",
      async (object_id, { id: user_id }) => supabase.client.rpc("assign_purchase", { object_id, user_id }),
    ],
    ["names another by its metadata, before any row knew it", (id, other) => rename(id, other.id)],
    ["names nobody any more, before any row knew it", (id) => rename(id, "")],
  ])("anew where the first %s: the same key would sell on what is not the payer's", async (_, giveAway) => {
    const [user, other] = [await shop.newUser(), await shop.newUser()];
    const first = await create(user);
    await giveAway(first, other);
    const next = await create(user);
    expect(next).not.toBe(first);
    const rows = await supabase.query("select id from customers where user_id = $1", [user.id]);
    expect(rows).toEqual([{ id: next }]);
  });

  async function rename(id: string, user_id: string) {
    await lent.stripe.customers.update(id, { metadata: { user_id }, ...(user_id === "" && { email: "" }) });
    await supabase.query("delete from customers where id = $1", [id]);
    await supabase.query("delete from billing.given_owners where subject = $1", [id]);
  }

  it("with a key that is the payer's own, and with the address as it is now", async () => {
    const user = await shop.newUser();
    const keys = async () => (await lent.asked("POST /v1/customers")).map(({ idempotencyKey }) => idempotencyKey);
    const before = (await keys()).length;
    await create(user);
    await forget(user);
    await create({ ...user, email: `new-${user.email}` });
    const [one, two] = (await keys()).slice(before);
    expect(one).toMatch(/^customer-[\da-f]{64}$/);
    expect(two).not.toBe(one);
    expect(await atStripe(`new-${user.email}`)).toHaveLength(1);
  });

  it("though a failure is stored for the key", async () => {
    const user = await shop.newUser();
    await lent.fault({ kind: "error_500_kept", match: "/v1/customers" });
    expect(await create(user)).toMatch(/^cus_/);
  });
});

describe("the portal", () => {
  const open = (user: User, returnUrl = `${SITE}/account`) => openPortal(shop.billing, user, { returnUrl });
  const opened = () => lent.asked("POST /v1/billing_portal/sessions");

  it("opens for the customer of the user, and leads back", async () => {
    const user = await shop.newUser();
    const customerId = await create(user);
    expect(await open(user)).toContain("/p/session/");
    expect((await opened()).at(-1)?.params).toEqual({ customer: customerId, return_url: `${SITE}/account` });
  });

  it("opens for nobody who never bought, and leads to no foreign site", async () => {
    const [user, stranger] = [await shop.newUser(), await shop.newUser()];
    await create(stranger);
    await supabase.query("insert into customers (id, user_id, deleted) values ($1, $2, true)", [id("cus"), user.id]);
    const before = (await opened()).length;
    await expect(open(user)).rejects.toMatchObject({
      code: "no_billing_account",
      message: "You don't have a billing account yet. Make a purchase first.",
    });
    await create(user);
    await expect(open(user, "https://evil.example")).rejects.toMatchObject({ code: "redirect_not_allowed" });
    expect(await opened()).toHaveLength(before);
  });
});
