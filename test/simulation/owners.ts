import type Stripe from "stripe";
import { type AtRest, stripeOf } from "./at-rest.ts";

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
    const refused = new Set(
      (
        await database.query<{ object_id: string }>("select object_id from billing.outbox where kind = 'claim_refused'")
      ).map(({ object_id }) => object_id),
    );
    return (await ownedOf(world)).flatMap((row) => {
      const { organizations, people } = named.get(row.id) ?? NOBODY;
      const said = `${row.id} is ${row.organization_id ?? row.user_id ?? "nobody's"}`;
      if (organizations.size > 0 && people.size === 0)
        return row.user_id === null && organizations.has(row.organization_id ?? "")
          ? []
          : [`${said}, not its organisation's`];
      const there = [...organizations, ...[...people].filter((id) => users.has(id))];
      if (there.length > 1 && !refused.has(row.id))
        return [`${said}, and of ${there.length} who claim it none is told`];
      // What was refused stays so, though whoever had it has left, and whoever bears its address has it since: the operator was told.
      const hasLeft = histories.some(({ customer }) => customer.deleted && people.has(customer.id));
      if (refused.has(row.id) && (row.user_id === null || hasLeft)) return [];
      if (there.length > 0)
        return there.includes(row.organization_id ?? row.user_id ?? "") ? [] : [`${said}, not ${there}'s`];
      // Whose it was has left: the operator was told, and what ran was ended.
      if (hasLeft) return [];
      const address = row.email?.toLowerCase() ?? "";
      const bearers: string[] = histories
        .filter(({ customer }) => customer.confirmed.has(address))
        .map(({ customer }) => customer.id);
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

const NOBODY = { organizations: new Set<string>(), people: new Set<string>() };

/** By customer, whom the metadata of what Stripe holds of it name. */
export async function namedOf({ account }: AtRest): Promise<Map<string, typeof NOBODY>> {
  const { list } = stripeOf(account);
  const customers = await list<Stripe.Customer>("/v1/customers", {});
  const sessions = await list<Stripe.Checkout.Session>("/v1/checkout/sessions", {});
  const known = new Set(customers.map(({ id }) => id));
  const naming = [
    ...customers.map(({ id, metadata }) => ({ id, metadata })),
    // Whom they named for a moment, too: the first owner stays.
    ...account.events().flatMap(({ type, data }) => {
      const { id, metadata } = data.object as Stripe.Customer;
      return /^customer\.(created|updated)$/.test(type) && known.has(id) ? [{ id, metadata }] : [];
    }),
    // Of a page that is open no event tells; of one that has run out one does.
    ...sessions
      .filter(({ status, customer }) => status !== "open" && customer !== null)
      .map(({ customer, metadata }) => ({ id: String(customer), metadata })),
  ];
  const named = new Map<string, typeof NOBODY>();
  for (const { id, metadata } of naming) {
    const known = named.get(id) ?? { organizations: new Set(), people: new Set() };
    named.set(id, known);
    if (metadata?.organization_id) known.organizations.add(metadata.organization_id);
    else if (metadata?.user_id) known.people.add(metadata.user_id);
  }
  return named;
}

const ownedOf = ({ database }: AtRest) =>
  database.query<Owned>(
    "select id, email, user_id, organization_id, named_user_id from public.customers where not deleted",
  );

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
