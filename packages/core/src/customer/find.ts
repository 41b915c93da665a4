import type { Clients } from "../clients.ts";
import { noteAnew, noteList } from "../mirror/index.ts";
import { argumentsOf, findCustomers, type Payer } from "../payer/index.ts";
import { isMissing, listWhole } from "../stripe/index.ts";
import { dataOf } from "../supabase/index.ts";
import type { Buyer } from "./buyer.ts";
import { atSameAccount } from "./same-account.ts";
import { emailClause, metadataClause, searchCustomers } from "./search.ts";

/** The Stripe customers of a payer, by their ids. */
export interface PayersCustomers {
  /** The one to sell to first. */
  own: string[];
  /** Nobody's, whose purchases name the user: they have the use of what was bought, and nothing to manage. */
  named: string[];
}

/**
 * The customers of a payer. Stripe is asked about each, since one may be deleted there; and for others with the user's confirmed
 * address, also in other letters: what they bought as a guest a moment ago, or what was made for them by hand, may not have arrived
 * yet. Of an account with a past Stripe is asked also for those whose metadata name the payer, until all customers are in rows; and for those that the operator promised.
 * @throws BillingError `account_being_read`, `other_account`
 */
export function findPayersCustomers(clients: Clients, payer: Payer, buyer: Buyer): Promise<PayersCustomers> {
  return atSameAccount(clients, () => find(clients, payer, buyer));
}

async function find(clients: Clients, payer: Payer, buyer: Buyer): Promise<PayersCustomers> {
  const email = "userId" in payer && buyer.emailConfirmed ? buyer.email : undefined;
  const [known, listed, newest, unread] = await Promise.all([
    findCustomers(clients.supabase, payer),
    listByEmail(clients, email),
    listNewestByEmail(clients, email),
    findUnread(clients, payer, email),
  ]);
  const others = new Set([...known.map(({ id }) => id), ...newest, ...unread].filter((id) => !listed.includes(id)));
  await Promise.all([...others].map((id) => noteAnew(clients, "customer", id)));

  const found = await findCustomers(clients.supabase, payer);
  const idsOf = (own: boolean) => found.flatMap(({ id, isOwned }) => (isOwned === own ? [id] : []));
  return { own: idsOf(true), named: idsOf(false) };
}

async function findUnread(clients: Clients, payer: Payer, email: string | undefined): Promise<string[]> {
  const { stripe, supabase } = clients;
  const unread = dataOf(await supabase.rpc("find_unread_customers", argumentsOf(payer)).single());
  const { may_be_unread: mayBeUnread, metadata_keys: keys, promised } = unread;
  const [searched] = await Promise.all([
    mayBeUnread ? searchCustomers(stripe, clausesOf(keys, payer, email)) : [],
    bringPromised(clients, promised),
  ]);
  return searched;
}

function clausesOf(keys: string[], payer: Payer, email: string | undefined): string[] {
  const id = "userId" in payer ? payer.userId : payer.organizationId;
  const clauses = keys.map((key) => metadataClause(key, id));
  // Stripe lists by an address as it is written, and searches whatever its case.
  if (email) clauses.push(emailClause(email));
  return clauses;
}

/** Brings into rows, and so to the payer, what the operator has said to be the payer's, as far as Stripe knows it. */
async function bringPromised(clients: Clients, promised: string[]): Promise<void> {
  const noted = promised.map((id) =>
    noteAnew(clients, "customer", id).catch((error) => {
      if (!isMissing(error)) throw error;
    }),
  );
  await Promise.all(noted);
}

async function listByEmail(clients: Clients, email: string | undefined): Promise<string[]> {
  if (!email) return [];
  const list = (page: object) =>
    noteList(clients, "customer", () => clients.stripe.customers.list({ email, limit: 100, ...page }));
  return (await listWhole(await list({}), list)).data.map(({ id }) => id);
}

/**
 * Whoever bought as a guest a moment ago may have written their address in other letters, by which Stripe's list does not find them, and
 * its search not within the minute. So they are looked for among the customers that were made last; events have told of those before.
 */
async function listNewestByEmail({ stripe }: Clients, email: string | undefined): Promise<string[]> {
  if (!email) return [];
  const created = { gte: Math.floor(Date.now() / 1000) - 3600 };
  const { data } = await stripe.customers.list({ created, limit: 100 });
  return data.filter((each) => each.email?.toLowerCase() === email.toLowerCase()).map(({ id }) => id);
}
