import { createClient } from "@supabase/supabase-js";
import { findOwner } from "@turnpike/core/payer";
import { beforeAll, describe, expect, it } from "vitest";
import { checkoutSession, customer, event, id, subscription } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { addUser } from "../parts/people.ts";
import { createShop, LONG_AGO, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
});

const email = () => `${id("Guest")}@Example.com`;
const ownerOf = async (customerId: string) =>
  (await supabase.query<{ user_id: string }>("select user_id from customers where id = $1", [customerId]))[0]
    ?.user_id ?? null;
const attached = async (customerId: string) =>
  (await supabase.query("select user_id, owned_by from customers where id = $1", [customerId]))[0];
const named = (user: { id: string }, customerId = id("cus"), at = LONG_AGO) =>
  event("customer.created", customer({ id: customerId, metadata: { user_id: user.id } }), at);

/** A guest's purchase: complete, paid and nobody's. */
function guestSession(address: string, fields: object = {}) {
  const session = checkoutSession({
    client_reference_id: null,
    customer_details: { email: address },
    ...fields,
  } as never);
  return { session, customerId: String(session.customer) };
}
const completed = (session: object, at = LONG_AGO) => event("checkout.session.completed", session, at);
const confirm = (userId: string) =>
  supabase.query("update auth.users set email_confirmed_at = now() where id = $1", [userId]);

describe("a customer that names its user", () => {
  it("is that user's, and stays the first one's", async () => {
    const [ada, grace] = [await shop.newUser(), await shop.newUser()];
    const customerId = id("cus");
    await shop.apply(named(ada, customerId));
    await shop.apply(named(grace, customerId, LONG_AGO + 1));
    expect(await attached(customerId)).toEqual({ user_id: ada.id, owned_by: "metadata" });
  });

  it("is the first one's by Stripe's clock also when both claims come together, in either order", async () => {
    for (const reverse of [false, true]) {
      const [ada, grace] = [await shop.newUser(), await shop.newUser()];
      const customerId = id("cus");
      const claims = [named(ada, customerId), named(grace, customerId, LONG_AGO + 1)];
      await shop.apply(...(reverse ? claims.reverse() : claims));
      expect(await ownerOf(customerId)).toBe(ada.id);
    }
  });

  it("is one of as many as the user has, also when two come together", async () => {
    const user = await shop.newUser();
    const customerIds = [id("cus"), id("cus")];
    expect(await shop.apply(...customerIds.map((customerId) => named(user, customerId)))).toEqual([
      "applied",
      "applied",
    ]);
    expect(await Promise.all(customerIds.map(ownerOf))).toEqual([user.id, user.id]);
  });

  it("is that user's by its metadata rather than another's by its address, whichever came first", async () => {
    for (const reverse of [false, true]) {
      const user = await shop.newUser();
      const address = email();
      await addUser(supabase, { email: address.toLowerCase() });
      const { session, customerId } = guestSession(address);
      const events = [completed(session), named(user, customerId, LONG_AGO + 1)];
      for (const one of reverse ? events.reverse() : events) await shop.apply(one);
      expect(await attached(customerId)).toEqual({ user_id: user.id, owned_by: "metadata" });
    }
  });

  it("and is another's already, stays there, and the operator is told once", async () => {
    const [ada, grace] = [await shop.newUser(), await shop.newUser()];
    const customerId = id("cus");
    await shop.apply(named(ada, customerId));
    await shop.apply(named(grace, customerId, LONG_AGO + 1));
    await shop.apply(named(grace, customerId, LONG_AGO + 2));
    expect(await ownerOf(customerId)).toBe(ada.id);
    const told = await supabase.query("select kind, source_id from billing.outbox where object_id = $1", [customerId]);
    expect(told).toEqual([{ kind: "claim_refused", source_id: grace.id }]);
  });

  it("bears the id under a name of another system, once the product's settings list it", async () => {
    const user = await shop.newUser();
    const shown = customer({ metadata: { supabaseUUID: user.id } });
    await shop.apply(event("customer.updated", shown, LONG_AGO));
    expect(await ownerOf(shown.id)).toBeNull();
    await supabase.query("update billing.settings set user_metadata_keys = '{user_id,supabaseUUID}'");
    try {
      await shop.apply(event("customer.updated", shown, LONG_AGO + 1));
      expect(await attached(shown.id)).toEqual({ user_id: user.id, owned_by: "metadata" });
    } finally {
      await supabase.query("update billing.settings set user_metadata_keys = default");
    }
  });

  it("is an organisation's where it names one, whoever bought, and nothing was refused", async () => {
    const user = await shop.newUser();
    const shown = customer({ metadata: { user_id: user.id, organization_id: "org-7" } });
    await shop.apply(event("customer.created", shown, LONG_AGO));
    expect(await supabase.query("select user_id, organization_id from customers where id = $1", [shown.id])).toEqual([
      { user_id: null, organization_id: "org-7" },
    ]);
    expect(await supabase.query("select kind from billing.outbox where object_id = $1", [shown.id])).toEqual([]);
  });

  it("by what is no id at all is nobody's, and nothing fails", async () => {
    for (const user_id of ["", "42", "null", "0000", `${crypto.randomUUID()}x`]) {
      const customerId = id("cus");
      expect(await shop.apply(named({ id: user_id }, customerId))).toEqual(["applied"]);
      expect(await ownerOf(customerId)).toBeNull();
    }
  });

  it("is nobody's when there is no such user", async () => {
    const customerId = id("cus");
    expect(await shop.apply(named({ id: crypto.randomUUID() }, customerId))).toEqual(["applied"]);
    expect(await ownerOf(customerId)).toBeNull();
  });

  it("beside what the user bought as a guest is theirs too", async () => {
    const address = email();
    const user = await addUser(supabase, { email: address.toLowerCase() });
    const { session, customerId: guest } = guestSession(address);
    await shop.apply(completed(session));
    const own = id("cus");
    await shop.apply(named(user, own));
    expect(await attached(guest)).toEqual({ user_id: user.id, owned_by: "email" });
    expect(await attached(own)).toEqual({ user_id: user.id, owned_by: "metadata" });
  });
});

describe("a guest's purchase", () => {
  it("is the user's who has confirmed its e-mail, however it is written", async () => {
    const address = email();
    const user = await addUser(supabase, { email: address.toLowerCase() });
    const { session, customerId } = guestSession(address);
    await shop.apply(completed(session));
    expect(await attached(customerId)).toEqual({ user_id: user.id, owned_by: "email" });
  });

  it("is nobody's by an address that is not confirmed, and the user's who confirms it", async () => {
    for (const purchaseFirst of [false, true]) {
      const address = email();
      const { session, customerId } = guestSession(address);
      if (purchaseFirst) await shop.apply(completed(session));
      const user = await addUser(supabase, { email: address.toLowerCase(), confirmed: false });
      if (!purchaseFirst) await shop.apply(completed(session));
      expect(await ownerOf(customerId)).toBeNull();
      await confirm(user.id);
      expect(await attached(customerId)).toEqual({ user_id: user.id, owned_by: "email" });
    }
  });

  it("is the user's who signs up with it, confirmed, or changes to it", async () => {
    const [first, second] = [guestSession(email()), guestSession(email())];
    await shop.apply(completed(first.session), completed(second.session));
    const user = await addUser(supabase, { email: first.session.customer_details?.email?.toLowerCase() });
    expect(await ownerOf(first.customerId)).toBe(user.id);
    await supabase.query("update auth.users set email = $1 where id = $2", [
      second.session.customer_details?.email?.toLowerCase(),
      user.id,
    ]);
    expect(await ownerOf(second.customerId)).toBe(user.id);
  });

  it("is not another address's", async () => {
    const { session, customerId } = guestSession(email());
    await shop.apply(completed(session));
    const stranger = await addUser(supabase, { confirmed: false });
    await confirm(stranger.id);
    await addUser(supabase);
    expect(await ownerOf(customerId)).toBeNull();
  });

  it("stays whose it is, whoever else confirms that e-mail later", async () => {
    const owner = await shop.newUser();
    const address = email();
    const { session, customerId } = guestSession(address);
    await shop.apply(named(owner, customerId), completed(session));
    const later = await addUser(supabase, { email: address.toLowerCase(), confirmed: false });
    await confirm(later.id);
    expect(await attached(customerId)).toEqual({ user_id: owner.id, owned_by: "metadata" });
    const other = guestSession(address, { customer: customerId });
    await shop.apply(completed(other.session, LONG_AGO + 5));
    expect(await ownerOf(customerId)).toBe(owner.id);
  });

  it("that names a user who is gone is its address's: whoever signs up again with it has it back", async () => {
    const address = email();
    const gone = await addUser(supabase, { email: address.toLowerCase() });
    const claim = { client_reference_id: gone.id, metadata: { user_id: gone.id } };
    const { session, customerId } = guestSession(address, claim);
    await shop.apply(completed(session));
    await supabase.query("delete from auth.users where id = $1", [gone.id]);
    expect(await ownerOf(customerId)).toBeNull();
    const again = await addUser(supabase, { email: address.toLowerCase() });
    expect(await attached(customerId)).toEqual({ user_id: again.id, owned_by: "email" });
  });

  it("that bears a reference which is no user's is its address's", async () => {
    const address = email();
    const user = await addUser(supabase, { email: address.toLowerCase() });
    const { session, customerId } = guestSession(address, { client_reference_id: "order 7" });
    await shop.apply(completed(session));
    expect(await ownerOf(customerId)).toBe(user.id);
  });

  it("that is not complete is nobody's", async () => {
    for (const status of ["open", "expired"]) {
      const address = email();
      const { session, customerId } = guestSession(address, { status, payment_status: "unpaid" });
      await addUser(supabase, { email: address.toLowerCase() });
      await shop.apply(event("customer.created", customer({ id: customerId }), LONG_AGO));
      await shop.apply(event("checkout.session.expired", session, LONG_AGO));
      const late = await addUser(supabase, { email: `${id("late")}@example.com`, confirmed: false });
      await supabase.query("delete from auth.users where email = $1", [address.toLowerCase()]);
      await supabase.query("update auth.users set email = $1 where id = $2", [address.toLowerCase(), late.id]);
      await confirm(late.id);
      expect(await ownerOf(customerId)).toBeNull();
    }
  });
});

describe("a customer made in the dashboard", () => {
  const made = (address: string, customerId = id("cus")) =>
    event("customer.created", customer({ id: customerId, email: address, metadata: {} }), LONG_AGO);

  it("is the user's who has confirmed its address, before or after", async () => {
    for (const customerFirst of [false, true]) {
      const address = email();
      const customerId = id("cus");
      if (customerFirst) await shop.apply(made(address, customerId));
      const user = await addUser(supabase, { email: address.toLowerCase() });
      if (!customerFirst) await shop.apply(made(address, customerId));
      expect(await attached(customerId)).toEqual({ user_id: user.id, owned_by: "email" });
    }
  });

  it("is the user's beside an empty one of their own", async () => {
    const address = email();
    const user = await addUser(supabase, { email: address.toLowerCase() });
    const [own, found] = [id("cus"), id("cus")];
    await shop.apply(named(user, own), made(address, found));
    expect([await ownerOf(own), await ownerOf(found)]).toEqual([user.id, user.id]);
  });
});

describe("a purchase that names a user in client_reference_id", () => {
  const usable = async (user: { id: string }) =>
    (await supabase.query<{ id: string }>("select billing.usable_customer_ids($1) as id", [user.id])).map(
      ({ id }) => id,
    );

  it("is that user's where they pay with their own address", async () => {
    const address = email();
    const user = await addUser(supabase, { email: address.toLowerCase() });
    const { session, customerId } = guestSession(address, { client_reference_id: user.id });
    await shop.apply(completed(session));
    expect(await attached(customerId)).toEqual({ user_id: user.id, owned_by: "email" });
  });

  it("gives the user what was bought with another address, and whoever confirms that address the rest", async () => {
    const user = await shop.newUser();
    const address = email();
    const { session, customerId } = guestSession(address, { client_reference_id: user.id });
    await shop.apply(completed(session));
    expect(await ownerOf(customerId)).toBeNull();
    expect(await usable(user)).toEqual([customerId]);
    const payer = await addUser(supabase, { email: address.toLowerCase() });
    expect(await ownerOf(customerId)).toBe(payer.id);
    expect(await usable(user)).toEqual([customerId]);
  });

  it("is the user's who comes back from it, and nobody's who comes back to what is another's", async () => {
    const [user, other] = [await shop.newUser(), await shop.newUser()];
    const { session, customerId } = guestSession(email(), { client_reference_id: user.id });
    const alone = guestSession(email(), { customer: null, mode: "payment", client_reference_id: user.id }).session;
    await shop.apply(completed(session), completed(alone));
    for (const { id: user_id } of [user, other]) {
      for (const session_id of [session.id, alone.id])
        await supabase.client.rpc("claim_purchase", { session_id, user_id });
      expect(await attached(customerId)).toEqual({ user_id: user.id, owned_by: "purchase" });
      expect(await supabase.query("select user_id from checkout_sessions where id = $1", [alone.id])).toEqual([
        { user_id: user.id },
      ]);
    }
  });

  it("takes nothing from an owner, and names nobody before it is paid", async () => {
    const [owner, stranger] = [await shop.newUser(), await shop.newUser()];
    const { session, customerId } = guestSession(email(), { client_reference_id: stranger.id, status: "expired" });
    await shop.apply(named(owner, customerId), event("checkout.session.expired", session, LONG_AGO));
    expect([await ownerOf(customerId), await usable(stranger)]).toEqual([owner.id, []]);
    const other = guestSession(email(), { customer: customerId, client_reference_id: stranger.id });
    await shop.apply(completed(other.session, LONG_AGO + 1));
    expect([await ownerOf(customerId), await usable(stranger)]).toEqual([owner.id, [customerId]]);
  });
});

describe("a one-time purchase without a customer", () => {
  const bought = (address: string, fields: object = {}) =>
    guestSession(address, { customer: null, mode: "payment", subscription: null, ...fields }).session;
  const holder = async (sessionId: string) =>
    (await supabase.query("select user_id, organization_id from checkout_sessions where id = $1", [sessionId]))[0];

  it("is the user's whom its metadata name, or who has confirmed its address, before or after", async () => {
    const user = await shop.newUser();
    const named = bought(email(), { metadata: { user_id: user.id } });
    await shop.apply(completed(named));
    expect(await holder(named.id)).toEqual({ user_id: user.id, organization_id: null });
    for (const purchaseFirst of [false, true]) {
      const address = email();
      const session = bought(address);
      if (purchaseFirst) await shop.apply(completed(session));
      const buyer = await addUser(supabase, { email: address.toLowerCase() });
      if (!purchaseFirst) await shop.apply(completed(session));
      expect(await holder(session.id)).toEqual({ user_id: buyer.id, organization_id: null });
    }
  });

  it("is in its user's history, and in nobody else's", async () => {
    const [user, other] = [await shop.newUser(), await shop.newUser()];
    const session = bought(email(), { metadata: { user_id: user.id } });
    await shop.apply(completed(session));
    const seen = async (accessToken: string) =>
      (
        await createClient(supabase.url, supabase.publishableKey, { accessToken: async () => accessToken })
          .from("payment_history")
          .select("checkout_session_id, status")
      ).data;
    expect(await seen(user.accessToken)).toEqual([{ checkout_session_id: session.id, status: "paid" }]);
    expect(await seen(other.accessToken)).toEqual([]);
  });

  it("and without a payment, at 100 % off, is in the history too", async () => {
    const user = await shop.newUser();
    const session = bought(email(), {
      metadata: { user_id: user.id },
      payment_intent: null,
      payment_status: "no_payment_required",
      amount_total: 0,
    });
    await shop.apply(completed(session));
    expect(
      await supabase.query("select amount::int as amount, status from payment_history where checkout_session_id = $1", [
        session.id,
      ]),
    ).toEqual([{ amount: 0, status: "paid" }]);
  });
});

describe("what is paid for and nobody's", () => {
  const unowned = async () =>
    (await supabase.query<{ id: string }>("select id from billing.unowned_purchases")).map((row) => row.id);

  it("is listed until it is assigned", async () => {
    const user = await shop.newUser();
    const { session, customerId } = guestSession(email(), { customer: id("cus") });
    const running = subscription({ customer: customerId, status: "active" } as never);
    const early = [id("cus"), id("cus")].map((customer) => subscription({ customer, status: "active" } as never));
    const alone = guestSession(email(), { customer: null, mode: "payment", subscription: null }).session;
    // Checkout makes a customer for a purchase, too.
    const { session: once, customerId: buyer } = guestSession(email(), {
      customer: id("cus"),
      mode: "payment",
      subscription: null,
    });
    await shop.apply(
      completed(session),
      completed(alone),
      completed(once),
      event("customer.created", customer({ id: buyer }), LONG_AGO),
      ...[running, ...early].map((shown) => event("customer.subscription.updated", shown, LONG_AGO)),
    );
    const ids = [running.id, alone.id, once.id, ...early.map((shown) => shown.id)];
    expect(await unowned()).toEqual(expect.arrayContaining(ids));
    // By what the list calls them; also where the customer has not arrived.
    for (const object_id of [running.id, alone.id, once.id, early[0]?.id ?? "", String(early[1]?.customer)]) {
      expect(await findOwner(supabase.client, object_id), object_id).toBe("nobody");
      const { data } = await supabase.client.rpc("assign_purchase", { object_id, user_id: user.id });
      expect(data, object_id).toBe(true);
      expect(await findOwner(supabase.client, object_id), object_id).toEqual({ userId: user.id });
    }
    expect((await unowned()).filter((each) => ids.includes(each))).toEqual([]);
    expect(await attached(buyer)).toEqual({ user_id: user.id, owned_by: "operator" });
    expect(await attached(customerId)).toEqual({ user_id: user.id, owned_by: "operator" });
    for (const { customer: arriving } of early) {
      const named = customer({ id: String(arriving), metadata: { user_id: (await shop.newUser()).id } });
      await shop.apply(event("customer.created", named, LONG_AGO));
      expect(await attached(named.id)).toEqual({ user_id: user.id, owned_by: "operator" });
    }
  });

  it("is assigned to one payer, or not at all", async () => {
    const user = await shop.newUser();
    const assign = async (args: object) => supabase.client.rpc("assign_purchase", args as never);
    expect((await assign({ object_id: "cus_1" })).error?.message).toBe("Name either a user or an organisation");
    expect((await assign({ object_id: "cus_unknown", user_id: user.id })).data).toBe(false);
  });
});

describe("a user who is deleted", () => {
  const told = (customerId: string) =>
    supabase.query(
      "select kind, object_id from billing.outbox where kind = 'subscription_orphaned' and source_id = $1 order by object_id",
      [customerId],
    );
  const remove = (userId: string) => supabase.query("delete from auth.users where id = $1", [userId]);

  it("and whose subscriptions Stripe may still take money for, is told of, one by one", async () => {
    const user = await shop.newUser();
    const customerId = id("cus");
    await shop.apply(named(user, customerId));
    const running = ["trialing", "active", "past_due", "unpaid", "paused"].map((status) =>
      subscription({ customer: customerId, status } as never),
    );
    const ended = ["incomplete", "incomplete_expired", "canceled"].map((status) =>
      subscription({ customer: customerId, status } as never),
    );
    const [gone, foreign] = [
      subscription({ customer: customerId, status: "active" }),
      subscription({ status: "active" }),
    ];
    await shop.apply(
      ...[...running, ...ended, gone, foreign].map((shown) => event("customer.subscription.updated", shown, LONG_AGO)),
    );
    await supabase.query("update user_subscriptions set deleted = true where id = $1", [gone.id]);
    await remove(user.id);
    expect(await told(`${foreign.customer}`)).toEqual([]);
    const expected = running.map(({ id: object_id }) => ({ kind: "subscription_orphaned", object_id }));
    expect(await told(customerId)).toEqual(expected.sort((a, b) => (a.object_id < b.object_id ? -1 : 1)));
    expect(await ownerOf(customerId)).toBeNull();
  });

  it("and who pays for nothing is not", async () => {
    const user = await shop.newUser();
    const customerId = id("cus");
    await shop.apply(named(user, customerId));
    await remove(user.id);
    expect(await told(customerId)).toEqual([]);
  });
});
