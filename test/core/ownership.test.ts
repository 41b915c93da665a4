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
  (await supabase.query("select user_id, attached_by_email from customers where id = $1", [customerId]))[0];
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
    expect(await attached(customerId)).toEqual({ user_id: ada.id, attached_by_email: false });
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

  it("is the user's only one, also when two come together", async () => {
    const user = await shop.newUser();
    const customerIds = [id("cus"), id("cus")].sort();
    const outcomes = await shop.apply(...customerIds.map((customerId) => named(user, customerId)).reverse());
    expect(outcomes).toEqual(["applied", "applied"]);
    expect(await Promise.all(customerIds.map(ownerOf))).toEqual([user.id, null]);
  });

  it("is the next one once the first is deleted", async () => {
    const user = await shop.newUser();
    const [first, second, third] = [id("cus"), id("cus"), id("cus")];
    await shop.apply(named(user, first));
    expect(await shop.apply(named(user, second))).toEqual(["applied"]);
    expect(await ownerOf(second)).toBeNull();
    await shop.apply(event("customer.deleted", customer({ id: first }), LONG_AGO + 10));
    await shop.apply(named(user, third, LONG_AGO + 20));
    expect(await ownerOf(third)).toBe(user.id);
    expect(await ownerOf(first)).toBe(user.id);
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
    expect(await attached(guest)).toEqual({ user_id: user.id, attached_by_email: true });
    expect(await attached(own)).toEqual({ user_id: user.id, attached_by_email: false });
  });
});

describe("a guest's purchase", () => {
  it("is the user's who has confirmed its e-mail, however it is written", async () => {
    const address = email();
    const user = await addUser(supabase, { email: address.toLowerCase() });
    const { session, customerId } = guestSession(address);
    await shop.apply(completed(session));
    expect(await attached(customerId)).toEqual({ user_id: user.id, attached_by_email: true });
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
      expect(await attached(customerId)).toEqual({ user_id: user.id, attached_by_email: true });
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
    expect(await attached(customerId)).toEqual({ user_id: owner.id, attached_by_email: false });
    const other = guestSession(address, { customer: customerId });
    await shop.apply(completed(other.session, LONG_AGO + 5));
    expect(await ownerOf(customerId)).toBe(owner.id);
  });

  it("that names a user is no guest's, also when that user is gone", async () => {
    const address = email();
    const gone = crypto.randomUUID();
    const { session, customerId } = guestSession(address, { client_reference_id: gone, metadata: { user_id: gone } });
    await shop.apply(completed(session));
    expect(await ownerOf(customerId)).toBeNull();
    await addUser(supabase, { email: address.toLowerCase() });
    expect(await ownerOf(customerId)).toBeNull();
  });

  it("that bears another shop's reference is not given away by its e-mail at once", async () => {
    const address = email();
    await addUser(supabase, { email: address.toLowerCase() });
    const { session, customerId } = guestSession(address, { client_reference_id: "order 7" });
    await shop.apply(completed(session));
    expect(await ownerOf(customerId)).toBeNull();
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

describe("a user who is deleted", () => {
  const told = (userId: string) =>
    supabase.query("select kind, object_id from billing.outbox where source_id = $1 order by object_id", [userId]);
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
    await shop.apply(
      ...[...running, ...ended].map((shown) => event("customer.subscription.updated", shown, LONG_AGO)),
      event("customer.subscription.updated", subscription({ status: "active" }), LONG_AGO), // somebody else's
    );
    await remove(user.id);
    const expected = running.map(({ id: object_id }) => ({ kind: "subscription_orphaned", object_id }));
    expect(await told(user.id)).toEqual(expected.sort((a, b) => (a.object_id < b.object_id ? -1 : 1)));
    expect(await ownerOf(customerId)).toBeNull();
  });

  it("and who pays for nothing is not", async () => {
    const user = await shop.newUser();
    await shop.apply(named(user));
    await remove(user.id);
    expect(await told(user.id)).toEqual([]);
  });
});
