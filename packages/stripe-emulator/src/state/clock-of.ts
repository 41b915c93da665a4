import type { Store } from "./store.ts";

/** The test clock that an object lives on, by the object's id: its customer's. Null for real time. */
export function clockOf(store: Store, id: string | undefined): string | null {
  return store.customers.find(customerOf(store, id))?.test_clock ?? null;
}

/** The test clock that an object lives on, or that is it, while it moves. */
export function movingClockOf(store: Store, id: string | undefined): string | undefined {
  const clock = store.testClocks.find(id) ?? store.testClocks.find(clockOf(store, id));
  return clock?.status === "advancing" ? clock.id : undefined;
}

function customerOf(store: Store, id: string | undefined): string | null | undefined {
  if (id === undefined || store.customers.find(id)) return id;
  const row =
    store.subscriptions.find(id) ??
    store.subscriptionSchedules.find(id) ??
    (id.startsWith("si_")
      ? store.subscriptions.all().find((row) => row.items.data.some((item) => item.id === id))
      : undefined) ??
    store.invoices.find(id) ??
    store.creditNotes.find(id) ??
    store.creditGrants.find(id) ??
    store.quotes.find(id) ??
    store.paymentIntents.find(id) ??
    store.setupIntents.find(id) ??
    store.checkoutSessions.find(id) ??
    store.charges.find(id) ??
    store.paymentMethods.find(id) ??
    store.charges.find(store.refunds.find(id)?.charge ?? store.disputes.find(id)?.charge);
  return row?.customer;
}
