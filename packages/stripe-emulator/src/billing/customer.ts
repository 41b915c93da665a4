import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

type Customer = Stored<Stripe.Customer>;

export interface CustomerDraft
  extends Partial<
    Pick<
      Customer,
      | "id"
      | "address"
      | "balance"
      | "description"
      | "email"
      | "metadata"
      | "name"
      | "phone"
      | "preferred_locales"
      | "tax_exempt"
      | "test_clock"
    >
  > {
  /** The payment method that invoices are charged to by default. */
  defaultMethod?: string | null;
  /** The older way to name it. */
  defaultSource?: string | null;
}

/** Writes down a customer. */
export function putCustomer(world: World, draft: CustomerDraft): Customer {
  const customer = world.store.customers.put({
    id: draft.id ?? newId("cus", 14),
    object: "customer",
    address: draft.address ?? null,
    balance: draft.balance ?? 0,
    created: world.now(),
    currency: null,
    customer_account: null,
    default_source: draft.defaultSource ?? null,
    delinquent: false,
    description: draft.description ?? null,
    discount: null,
    email: draft.email ?? null,
    invoice_prefix: newId("", 8).slice(1).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: draft.defaultMethod ?? null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: draft.metadata ?? {},
    name: draft.name ?? null,
    next_invoice_sequence: 1,
    phone: draft.phone ?? null,
    preferred_locales: draft.preferred_locales ?? [],
    shipping: null,
    tax_exempt: draft.tax_exempt ?? "none",
    test_clock: draft.test_clock ?? null,
  });
  world.emit("customer.created", customer);
  return customer;
}
