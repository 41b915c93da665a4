import { explain } from "@turnpike/core/explain";
import { assignPurchase, findOwner, listUnowned } from "@turnpike/core/payer";
import { createStripe } from "@turnpike/core/stripe";
import { describe, expect, it, onTestFinished } from "vitest";
import { event, id } from "../builders.ts";
import { eachWithAccount } from "../parts/account.ts";
import { forbid, standBefore } from "../parts/proxy.ts";
import { LONG_AGO } from "../parts/shop.ts";

const account = eachWithAccount();

/** A user who subscribed, and whose subscription the mirror shows with all that is of it. */
async function subscriber() {
  const user = await account.shop.newUser();
  const { id: price } = await account.shop.sell("monthly");
  const metadata = { user_id: user.id };
  const { customer, subscription } = await account.addSubscriber({ price, email: user.email, metadata });
  await account.reading.sync();
  const [invoice] = (await account.stripe.invoices.list({ subscription })).data;
  return { user, customer, subscription, invoice: invoice?.id ?? "" };
}

async function explained(reference: string) {
  const explanation = await explain(account.shop.billing, reference);
  if (!explanation) throw new Error(`Nobody knows ${reference}`);
  return explanation;
}
const wrong = ({ objects }: Awaited<ReturnType<typeof explained>>) =>
  objects.filter(({ verdict }) => verdict !== "equal" && verdict !== "awaited");

describe("what Stripe and the mirror both show", () => {
  it("agrees, whatever it is asked by", async () => {
    const { user, customer, subscription, invoice } = await subscriber();
    for (const reference of [user.id, user.email.toUpperCase(), customer, subscription, invoice]) {
      const explanation = await explained(reference);
      expect(wrong(explanation), reference).toEqual([]);
      expect(explanation.agrees, reference).toBe(true);
      expect(explanation.objects.map(({ id: each }) => each)).toContain(customer);
    }
    for (const reference of [user.id, user.email, user.email.toUpperCase()]) {
      const { payer } = await explained(reference);
      expect(payer, reference).toMatchObject({ userId: user.id, email: user.email, hasAccess: true });
    }
  });

  it("is shown but for the kinds that the key may not read, of which nothing is said", async () => {
    const { user } = await subscriber();
    let lacking = /^\/v1\/(charges|entitlements)/;
    const { stripe } = await standBefore(account.lent, ({ url = "" }, response) => {
      if (lacking.test(url)) forbid(response, "acct_1", "rak_charge_read");
    });
    const ask = () => explain({ ...account.shop.billing, stripe }, user.id);
    const explanation = await ask();
    expect(explanation).toMatchObject({ agrees: true, forbidden: ["charge", "entitlements"] });
    const kinds = explanation?.objects.map(({ object }) => object);
    expect(kinds).toEqual(expect.arrayContaining(["customer", "invoice", "payment_intent"]));
    expect(kinds).not.toContain("charge");
    lacking = /^\/v1\/customers/;
    await expect(ask()).rejects.toMatchObject({ statusCode: 403 });
  });

  it("is shown whole for a payment, by whichever of its parts", async () => {
    const { invoice, customer } = await subscriber();
    const [charge] = (await account.stripe.charges.list()).data;
    const intent = String(charge?.payment_intent);
    // What was read within the same second could not be told from what is read now.
    await account.supabase.query("update billing.charges set as_of = as_of - interval '1 hour'");
    const refund = await account.stripe.refunds.create({ payment_intent: intent, amount: 100 });
    await account.reading.sync();
    for (const reference of [invoice, intent, charge?.id ?? "", refund.id]) {
      const { objects, agrees, claims } = await explained(reference);
      const kinds = objects.map(({ object }) => object);
      expect(kinds, reference).toEqual(
        expect.arrayContaining(["customer", "invoice", "invoice_payment", "payment_intent", "charge", "refund"]),
      );
      expect(claims, reference).toContainEqual(expect.objectContaining({ subject: customer, stands: true }));
      expect(agrees, reference).toBe(true);
    }
  });
});

describe("what differs is named", () => {
  it("a column, with what each side says", async () => {
    const { user, invoice } = await subscriber();
    await account.supabase.query("update billing.invoices set amount_paid = amount_paid - 1 where id = $1", [invoice]);
    const explanation = await explained(user.id);
    expect(explanation.agrees).toBe(false);
    expect(wrong(explanation)).toMatchObject([
      { id: invoice, verdict: "differs", differing: [{ column: "amount_paid", stripe: 2900, mirror: 2899 }] },
    ]);
  });

  it("a row that is missing, and one too many", async () => {
    const { customer, subscription } = await subscriber();
    await account.supabase.query("delete from public.user_subscriptions where id = $1", [subscription]);
    await account.supabase.query(
      "insert into billing.charges (id, customer_id, status, currency, amount, amount_captured, amount_refunded, created_at) values ('ch_invented', $1, 'succeeded', 'usd', 1, 1, 0, now())",
      [customer],
    );
    const explanation = await explained(customer);
    expect(wrong(explanation)).toEqual([
      expect.objectContaining({ id: subscription, verdict: "missing" }),
      expect.objectContaining({ id: "ch_invented", verdict: "unknown" }),
    ]);
  });

  it("a subscriber of whom the mirror has heard nothing yet, by the metadata and by the address", async () => {
    const users = [await account.shop.newUser(), await account.shop.newUser()] as const;
    const customers = await Promise.all([
      account.stripe.customers.create({ metadata: { user_id: users[0].id } }),
      account.stripe.customers.create({ email: users[1].email }),
    ]);
    for (const [place, { id: customer }] of customers.entries()) {
      const explanation = await explained(users[place]?.id ?? "");
      expect(explanation.agrees).toBe(false);
      expect(wrong(explanation)).toMatchObject([{ object: "customer", id: customer, verdict: "missing" }]);
    }
  });

  it("a deletion that the mirror has not heard of", async () => {
    const { customer } = await subscriber();
    await account.stripe.customers.del(customer);
    const [first] = wrong(await explained(customer));
    expect(first).toMatchObject({ object: "customer", verdict: "differs" });
    expect(first?.differing).toContainEqual({ column: "deleted", stripe: true, mirror: false });
  });

  it("an owner that Stripe names and the mirror lost", async () => {
    const { user, customer } = await subscriber();
    await account.supabase.query("update public.customers set user_id = null, owned_by = null where id = $1", [
      customer,
    ]);
    const { agrees, misattributed, claims } = await explained(customer);
    expect({ agrees, misattributed }).toEqual({ agrees: false, misattributed: [customer] });
    expect(claims).toContainEqual(
      expect.objectContaining({ subject: customer, by: "metadata", userId: user.id, stands: false }),
    );
  });
});

it("a claim that was followed is shown as what stands, and not as refused beside it", async () => {
  const { user, customer } = await subscriber();
  expect((await explained(customer)).claims).toEqual([
    { subject: customer, by: "metadata", userId: user.id, organizationId: null, stands: true, unborne: null },
  ]);
});

it("another claim than the first owner's is shown, and is no fault", async () => {
  const { user, customer } = await subscriber();
  const other = await account.shop.newUser();
  await account.stripe.customers.update(customer, { metadata: { user_id: other.id } });
  await account.reading.sync();
  const { claims, agrees, notices } = await explained(customer);
  expect(claims).toEqual([
    { subject: customer, by: "metadata", userId: user.id, organizationId: null, stands: true, unborne: null },
    { subject: customer, by: "metadata", userId: other.id, organizationId: null, stands: false, unborne: null },
  ]);
  expect(notices).toContainEqual(expect.objectContaining({ kind: "claim_refused", objectId: customer }));
  expect(agrees).toBe(true);
});

it("metadata that name a user who is not there are said to, and are no fault of the mirror's", async () => {
  const [user, other] = [await account.shop.newUser(), crypto.randomUUID()];
  const customers = await Promise.all(
    [other, "7", user.id].map((user_id) => account.stripe.customers.create({ metadata: { user_id } })),
  );
  await account.supabase.query("delete from auth.users where id = $1", [user.id]);
  await account.reading.sync();
  const said = await Promise.all(customers.map(({ id }) => explained(id)));
  const unborne = (value: string, deleted = false) => ({ key: "user_id", value, deleted });
  expect(said.map(({ claims }) => claims.map((claim) => claim.unborne ?? claim.by))).toEqual([
    ["nobody", unborne(other)],
    ["nobody", unborne("7")],
    ["nobody", unborne(user.id, true)],
  ]);
  expect(said.map(({ agrees }) => agrees)).toEqual([true, true, true]);
});

it("what Stripe shows and no column can hold is named, and the rest is compared all the same", async () => {
  const { customer, subscription } = await subscriber();
  await account.supabase.query("alter table public.customers alter column name type char(3) using left(name, 3)");
  onTestFinished(async () => {
    await account.supabase.query("alter table public.customers alter column name type text");
  });
  await account.stripe.customers.update(customer, { name: "Ada Lovelace" });
  const { unreadable, objects, agrees } = await explained(customer);
  expect(unreadable).toEqual({ [customer]: "customer: Postgres cannot hold it (22001)" });
  expect(objects.find(({ id }) => id === subscription)).toMatchObject({ verdict: "equal" });
  expect(agrees).toBe(false);
});

it("each event is shown with what became of it, and why", async () => {
  const { customer, invoice } = await subscriber();
  const broken = { ...(await account.stripe.invoices.retrieve(invoice)), amount_paid: "much" };
  const failing = event("invoice.paid", broken, LONG_AGO);
  expect(await account.shop.apply(failing)).toEqual(["failed"]);
  const { events } = await explained(customer);
  expect(events).toContainEqual(
    expect.objectContaining({
      id: failing.id,
      type: "invoice.paid",
      objectId: invoice,
      outcome: "failed",
      reason: "invoice.amount_paid: Postgres refused it (22P02)",
    }),
  );
});

it("who never bought anything is known, and what nobody knows is not", async () => {
  const user = await account.shop.newUser();
  await account.reading.sync();
  expect(await explained(user.id)).toMatchObject({ payer: { hasAccess: false }, objects: [], agrees: true });
  for (const reference of ["cus_nobody", "sub_nobody", "in_nobody", "nobody@example.com", "acme"]) {
    expect(await explain(account.shop.billing, reference), reference).toBeUndefined();
  }
});

it("who pays and is no user is found by the address, however it is written", async () => {
  const { id: price } = await account.shop.sell("monthly");
  const email = `${id("Grace")}@Example.com`;
  const { customer, subscription } = await account.addSubscriber({ price, email });
  const { id: other } = await account.stripe.customers.create({ email });
  await account.reading.sync();
  const explanation = await explained(email.toLowerCase());
  expect(explanation).toMatchObject({ kind: "customer", payer: null, agrees: true });
  const ids = explanation.objects.map((compared) => compared.id);
  expect(ids).toEqual(expect.arrayContaining([customer, other, subscription]));
});

it("a key of another account is refused before anything is compared", async () => {
  await subscriber();
  await account.supabase.query("update billing.stripe_account set id = 'acct_other'");
  await expect(explain(account.shop.billing, "cus_1")).rejects.toMatchObject({ code: "other_stripe_account" });
});

it("asking introduces no key", async () => {
  const stripe = createStripe({ secretKey: "sk_test_asking", apiBase: account.lent.apiBase });
  await explain({ ...account.shop.billing, stripe }, "cus_1");
  expect(await account.supabase.query("select from billing.stripe_account")).toEqual([]);
});

it("a purchase of nobody is listed until somebody is given it, with all that is of its customer", async () => {
  const { id: price } = await account.shop.sell("monthly");
  const { customer, subscription } = await account.addSubscriber({ price, email: `${id("guest")}@example.com` });
  await account.reading.sync();
  expect(await listUnowned(account.supabase.client, 10)).toMatchObject([
    { id: subscription, kind: "subscription", customerId: customer },
  ]);
  expect(await findOwner(account.supabase.client, subscription)).toBe("nobody");

  const user = await account.shop.newUser();
  expect(await assignPurchase(account.supabase.client, subscription, { userId: user.id })).toBe(true);
  expect(await listUnowned(account.supabase.client, 10)).toEqual([]);
  expect(await findOwner(account.supabase.client, customer)).toEqual({ userId: user.id });
  expect((await explained(user.id)).payer?.hasAccess).toBe(true);
  expect(await findOwner(account.supabase.client, "sub_nobody")).toBeUndefined();
});
