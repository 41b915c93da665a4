import type Stripe from "stripe";
import { type AtRest, groupOf, payerIn, payersIn, stripeOf } from "./at-rest.ts";

/** What the product counts, and what is paid for, at rest. */

interface Seats {
  payer: string;
  subscription_group: string;
  wanted: number;
  problem: string | null;
}

/** Only time is in the way of what is none of these. */
const STANDING: ReadonlySet<string> = new Set([
  "card_declined",
  "subscription_not_changeable",
  "subscription_ending",
  "subscription_scheduled",
]);

export const SEAT_ORACLES: Record<string, (world: AtRest) => Promise<string[]>> = {
  "as many are paid for as are in use": async (world) => {
    const sold = await soldTo(world);
    const counted = await world.database.query<Seats>(
      "select payer, subscription_group, wanted, problem from billing.seats",
    );
    return counted.flatMap(({ payer, subscription_group: group, wanted, problem }) => {
      if (problem && !STANDING.has(problem)) return [`${payer}: ${problem}`];
      const differing = (sold.get(`${payer.replace(/^\w+:/, "")} ${group || "pro"}`) ?? []).filter(
        (found) => found.items.data[0]?.quantity !== wanted,
      );
      return problem ? [] : differing.map(({ id }) => `${id}: not ${wanted}, as ${payer} uses`);
    });
  },

  "a number of seats is charged once": async ({ account, histories, shop }) => {
    const { list, subscriptions } = stripeOf(account);
    const said = new Map<string | undefined, number>();
    for (const { customer } of histories) {
      if (customer.seats.length === 0) continue;
      said.set(customer.payer, customer.seats.length + customer.shown.length);
    }
    const invoices = await list<Stripe.Invoice>("/v1/invoices", { status: "paid" });
    return (await subscriptions()).flatMap((found) => {
      const most =
        found.metadata.sold_by === "turnpike" && !shop.changedByHand.has(found.id) && said.get(payerIn(found));
      if (!most) return [];
      const charged = invoices.filter(
        ({ billing_reason, amount_due, parent }) =>
          billing_reason === "subscription_update" &&
          amount_due > 0 &&
          parent?.subscription_details?.subscription === found.id,
      );
      return charged.length > most ? [`${found.id}: ${charged.length} times, for ${most} numbers and changes`] : [];
    });
  },
};

/** What runs, and will, by whose it is and its group. */
async function soldTo(world: AtRest): Promise<Map<string, Stripe.Subscription[]>> {
  const payers = await payersIn(world);
  const running = (await stripeOf(world.account).subscriptions()).filter(({ status }) =>
    ["trialing", "active"].includes(status),
  );
  return Map.groupBy(running, (found) => `${payers.get(String(found.customer)) ?? ""} ${groupOf(found)}`);
}
