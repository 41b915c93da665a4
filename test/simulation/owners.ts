import type Stripe from "stripe";
import { type AtRest, stripeOf } from "./at-rest.ts";
import type { Customer } from "./customer.ts";

/** Whose everything is at rest: worked out from what Stripe holds and from what people did, not from how the mirror goes about it. */

interface Owned {
  id: string;
  email: string | null;
  user_id: string | null;
  organization_id: string | null;
  named_user_id: string | null;
}

const LIVE = ["trialing", "active", "past_due", "unpaid", "paused"];
/** It may come to be paid, or be paid again. */
export const isLive = (status: string) => LIVE.includes(status);
const GRANTING = ["trialing", "active", "past_due"];

export const OWNER_ORACLES: Record<string, (world: AtRest) => Promise<string[]>> = {
  "every customer is whose metadata say, else whose address it bears": async (world) => {
    const { database, histories } = world;
    const users = await usersOf(world);
    const named = await namedOf(world);
    const { given } = world.shop;
    const addresses = addressesIn(world.account.events());
    const refused = new Set(
      (
        await database.query<{ object_id: string }>("select object_id from billing.outbox where kind = 'claim_refused'")
      ).map(({ object_id }) => object_id),
    );
    return (await ownedOf(world)).flatMap((row) => {
      const { organizations, people, asking } = named.get(row.id) ?? NOBODY;
      const said = `${row.id} is ${row.organization_id ?? row.user_id ?? "nobody's"}`;
      if (given.has(row.id)) return isGiven(row, world) ? [] : [`${said}, and was given to ${given.get(row.id)}`];
      if (organizations.size > 0 && people.size === 0)
        return row.user_id === null && organizations.has(row.organization_id ?? "")
          ? []
          : [`${said}, not its organisation's`];
      const there = [...organizations, ...[...people].filter((id) => users.has(id))];
      const isAsked = there.some((id) => id !== (row.organization_id ?? row.user_id) && asking.has(id));
      if (there.length > 1 && isAsked && !refused.has(row.id))
        return [`${said}, and of ${there.length} who claim it none is told`];
      // What was refused stays so, though whoever had it has left, and whoever bears its address has it since: the operator was told.
      const hasLeft = histories.some(({ customer }) => customer.deleted && people.has(customer.id));
      if (refused.has(row.id) && (row.user_id === null || hasLeft)) return [];
      if (there.length > 0)
        return there.includes(row.organization_id ?? row.user_id ?? "") ? [] : [`${said}, not ${there}'s`];
      // Whose it was has left: the operator was told, and what ran was ended.
      if (hasLeft) return [];
      const address = row.email?.toLowerCase() ?? "";
      // Who has it first keeps it, though it bears another address since.
      const borne = [address, ...(addresses.get(row.id) ?? [])];
      const bearers: string[] = histories.flatMap(({ customer }) =>
        borne.some((each) => customer.confirmed.has(each)) ? [customer.id] : [],
      );
      if (row.user_id !== null && !bearers.includes(row.user_id)) return [`${said}, who never had its address`];
      const bearer = [...users].find(([, confirmed]) => confirmed === address)?.[0];
      return bearer && row.user_id === null ? [`${said}, and not ${bearer}'s, whose address it bears`] : [];
    });
  },

  "what runs and is nobody's is listed as such, and nothing else": async (world) => {
    const rows = new Map((await ownedOf(world)).map((row) => [row.id, row]));
    const running = (await stripeOf(world.account).subscriptions()).filter(({ status }) => isLive(status));
    const unowned = running.filter(({ customer }) => {
      const row = rows.get(String(customer));
      return !row || (row.user_id ?? row.organization_id ?? row.named_user_id) === null;
    });
    const listed = await world.database.query<{ id: string }>(
      "select id from billing.unowned_purchases where kind = 'subscription'",
    );
    return differences(
      listed.map(({ id }) => id),
      unowned.map(({ id }) => id),
    );
  },

  "every purchase without a customer is whose metadata say, else whose address it was paid with": async (world) => {
    const users = await usersOf(world);
    const { histories, shop, account, database } = world;
    const found = await database.query<Owned>("select id, user_id, organization_id from public.checkout_sessions");
    const rows = new Map(found.map((row) => [row.id, row]));
    const left = (test: (customer: Customer) => boolean) =>
      histories.some(({ customer }) => customer.deleted && test(customer));
    const sessions = await stripeOf(account).list<Stripe.Checkout.Session>("/v1/checkout/sessions", {
      status: "complete",
    });
    return sessions.flatMap(({ id, customer, metadata, customer_details }) => {
      const row = rows.get(id);
      if (customer !== null || !row) return [];
      const said = `${id} is ${row.organization_id ?? row.user_id ?? "nobody's"}`;
      if (shop.given.has(id)) return isGiven(row, world) ? [] : [`${said}, and was given to ${shop.given.get(id)}`];
      const wanted = metadata?.organization_id ?? nameIn(metadata);
      if (left((each) => each.id === wanted)) return [];
      if (wanted) return [row.organization_id, row.user_id].includes(wanted) ? [] : [`${said}, not ${wanted}'s`];
      const address = customer_details?.email?.toLowerCase() ?? "";
      const bearers: string[] = histories.flatMap(({ customer }) =>
        customer.confirmed.has(address) ? [customer.id] : [],
      );
      if (row.user_id !== null && !bearers.includes(row.user_id)) return [`${said}, who never had its address`];
      const bearer = [...users].find(([, confirmed]) => confirmed === address)?.[0];
      const hasLeft = left(({ confirmed }) => confirmed.has(address));
      return bearer && row.user_id === null && !hasLeft
        ? [`${said}, and not ${bearer}'s, who paid with their address`]
        : [];
    });
  },

  "whom a purchase names has the use of it": async (world) => {
    const users = await usersOf(world);
    const rows = new Map((await ownedOf(world)).map((row) => [row.id, row]));
    const sessions = await stripeOf(world.account).list<Stripe.Checkout.Session>("/v1/checkout/sessions", {
      status: "complete",
    });
    const named = Map.groupBy(
      sessions.filter((each) => each.client_reference_id),
      ({ customer }) => String(customer),
    );
    return [...named].flatMap(([customer, all]) => {
      const row = rows.get(customer);
      const references = all.flatMap(({ client_reference_id: id }) => id ?? []);
      return !row || references.includes(row.named_user_id ?? "") || !references.every((id) => users.has(id))
        ? []
        : [`${customer} names ${references}, and ${row.named_user_id} has the use of it`];
    });
  },

  "the operator gives what is nobody's to somebody, by any of its ids": async ({ shop }) => shop.wronglyGiven,

  "what is live, and what gives access, is so by its status": async ({ database }) => {
    const rows = await database.query<{ id: string; status: string; deleted: boolean; live: boolean; grants: boolean }>(
      "select id, status, deleted, is_live as live, grants_access as grants from public.user_subscriptions",
    );
    return rows.flatMap(({ id, status, deleted, live, grants }) =>
      live === (isLive(status) && !deleted) && grants === (GRANTING.includes(status) && !deleted)
        ? []
        : [`${id} is ${status}: ${live ? "live" : "not live"}, ${grants ? "gives access" : "gives none"}`],
    );
  },

  "nobody is sold anything for an organisation that they do not manage": async ({ histories }) =>
    histories.flatMap(({ customer }) => customer.wronglySold),
};

const NOBODY = { organizations: new Set<string>(), people: new Set<string>(), asking: new Set<string>() };

/** Which user the product has written on something, or another system. */
const nameIn = (metadata: Stripe.Metadata | null) => metadata?.user_id ?? metadata?.supabase_id;

/** Whether it is whose the operator gave it to, or they have left. */
function isGiven({ id, user_id, organization_id }: Owned, { shop, histories }: AtRest): boolean {
  const wanted = shop.given.get(id);
  return (
    (organization_id ?? user_id) === wanted ||
    histories.some(({ customer }) => customer.deleted && customer.id === wanted)
  );
}

/** By customer, whom the metadata of what Stripe holds of it name, and who of them asks for it: a page that has run out does not. */
export async function namedOf({ account }: AtRest): Promise<Map<string, typeof NOBODY>> {
  const { list } = stripeOf(account);
  const customers = await list<Stripe.Customer>("/v1/customers", {});
  const sessions = await list<Stripe.Checkout.Session>("/v1/checkout/sessions", {});
  const known = new Set(customers.map(({ id }) => id));
  const naming = [
    ...customers.map(({ id, metadata }) => ({ id, metadata, isPast: false })),
    // Whom they named for a moment, too: the first owner stays.
    ...account.events().flatMap(({ type, data }) => {
      const { id, metadata } = data.object as Stripe.Customer;
      return /^customer\.(created|updated)$/.test(type) && known.has(id) ? [{ id, metadata, isPast: false }] : [];
    }),
    // Of a page that is open no event tells; of one that has run out one does.
    ...sessions
      .filter(({ status, customer }) => status !== "open" && customer !== null)
      .map(({ customer, metadata, status }) => ({ id: String(customer), metadata, isPast: status === "expired" })),
  ];
  const named = new Map<string, typeof NOBODY>();
  for (const { id, metadata, isPast } of naming) {
    const known = named.get(id) ?? { organizations: new Set(), people: new Set(), asking: new Set() };
    named.set(id, known);
    if (metadata?.organization_id) known.organizations.add(metadata.organization_id);
    else if (nameIn(metadata)) known.people.add(nameIn(metadata) ?? "");
    if (!isPast) known.asking.add(metadata?.organization_id || nameIn(metadata) || "");
  }
  return named;
}

const ownedOf = ({ database }: AtRest) =>
  database.query<Owned>(
    "select id, email, user_id, organization_id, named_user_id from public.customers where not deleted",
  );

/** By customer, all addresses that it has borne. */
function addressesIn(events: Stripe.Event[]): Map<string, string[]> {
  const borne = events.flatMap(({ type, data }) => {
    const { id, email } = data.object as Stripe.Customer;
    return /^customer\.(created|updated)$/.test(type) && email ? [{ id, email: email.toLowerCase() }] : [];
  });
  return new Map([...Map.groupBy(borne, ({ id }) => id)].map(([id, all]) => [id, all.map(({ email }) => email)]));
}

/** The users that there are, each with the address that they have confirmed. */
async function usersOf({ database }: AtRest): Promise<Map<string, string | undefined>> {
  const users = await database.query<{ id: string; address: string | null }>(
    "select id, case when email_confirmed_at is not null then lower(email) end as address from auth.users",
  );
  return new Map(users.map(({ id, address }) => [id, address ?? undefined]));
}

function differences(found: string[], wanted: string[]): string[] {
  return [
    ...found.filter((id) => !wanted.includes(id)).map((id) => `${id} is listed`),
    ...wanted.filter((id) => !found.includes(id)).map((id) => `${id} is not listed`),
  ];
}
