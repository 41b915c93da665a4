import type { World } from "../world.ts";

/**
 * A customer is delinquent from an automatic payment that failed, or a due date that passed, until any of their invoices
 * is paid (https://docs.stripe.com/api/customers/object#customer_object-delinquent).
 */
export function setDelinquent(world: World, customer: string | null, delinquent: boolean): void {
  const known = world.store.customers.find(customer);
  if (known) world.update("customers", known.id, { delinquent }, "customer.updated");
}
