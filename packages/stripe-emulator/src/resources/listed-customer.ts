import { noSuch } from "../api/errors.ts";
import type { World } from "../world.ts";

/** 400 for a list of a customer who never was: those who were deleted have lists. */
export function refuseUnknownCustomer({ store }: World, id: string | undefined): void {
  if (id === undefined || store.customers.find(id) || store.deletedCustomers.find(id)) return;
  throw noSuch("customer", id, "customer");
}
