import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { noteList } from "../mirror/index.ts";
import { listWhole, requiredIdOf } from "../stripe/index.ts";

/** All subscriptions of these customers, those that ended too. Stripe is asked, and the mirror learns of them. */
export async function listSubscriptions(clients: Clients, customers: string[]): Promise<Stripe.Subscription[]> {
  return (await Promise.all(customers.map((customer) => listOfCustomer(clients, customer)))).flat();
}

/** The ids of the products that a subscription is of. */
export function productsOf({ items }: Stripe.Subscription): string[] {
  return items.data.map(({ price }) => requiredIdOf(price.product));
}

async function listOfCustomer(clients: Clients, customer: string): Promise<Stripe.Subscription[]> {
  const list = (page: object) =>
    noteList(clients, "subscription", () =>
      clients.stripe.subscriptions.list({ customer, status: "all", limit: 100, ...page }),
    );
  return (await listWhole(await list({}), list)).data;
}
