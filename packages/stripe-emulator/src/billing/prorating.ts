import type { World } from "../world.ts";
import type { LineDraft } from "./invoice-draft.ts";

/** The lines that wait for a subscription's next invoice. */
export function waitingProrations(world: World, subscription: string): LineDraft[] {
  return world.store.prorations
    .all()
    .filter((row) => row.subscription === subscription)
    .map((row) => ({ ...row, price: world.store.prices.get(row.price), proration: true }));
}

/** The same, to be put on an invoice now: they wait no more. */
export function takeProrations(world: World, subscription: string): LineDraft[] {
  const lines = waitingProrations(world, subscription);
  for (const row of world.store.prorations.all())
    if (row.subscription === subscription) world.store.prorations.delete(row.id);
  return lines;
}
