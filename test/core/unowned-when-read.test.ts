import { applyOwners, inCsv } from "@turnpike/core/owners";
import { beforeEach, describe, expect, it } from "vitest";
import { event } from "../builders.ts";
import { eachWithAccount } from "../parts/account.ts";

const account = eachWithAccount();
const PAYERS = 7;
const SUBJECT = "Purchases from before belong to nobody";

let price: string;
beforeEach(async () => {
  price = (await account.shop.sell("monthly")).id;
});

/** An account in which so many subscribe, and one bought something at once, whom nothing names. */
async function makeOld(): Promise<string[]> {
  const customers: string[] = [];
  for (let n = 0; n < PAYERS; n++) customers.push((await account.addSubscriber({ price })).customer);
  const { id: once } = await account.shop.sell("once");
  const { url } = await account.stripe.checkout.sessions.create({
    mode: "payment",
    line_items: [{ price: once, quantity: 1 }],
    success_url: "https://app.example.com",
  });
  await account.shop.pay(`${url}`);
  await account.past.growOld();
  return customers;
}

/** One more who is nobody's, of whom an event tells. */
async function subscribeByEvent(): Promise<string> {
  const { subscription } = await account.addSubscriber({ price });
  const created = await account.stripe.subscriptions.retrieve(subscription);
  await account.shop.apply(event("customer.subscription.created", created, created.created));
  return subscription;
}

const singles = async () => (await account.relay.notices("paid_unowned")).map(({ object_id }) => object_id);
const giveAll = async (customers: string[]) => {
  const lines = ["customer_id,user_id"];
  for (const customer of customers) lines.push(`${customer},${(await account.shop.newUser()).id}`);
  let given = 0;
  for await (const batch of applyOwners(account.supabase.client, inCsv(lines.join("\n")))) given += batch.length;
  expect(given).toBe(customers.length);
};

describe("what a first reading finds paid for and nobody's", () => {
  it("is told of in one notice for all, once it has ended", async () => {
    await makeOld();
    await account.reading.begin();
    expect(await account.relay.run()).toEqual([]);
    expect(await account.reading.work()).toMatchObject({ state: "done", failed: 0 });
    expect(await singles()).toEqual([]);
    expect(await account.relay.run()).toEqual([]);
    await account.relay.wait("5 minutes");
    const mails = await account.relay.run();
    expect(mails).toMatchObject([{ subject: SUBJECT, lines: [expect.stringContaining(`no user: ${PAYERS + 1}.`)] }]);
    await account.relay.wait("30 days");
    expect(await account.relay.run()).toEqual([]);
  });

  it("is not told of where all of it was given to somebody in the meantime", async () => {
    const customers = await makeOld();
    await account.reading.sync();
    await giveAll(customers);
    await account.supabase.query("delete from checkout_sessions");
    await account.relay.wait("1 day");
    expect(await account.relay.run()).toEqual([]);
  });

  it("is told of after a day where it never ends, and what comes after that by itself: nothing goes untold", async () => {
    await makeOld();
    await account.reading.syncCustomers(1);
    const during = await subscribeByEvent();
    expect(await singles()).not.toContain(during);
    await account.relay.wait("23 hours 55 minutes");
    const after = await subscribeByEvent();
    expect(await singles()).toEqual([after]);
    await account.relay.wait("5 minutes");
    const mails = await account.relay.run();
    const { count } = account.reading;
    const all = await count("billing.unowned_purchases");
    expect(mails.find(({ subject }) => subject === SUBJECT)?.lines).toEqual([expect.stringContaining(`: ${all}.`)]);
    expect(mails.flatMap(({ lines }) => lines).join()).toContain(after);
    const later = await subscribeByEvent();
    expect(await singles()).toEqual([after, later]);
  });

  it("is told of again when the mail could not be sent", async () => {
    await makeOld();
    await account.reading.sync();
    await account.relay.wait("5 minutes");
    await account.relay.run({ tell: () => Promise.reject(new Error("no mail")) });
    const meanwhile = await subscribeByEvent();
    expect(await singles()).toEqual([meanwhile]);
    await account.relay.wait("1 hour");
    expect((await account.relay.run()).map(({ subject }) => subject).sort()).toEqual([
      "A purchase belongs to nobody",
      SUBJECT,
    ]);
  });
});

it("what events bring before, after and without a first reading is told of one by one", async () => {
  const before = await subscribeByEvent();
  await makeOld();
  await account.reading.sync();
  const after = await subscribeByEvent();
  await account.relay.wait("1 day");
  await account.relay.run();
  // All is known, so that what a second reading finds is no account.past.
  await account.reading.begin();
  const beside = await subscribeByEvent();
  expect(await account.reading.work()).toMatchObject({ state: "done" });
  expect(await singles()).toEqual([before, after, beside]);
  expect(await account.relay.notices("unowned_when_read")).toHaveLength(1);
});
