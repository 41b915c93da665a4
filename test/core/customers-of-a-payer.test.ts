import { openCheckout } from "@turnpike/core/checkout";
import { createCustomer, findPayersCustomers, getBuyer, listSubscriptions, sendEmail } from "@turnpike/core/customer";
import type Stripe from "stripe";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { type Obstacle, standBefore } from "../parts/proxy.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let price: string;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  price = (await shop.sell("monthly")).id; // with the first change Stripe is asked whose the key is
  await shop.completeMirror();
});

type User = Awaited<ReturnType<Shop["newUser"]>>;
let user: User;
beforeEach(async () => {
  user = await shop.newUser();
});

const payer = () => ({ userId: user.id });
const organization = () => ({ organizationId: `org-${user.id}` });
const buyer = (fields: { email?: string | undefined; emailConfirmed?: boolean } = {}) => ({
  id: user.id,
  email: user.email as string | undefined,
  emailConfirmed: true,
  ...fields,
});
const addCustomer = async (params: Stripe.CustomerCreateParams) => (await lent.stripe.customers.create(params)).id;
const mirrored = (ids: string[]) =>
  supabase.query<{ id: string; email: string | null }>("select id, email from customers where id = any ($1)", [ids]);

/** Turnpike with a Stripe that counts what it is asked. */
async function watched(obstacle: Obstacle = () => {}) {
  const { stripe, requests } = await standBefore(lent, obstacle);
  return { clients: { ...shop.billing, stripe }, requests };
}

function refuse(param: string): Obstacle {
  return ({ method }, response) => {
    if (method !== "POST") return;
    const error = { type: "invalid_request_error", param, message: "Stripe does not take this" };
    response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ error }));
  };
}

describe("the customers of a user", () => {
  it("are those with the confirmed address too, however many, and none of them is asked for twice", async () => {
    const listed = await Promise.all(Array.from({ length: 103 }, () => addCustomer({ email: user.email })));
    const elsewhere = await addCustomer({ email: "another@example.com" });
    await supabase.query("insert into customers (id, user_id) values ($1, $3), ($2, $3)", [
      listed[0],
      elsewhere,
      user.id,
    ]);
    const { clients, requests } = await watched();
    await findPayersCustomers(clients, payer(), buyer());
    expect(await mirrored(listed)).toHaveLength(103);
    expect(await mirrored([elsewhere])).toEqual([{ id: elsewhere, email: "another@example.com" }]);
    const list = `GET /v1/customers?email=${encodeURIComponent(user.email)}&limit=100`;
    expect(requests.toSorted()).toEqual([
      `GET /v1/customers/${elsewhere}`,
      expect.stringMatching(/^GET .v1.customers\?created\[gte\]=\d+&limit=100$/),
      list,
      expect.stringContaining(`${list}&starting_after=cus_`),
    ]);
  }, 30_000);

  it("are those too who wrote that address in other letters a moment ago: what they bought is not sold again", async () => {
    await shop.pay(await openCheckout(shop.billing, undefined, shop.purchase(price)), {
      email: user.email.toUpperCase(),
    });
    const stranger = await addCustomer({ email: `x${user.email}` });
    expect(await openCheckout(shop.billing, user, shop.purchase(price))).toContain("/p/session/");
    const { own } = await findPayersCustomers(shop.billing, payer(), buyer());
    expect(own).toHaveLength(1);
    expect(await mirrored([stranger])).toEqual([]);
  });

  it.each([
    ["an address that nobody confirmed", () => buyer({ emailConfirmed: false }), payer],
    ["no address", () => buyer({ email: undefined }), payer],
    ["an organisation's, whose manager has an address of their own", () => buyer(), organization],
  ])("are not looked for by %s", async (_, who, whose) => {
    const theirs = await addCustomer({ email: user.email });
    const { clients, requests } = await watched();
    expect(await findPayersCustomers(clients, whose(), who())).toEqual({ own: [], named: [] });
    expect(await mirrored([theirs])).toEqual([]);
    expect(requests).toEqual([]);
  });
});

describe("the address of a user", () => {
  /** A customer of whom the mirror knows this address. */
  async function addKnown(email: string): Promise<string> {
    const id = await addCustomer({ email });
    await supabase.query("insert into customers (id, user_id, email) values ($1, $2, $3)", [id, user.id, email]);
    return id;
  }

  it("is sent to those of the customers who have another, and to no other customer", async () => {
    const [outdated, uptodate, stranger] = [
      await addKnown("old@example.com"),
      await addKnown(user.email),
      await addKnown("old@example.com"),
    ];
    const { clients, requests } = await watched();
    await sendEmail(clients, payer(), buyer(), [outdated, uptodate]);
    expect(requests).toEqual([`POST /v1/customers/${outdated}`]);
    expect(await lent.stripe.customers.retrieve(outdated)).toMatchObject({ email: user.email });
    expect(await lent.stripe.customers.retrieve(stranger)).toMatchObject({ email: "old@example.com" });
    expect(await mirrored([outdated])).toEqual([{ id: outdated, email: user.email }]);
  });

  it.each([
    ["is not confirmed", () => buyer({ emailConfirmed: false }), payer],
    ["is none", () => buyer({ email: undefined }), payer],
    ["is a manager's", () => buyer(), organization],
  ])("that %s is sent to nobody", async (_, who, whose) => {
    const outdated = await addKnown("old@example.com");
    const { clients, requests } = await watched();
    await sendEmail(clients, whose(), who(), [outdated]);
    expect(requests).toEqual([]);
  });

  it("that Stripe does not take keeps nobody from buying; any other refusal is an error", async () => {
    const outdated = await addKnown("old@example.com");
    const send = async (param: string) =>
      sendEmail((await watched(refuse(param))).clients, payer(), buyer(), [outdated]);
    await expect(send("email")).resolves.toBeUndefined();
    await expect(send("name")).rejects.toMatchObject({ param: "name" });
  });
});

describe("a customer who is made", () => {
  it("says whose it is: of an organisation's, not its manager's", async () => {
    const id = await createCustomer(shop.billing, organization(), buyer());
    expect(await lent.stripe.customers.retrieve(id)).toMatchObject({
      email: user.email,
      metadata: { organization_id: `org-${user.id}` },
    });
    const rows = await supabase.query("select organization_id, user_id from customers where id = $1", [id]);
    expect(rows).toEqual([{ organization_id: `org-${user.id}`, user_id: null }]);
  });

  it("is not asked for once more, nor without an address, when Stripe refuses something else", async () => {
    const { clients, requests } = await watched(refuse("metadata"));
    await expect(createCustomer(clients, payer(), buyer())).rejects.toMatchObject({ param: "metadata" });
    expect(requests.filter((request) => request.startsWith("POST"))).toEqual(["POST /v1/customers"]);
  });
});

it("all subscriptions of all customers are listed, however many, and the mirror knows them", async () => {
  const customers = [await addCustomer({}), await addCustomer({})];
  const subscribe = (customer: string | undefined) =>
    lent.stripe.subscriptions.create({ customer: customer ?? "", items: [{ price }], trial_period_days: 7 });
  const made = await Promise.all(Array.from({ length: 102 }, (_, n) => subscribe(customers[n === 0 ? 1 : 0])));
  const ids = made.map(({ id }) => id).toSorted();
  await lent.stripe.subscriptions.cancel(ids[0] ?? "");
  const { clients, requests } = await watched();
  const listed = await listSubscriptions(clients, customers);
  expect(listed.map(({ id }) => id).toSorted()).toEqual(ids);
  expect(requests).toHaveLength(3);
  const rows = await supabase.query<{ id: string }>("select id from user_subscriptions where customer_id = any ($1)", [
    customers,
  ]);
  expect(rows.map(({ id }) => id).toSorted()).toEqual(ids);
}, 30_000);

describe("who buys", () => {
  it("is known by what the database says of them now", async () => {
    expect(await getBuyer(supabase.client, user)).toEqual(buyer());
    await supabase.query("update auth.users set email = '', email_confirmed_at = null where id = $1", [user.id]);
    expect(await getBuyer(supabase.client, user)).toEqual({ id: user.id, email: undefined, emailConfirmed: false });
  });

  it("is told to sign in with another account when theirs was deleted", async () => {
    await supabase.query("delete from auth.users where id = $1", [user.id]);
    await expect(getBuyer(supabase.client, user)).rejects.toMatchObject({
      code: "unauthenticated",
      message: "This account does not exist any more. Sign in with another one.",
    });
  });
});
