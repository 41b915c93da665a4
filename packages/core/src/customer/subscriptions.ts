import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { getObject, noteList } from "../mirror/index.ts";
import { listWhole, requiredIdOf } from "../stripe/index.ts";

/**
 * All subscriptions of these customers, those that ended too. Stripe is asked, and the mirror learns of them.
 * @param options.noted false for who is about to change one, and will note that: of one second the mirror keeps what it heard first
 */
export async function listSubscriptions(
  clients: Clients,
  customers: string[],
  { noted = true }: { noted?: boolean } = {},
): Promise<Stripe.Subscription[]> {
  return (await Promise.all(customers.map((customer) => listOfCustomer(clients, customer, noted)))).flat();
}

/** The ids of the products that a subscription is of. */
export function productsOf({ items }: Stripe.Subscription): string[] {
  return items.data.map(({ price }) => requiredIdOf(price.product));
}

async function listOfCustomer(clients: Clients, customer: string, noted: boolean): Promise<Stripe.Subscription[]> {
  const ask = (page: object) => clients.stripe.subscriptions.list({ customer, status: "all", limit: 100, ...page });
  const list = (page: object) => (noted ? noteList(clients, "subscription", () => ask(page)) : ask(page));
  const { data } = await listWhole(await list({}), list);
  const whole = (id: string) => getObject("subscription").retrieve(clients.stripe, id);
  return Promise.all(data.map((each) => (each.items.has_more ? whole(each.id) : each)));
}
