import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { noteList } from "../mirror/index.ts";
import { listWhole } from "../stripe/index.ts";

/** All subscriptions of these customers, those that ended too. Stripe is asked, and the mirror learns of them. */
export async function listSubscriptions(clients: Clients, customers: string[]): Promise<Stripe.Subscription[]> {
  return (await Promise.all(customers.map((customer) => listOfCustomer(clients, customer)))).flat();
}

async function listOfCustomer(clients: Clients, customer: string): Promise<Stripe.Subscription[]> {
  const list = (page: object) =>
    noteList(clients, "subscription", () =>
      clients.stripe.subscriptions.list({ customer, status: "all", limit: 100, ...page }),
    );
  return (await listWhole(await list({}), list)).data;
}
