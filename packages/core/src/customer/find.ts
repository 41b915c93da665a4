import type { Clients } from "../clients.ts";
import { note, noteList, objects } from "../mirror/index.ts";
import { findCustomers, type Payer } from "../payer/index.ts";
import { listWhole } from "../stripe/index.ts";
import type { Buyer } from "./buyer.ts";

/** The Stripe customers of a payer, by their ids. */
export interface PayersCustomers {
  /** The one to sell to first. */
  own: string[];
  /** Whose purchases name the user: they have the use of what was bought, and nothing to manage. */
  named: string[];
}

/**
 * The customers of a payer. Stripe is asked about each, since one may be deleted there; and for others with the user's confirmed
 * address: what they bought as a guest a moment ago, or what was made for them by hand, may not have arrived yet.
 */
export async function findPayersCustomers(clients: Clients, payer: Payer, buyer: Buyer): Promise<PayersCustomers> {
  const known = (await findCustomers(clients.supabase, payer)).map(({ id }) => id);
  const listed = "userId" in payer ? await listByEmail(clients, buyer) : [];
  const others = known.filter((id) => !listed.includes(id));
  await Promise.all(others.map((id) => note(clients, "customer", () => objects.customer.retrieve(clients.stripe, id))));

  const found = await findCustomers(clients.supabase, payer);
  const idsOf = (own: boolean) => found.flatMap(({ id, isOwned }) => (isOwned === own ? [id] : []));
  return { own: idsOf(true), named: idsOf(false) };
}

async function listByEmail(clients: Clients, { email, emailConfirmed }: Buyer): Promise<string[]> {
  if (!email || !emailConfirmed) return [];
  const list = (page: object) =>
    noteList(clients, "customer", () => clients.stripe.customers.list({ email, limit: 100, ...page }));
  return (await listWhole(await list({}), list)).data.map(({ id }) => id);
}
