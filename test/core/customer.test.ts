import { findCustomerId, getOrCreateCustomerId } from "@turnpike/core/customer";
import { openPortal } from "@turnpike/core/portal";
import { beforeAll, describe, expect, it } from "vitest";
import { customer, event, id } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { SITE } from "../parts/lambda.ts";
import { createShop, LONG_AGO, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
});

const find = (user: { id: string }) => findCustomerId(supabase.client, user.id);
const getOrCreate = (user: { id: string; email: string | undefined }) => getOrCreateCustomerId(shop.billing, user);
const atStripe = async (email: string) => (await lent.stripe.customers.list({ email })).data;
const remove = (customerId: string) =>
  shop.apply(event("customer.deleted", customer({ id: customerId }), Math.floor(Date.now() / 1000) + 5));

/** Purchases of this user's as a guest: the customers that Stripe made. */
async function addGuest(user: { id: string }, guestId = id("cus")) {
  await supabase.query("insert into customers (id, user_id, owned_by) values ($1, $2, 'email')", [guestId, user.id]);
  return guestId;
}

describe("the customer of a user", () => {
  it("is nobody until there is one", async () => {
    expect(await find(await shop.newUser())).toBeUndefined();
  });

  it("is their own, else one of theirs as a guest, and never one that is deleted", async () => {
    const user = await shop.newUser();
    const guest = await addGuest(user, `cus_0${Date.now()}`);
    expect(await find(user)).toBe(guest);
    const own = customer({ metadata: { user_id: user.id } });
    await shop.apply(event("customer.created", own, LONG_AGO));
    await addGuest(user, `cus_zz${Date.now()}`);
    expect(await find(user)).toBe(own.id);
    await remove(own.id);
    expect(await find(user)).not.toBe(own.id);
  });

  it("is not another's", async () => {
    const [ada, grace] = await Promise.all([shop.newUser(), shop.newUser()]);
    await addGuest(ada);
    expect(await find(grace)).toBeUndefined();
  });
});

describe("a customer is made", () => {
  it("once, however many requests ask at once, and is the user's from then on", async () => {
    const user = await shop.newUser();
    const ids = await Promise.all(Array.from({ length: 5 }, () => getOrCreate(user)));
    ids.push(await getOrCreate(user));
    expect(new Set(ids).size).toBe(1);
    expect(await atStripe(user.email)).toMatchObject([{ id: ids[0], metadata: { user_id: user.id } }]);
    const [row] = await supabase.query("select user_id, email, owned_by from customers where id = $1", [ids[0]]);
    expect(row).toEqual({ user_id: user.id, email: user.email, owned_by: "metadata" });
  });

  it("not for whoever bought as a guest", async () => {
    const user = await shop.newUser();
    const guest = await addGuest(user);
    expect(await getOrCreate(user)).toBe(guest);
    expect(await atStripe(user.email)).toEqual([]);
  });

  it("without an e-mail for a user who has none", async () => {
    const { id: userId } = await shop.newUser();
    await getOrCreate({ id: userId, email: undefined });
    expect((await lent.asked("POST /v1/customers")).at(-1)?.params).toEqual({ "metadata[user_id]": userId });
  });

  it("anew after the first was deleted: the same key would answer with that one", async () => {
    const user = await shop.newUser();
    const first = await getOrCreate(user);
    await lent.stripe.customers.del(first);
    await remove(first);
    const second = await getOrCreate(user);
    expect(second).not.toBe(first);
    expect(await find(user)).toBe(second);
    await lent.stripe.customers.del(second);
    await remove(second);
    expect([first, second]).not.toContain(await getOrCreate(user));
  });

  it("with the address as it is now", async () => {
    const user = await shop.newUser();
    const keys = async () => (await lent.asked("POST /v1/customers")).map(({ idempotencyKey }) => idempotencyKey);
    const before = (await keys()).length;
    await getOrCreate(user);
    await supabase.query("delete from customers where user_id = $1", [user.id]);
    await getOrCreate({ ...user, email: `new-${user.email}` });
    const [one, two] = (await keys()).slice(before);
    expect(one).toMatch(/^customer-[\da-f]{64}$/);
    expect(two).not.toBe(one);
    expect(await atStripe(`new-${user.email}`)).toHaveLength(1);
  });

  it("for a user who is gone: that is an error, and no customer of nobody's", async () => {
    const gone = { id: crypto.randomUUID(), email: `${id("gone")}@example.com` };
    await expect(getOrCreate(gone)).rejects.toThrow("could not be recorded");
  });
});

describe("the portal", () => {
  const open = (user: { id: string }, returnUrl = `${SITE}/account`) =>
    openPortal(shop.billing, { email: undefined, ...user }, returnUrl);
  const opened = () => lent.asked("POST /v1/billing_portal/sessions");

  it("opens for the customer of the user, and leads back", async () => {
    const user = await shop.newUser();
    const customerId = await getOrCreate(user);
    expect(await open(user)).toContain("/p/session/");
    expect((await opened()).at(-1)?.params).toEqual({ customer: customerId, return_url: `${SITE}/account` });
  });

  it("opens for nobody who never bought, and leads to no foreign site", async () => {
    const user = await shop.newUser();
    const before = (await opened()).length;
    await expect(open(user)).rejects.toMatchObject({
      code: "no_billing_account",
      message: "You don't have a billing account yet. Make a purchase first.",
    });
    await getOrCreate(user);
    await expect(open(user, "https://evil.example")).rejects.toMatchObject({ code: "redirect_not_allowed" });
    expect(await opened()).toHaveLength(before);
  });
});
