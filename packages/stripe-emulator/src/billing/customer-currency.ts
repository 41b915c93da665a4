import type { World } from "../world.ts";
import { isOver } from "./end-subscription.ts";

/**
 * A currency that a customer is bound to, other than this one: of a subscription, a schedule, an invoice item that waits, or an open
 * checkout of a subscription. Undefined: they may be charged in this one (https://docs.stripe.com/billing/customer#currency).
 */
export function otherCurrency({ store }: World, customer: string, currency: string): string | undefined {
  const rows = [
    ...store.subscriptions.all().filter((row) => !isOver(row)),
    ...store.subscriptionSchedules
      .all()
      .filter(({ status }) => status === "active" || status === "not_started")
      .map((row) => ({ customer: row.customer, currency: row.phases[0]?.currency ?? currency })),
    ...store.invoiceItems.all().filter(({ invoice }) => invoice === null),
    ...store.checkoutSessions.all().filter(({ mode, status }) => mode === "subscription" && status === "open"),
  ];
  return rows.find((row) => row.customer === customer && row.currency !== currency)?.currency ?? undefined;
}
